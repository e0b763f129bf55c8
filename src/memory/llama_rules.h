#pragma once

#include <cstdint>

#include "qwenfit/units.h"

/// Fixed numbers of llama.cpp's own code (snapshot of 2026-09-28), none of them a property of a model or a
/// device.
namespace qwenfit::llama_rules {

/// Cells of a KV cache come in steps of this (llama_kv_cache padding).
inline constexpr Tokens kCellPadding = 256;
/// Tokens drafted per step when MTP is on (default draft length); each keeps a copy of the recurrent state.
inline constexpr std::uint32_t kDraftLength = 3;
/// Bytes of a logit, an activation or a recurrent-state element: always F32.
inline constexpr Bytes kF32 = 4;
/// Tokens of a logical batch (default n_batch), which sizes the hidden states that MTP keeps.
inline constexpr Bytes kBatch = 2048;

/// Bytes of an element that devices add up together: what is small goes as F32, the rest as BF16
/// (ggml-cuda.cu, ggml_backend_cuda_allreduce_tensor).
inline constexpr double reduced_bytes(double elements, std::size_t devices) {
  constexpr double kTwo = 32768, kThree = 131072, kMore = 262144;  // elements
  const double least = devices <= 2 ? kTwo : devices == 3 ? kThree : kMore;
  return elements < least ? 4 : 2;
}

}  // namespace qwenfit::llama_rules
