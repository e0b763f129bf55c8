#pragma once

#include <cstdint>
#include <string_view>

#include "qwenfit/units.h"

namespace qwenfit {

enum class ModelKind : std::uint8_t { dense, moe };
/// `guide_only`: a size that buying guides name and that was never released.
enum class ModelStatus : std::uint8_t { released, guide_only };

/// The shape of a text model, as its configuration states it. Counts and widths, no bytes.
/// A model without linear attention (Qwen 3) has `full_attention_interval` 1 and zero linear widths.
struct Architecture {
  std::uint32_t layers = 0;  ///< blocks of the main model, without the MTP block
  std::uint32_t embedding = 0;
  std::uint32_t feed_forward = 0;  ///< 0 for MoE
  std::uint32_t heads = 0;
  std::uint32_t kv_heads = 0;
  std::uint32_t head_dim = 0;
  std::uint32_t full_attention_interval = 1;  ///< every n-th layer keeps a KV cache
  std::uint32_t linear_key_heads = 0;
  std::uint32_t linear_value_heads = 0;
  std::uint32_t linear_head_dim = 0;
  std::uint32_t conv_kernel = 0;
  std::uint32_t vocab = 0;
  std::uint32_t experts = 0;
  std::uint32_t experts_used = 0;
  std::uint32_t expert_feed_forward = 0;
  std::uint32_t shared_expert_feed_forward = 0;
  std::uint32_t mtp_layers = 0;
  bool tied_embeddings = false;
  bool attention_output_gate = false;  ///< the query projection is twice as wide

  constexpr bool operator==(const Architecture&) const = default;
  constexpr bool is_full_attention(std::uint32_t layer) const {
    return (layer + 1) % full_attention_interval == 0;
  }
  /// Full-attention layers of [first, last).
  constexpr std::uint32_t full_attention_in(std::uint32_t first, std::uint32_t last) const {
    return last / full_attention_interval - first / full_attention_interval;
  }
  constexpr std::uint32_t full_attention_layers() const { return layers / full_attention_interval; }
  constexpr std::uint32_t linear_attention_layers() const { return layers - full_attention_layers(); }
  constexpr bool is_moe() const { return experts > 0; }
  /// Elements of one row of the K (or V) cache of one layer.
  constexpr Bytes kv_width() const { return Bytes{head_dim} * kv_heads; }
  /// Channels of the convolution in a linear-attention layer: query and key heads plus value heads.
  constexpr Bytes conv_channels() const {
    return (Bytes{2} * linear_key_heads + linear_value_heads) * linear_head_dim;
  }
};

/// Number of parameters of the text model, the MTP block included if asked.
std::uint64_t parameter_count(const Architecture& a, bool with_mtp);

/// The vision encoder and its projector (mmproj).
struct VisionArchitecture {
  std::uint32_t depth = 0;
  std::uint32_t embedding = 0;
  std::uint32_t feed_forward = 0;
  std::uint32_t heads = 0;
  std::uint32_t patch = 0;  ///< pixels
  std::uint32_t merge = 0;  ///< patches merged into one token, per side
  std::uint32_t positions = 0;
  std::uint32_t out = 0;
};

}  // namespace qwenfit
