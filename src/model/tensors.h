#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// What a tensor is, as far as the choice of its type or place depends on it.
enum class TensorRole : std::uint8_t {
  token_embedding,
  output,
  output_norm,
  attention_v,  ///< attn_v, and attn_qkv of linear-attention layers
  attention_k,
  attention_q,
  attention_output,
  ffn_down,
  ffn_gate,
  ffn_up,
  linear_other,  ///< output gate and output projection of linear attention
  linear_gate,   ///< decay and write-strength projections of linear attention (alpha, beta)
  mtp_projection,
  router,      ///< always F32
  always_f32,  ///< norms, biases, convolution kernels
};

/// One tensor: `rows` rows of `width` elements.
struct Tensor {
  TensorRole role = TensorRole::always_f32;
  std::int32_t block = -1;  ///< -1: not part of a block; Architecture::layers is the first MTP block
  bool experts = false;     ///< holds all routed experts
  Bytes width = 0;
  Bytes rows = 0;
  std::string_view name = {};  ///< in a GGUF file, behind the number of its block; empty: not known

  constexpr Bytes elements() const { return mul(width, rows); }
  constexpr bool f32() const { return role >= TensorRole::router || role == TensorRole::output_norm; }
};

/// A tensor and how it is stored.
struct TypedTensor {
  Tensor tensor;
  TensorType type = TensorType::f32;

  /// In the file.
  Bytes bytes() const { return mul(row_bytes(type, tensor.width), tensor.rows); }
};

/// Of all of them, without what lies between them in a file.
inline Bytes total_bytes(std::span<const TypedTensor> tensors) {
  Bytes sum = 0;
  for (const TypedTensor& t : tensors) sum = add(sum, t.bytes());
  return sum;
}

/// The whole name in a GGUF file: `blk.3.attn_q.weight`.
std::string gguf_name(const Tensor& tensor);

/// The tensors of a GGUF file by kinds of blocks, which repeat, each in the order in which llama-quantize
/// walks it: first what stands outside, then block after block.
struct TensorLayout {
  TensorLayout(const Architecture& a, bool with_mtp);  ///< `a` must stay

  std::size_t kind_of(std::uint32_t block) const;

  std::vector<Tensor> outside;
  std::array<std::vector<Tensor>, 3> kinds;  ///< linear attention, full attention, MTP; of no block yet
  std::uint32_t blocks = 0;

 private:
  const Architecture& a_;
};

/// The tensors of a GGUF file of this architecture, in the order in which llama-quantize walks them.
std::vector<Tensor> tensors_of(const Architecture& a, bool with_mtp);

}  // namespace qwenfit
