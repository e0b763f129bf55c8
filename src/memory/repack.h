#pragma once

#include "qwenfit/quant.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// Rows that ggml's CPU back end interleaves; tensors with other numbers of rows keep the file's layout.
inline constexpr Bytes kRepackRows = 8;

/// Whether ggml's CPU back end repacks a matrix of `rows` rows of `type` (ggml-cpu/repack.cpp,
/// ggml_repack_get_optimal_repack_type; the types on x86 with AVX2, snapshot of 2026-09-28, which give every
/// repacked size observed there). It does so where no device offers pinned host memory: CPU alone and Metal.
constexpr bool is_repacked(TensorType type, Bytes rows) {
  const bool listed = type == TensorType::q4_0 || type == TensorType::q4_k || type == TensorType::iq4_nl ||
                      type == TensorType::mxfp4;
  return listed && rows % kRepackRows == 0;
}

}  // namespace qwenfit
