#include "advise/inspect.h"

#include <limits>

#include "model/mixture.h"
#include "model/weight_table.h"

namespace qwenfit {
namespace {

/// Nothing is aligned or padded: bytes as in the file.
constexpr Layouts kAsInFile{{1, 0}, {1, 0}};

Bytes gap(Bytes a, Bytes b) {
  return a > b ? a - b : b - a;
}

std::optional<StockBuild> stock_build(const ModelFile& file, Bytes tensor_bytes) {
  const GgufContents& contents = *file.gguf;
  if (file.like == nullptr || !contents.quant->mixture || !contents.quant->mixture_exact) return std::nullopt;
  std::optional<StockBuild> nearest;
  for (const bool importance_matrix : {false, true}) {
    const StockBuild build{total_bytes(typed_tensors(file.row.architecture, *contents.quant->mixture,
                                                     contents.model.has_mtp_block, importance_matrix)),
                           importance_matrix};
    if (!nearest || gap(build.tensor_bytes, tensor_bytes) < gap(nearest->tensor_bytes, tensor_bytes))
      nearest = build;
  }
  return nearest;
}

}  // namespace

Inspection inspect(const ModelFile& file) {
  Inspection result;
  result.file = &file;
  if (!file.gguf) return result;
  const GgufContents& contents = *file.gguf;
  const TensorSelection all{0, std::numeric_limits<std::uint32_t>::max(), true, true, true, true};
  result.types = sum_by_type(*contents.tensors, all);
  result.weights =
      file_weights(file.row.architecture, contents.model.has_mtp_block, *contents.tensors, kAsInFile);
  for (const TypeSum& type : result.types) result.parameters = add(result.parameters, type.elements);
  result.expert_bytes = result.weights.device_before.experts.back();
  result.mtp_bytes = add(result.weights.mtp_device.dense, result.weights.mtp_device.experts);
  result.stock = stock_build(file, result.weights.tensor_bytes);
  return result;
}

}  // namespace qwenfit
