#pragma once

#include "memory/compute_buffer.h"

/// What the phases of a compute buffer are made of; internal to the compute buffer.
namespace qwenfit {

/// Alignment of tensors in a buffer: ggml's CUDA back end, and its CPU and Metal back ends. Powers of two.
inline constexpr Bytes kDeviceAlignment = 128;
inline constexpr Bytes kHostAlignment = 32;
/// Sides of the Hadamard matrices that rotate quantized K and V (llama_kv_cache, attn_rot_k and attn_rot_v).
inline constexpr Bytes kRotationK = 256;
inline constexpr Bytes kRotationV = 64;
/// Coordinates of a position in the multimodal rotary embedding.
inline constexpr Bytes kPositionParts = 4;
/// Metal adds up the outputs of at most this many experts in one operation.
inline constexpr Bytes kMetalFusedExperts = 8;

/// a - b, or 0 if b is larger.
constexpr Bytes above(Bytes a, Bytes b) {
  return a > b ? a - b : 0;
}

/// `bytes` rounded up to a multiple of a power of two.
constexpr Bytes aligned(Bytes bytes, Bytes power_of_two) {
  return (bytes + power_of_two - 1) & ~(power_of_two - 1);
}

/// Bytes of the tensors that the phases are made of, for one micro-batch. All activations are F32.
struct Sizes {
  Bytes tokens = 0, cells = 0;
  Bytes align = 0;
  Bytes residual = 0;  ///< one residual stream: embedding x tokens
  Bytes query = 0;     ///< head_dim x heads x tokens
  Bytes queries = 0;   ///< query projection (with its gate) and rotated query
  Bytes key = 0;       ///< head_dim x kv_heads x tokens
  Bytes inputs = 0, mask = 0;
  Bytes base = 0;        ///< inputs, mask and one residual stream (CPU: and the embeddings)
  Bytes channels = 0;    ///< linear attention: conv_channels x tokens
  Bytes window = 0;      ///< its last conv_kernel - 1 inputs of every sequence
  Bytes state = 0;       ///< its matrix state of every sequence
  Bytes values = 0;      ///< value heads x head_dim x tokens
  Bytes heads_in = 0;    ///< its normalized query and key, and the gates
  Bytes normalized = 0;  ///< its normalized query and key alone
  Bytes hidden = 0;      ///< feed forward: one of gate, up and their product (MoE: of all chosen experts)
  Bytes down = 0;        ///< MoE: outputs of the chosen experts
  Bytes router = 0;      ///< MoE: logits, probabilities, order and weights of the experts
  Bytes gap = 0;         ///< MoE: space left below the residual stream by the previous layer's experts
  bool reused = false;   ///< MoE on CUDA: the weighted outputs take the place of the hidden tensors
  bool quantized_k = false;
};

/// The sizes of an architecture under these settings.
Sizes measure(const Architecture& a, const ComputeShape& s);

}  // namespace qwenfit
