#include "speed/arithmetic.h"

#include <algorithm>
#include <cmath>

namespace qwenfit {
namespace {

/// FP32 where it is specified, else half of the FP16 vector rate.
std::optional<double> vector_tflops(const DeviceRow& row) {
  if (row.fp32_tflops) return row.fp32_tflops;
  if (row.fp16_tflops) return *row.fp16_tflops / 2;
  return std::nullopt;
}

}  // namespace

std::optional<double> matmul_flops(const DeviceRow& row) {
  const auto vector = vector_tflops(row);
  if (!vector) return std::nullopt;
  const double tensor = row.fp16_tensor_tflops.value_or(row.int8_tops ? *row.int8_tops / 2 : 2 * *vector);
  return kTera * std::sqrt(2 * *vector * tensor);
}

std::optional<double> peak_flops(const DeviceRow& row) {
  const auto vector = vector_tflops(row);
  if (!vector) return std::nullopt;
  double peak = 2 * *vector;
  for (const auto& rate : {row.fp16_tflops, row.fp16_tensor_tflops, row.bf16_tensor_tflops, row.int8_tops})
    peak = std::max(peak, rate.value_or(0));
  return kTera * peak;
}

}  // namespace qwenfit
