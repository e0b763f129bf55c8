#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "qwenfit/units.h"

namespace qwenfit {

/// Element types of tensors, llama.cpp's and one more of caches. Names are the ids of
/// data/quants/tensor_types.json.
enum class TensorType : std::uint8_t {
  f32,
  f16,
  bf16,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  iq1_s,
  iq1_m,
  iq2_xxs,
  iq2_xs,
  iq2_s,
  iq3_xxs,
  iq3_s,
  iq4_nl,
  iq4_xs,
  tq1_0,
  tq2_0,
  mxfp4,
  fp8,   ///< of the cache of runtimes other than llama.cpp
  count  ///< number of types, not a type
};

/// Storage of one element type: `block` elements take `bytes` bytes, block scales included.
struct TensorTypeRow {
  std::string_view id;
  std::uint32_t block = 1;
  std::uint32_t bytes = 0;
  bool kv = false;  ///< usable for the KV cache
  std::optional<std::uint32_t> gguf_id = std::nullopt;  ///< number in a GGUF file; none: not stored so
};

/// The row of data/quants/tensor_types.json for `type`.
const TensorTypeRow& tensor_type(TensorType type);
/// The type with this id (lower case), if any.
std::optional<TensorType> tensor_type_from_id(std::string_view id);
/// The type with this number in GGUF files, if any.
std::optional<TensorType> tensor_type_from_gguf(std::uint32_t gguf_id);

/// Bytes of `elements` elements (a multiple of the block) of `type`.
Bytes row_bytes(TensorType type, Bytes elements);

constexpr bool is_float(TensorType type) {
  return type == TensorType::f32 || type == TensorType::f16 || type == TensorType::bf16;
}

/// File types of llama-quantize: each chooses a type per tensor. Names are the mixture ids of
/// data/quants/quants.json.
enum class Mixture : std::uint8_t {
  f32,
  f16,
  bf16,
  q8_0,
  q6_k,
  q5_k_m,
  q5_k_s,
  q5_1,
  q5_0,
  q4_k_m,
  q4_k_s,
  q4_1,
  q4_0,
  iq4_nl,
  iq4_xs,
  mxfp4_moe,
  q3_k_l,
  q3_k_m,
  q3_k_s,
  iq3_m,
  iq3_s,
  iq3_xs,
  iq3_xxs,
  q2_k,
  q2_k_s,
  iq2_m,
  iq2_s,
  iq2_xs,
  iq2_xxs,
  iq1_m,
  iq1_s,
  tq1_0,
  tq2_0,
  count  ///< number of mixtures, not a mixture
};

std::string_view mixture_id(Mixture mixture);
std::optional<Mixture> mixture_from_id(std::string_view id);

}  // namespace qwenfit
