#include "memory/device_share.h"

#include <algorithm>

#include "memory/kv_cache.h"

namespace qwenfit {
namespace {

constexpr Bytes kHalf = 2;  // bytes of a 16-bit element

}  // namespace

bool heads_divide(const Architecture& a, std::uint32_t ranks, bool repeats_kv) {
  if (ranks == 0 || a.kv_heads == 0) return false;
  const bool kv = a.kv_heads % ranks == 0 || (repeats_kv && ranks % a.kv_heads == 0);
  return kv && a.heads % ranks == 0 && a.linear_key_heads % ranks == 0 && a.linear_value_heads % ranks == 0;
}

Bytes kv_token_bytes(const Architecture& a, TensorType kv, std::uint32_t ranks) {
  const Bytes heads = std::max<Bytes>(1, a.kv_heads / ranks);
  return mul(kPair, row_bytes(kv, mul(heads, a.head_dim)));
}

Bytes linear_state_bytes(const Architecture& a, const StateWidths& widths, std::uint32_t ranks,
                         std::uint32_t draft_tokens) {
  if (a.conv_kernel == 0) return 0;
  const Bytes inputs = Bytes{a.conv_kernel} - 1 + draft_tokens;
  const Bytes conv = mul(a.conv_channels() / ranks, inputs, widths.conv);
  const Bytes matrices =
      mul(a.linear_value_heads / ranks, a.linear_head_dim, a.linear_head_dim, widths.matrix);
  return add(conv, matrices);
}

Bytes mtp_weight_bytes(const WeightTable& weights, const Architecture& a) {
  Bytes sum = 0;
  for (std::size_t block = a.layers; block < weights.block_bytes.size(); ++block)
    sum = add(sum, weights.block_bytes[block]);
  return sum;
}

Bytes text_weight_bytes(const WeightTable& weights, const Architecture& a) {
  return weights.tensor_bytes - mtp_weight_bytes(weights, a);
}

Bytes repeated_weight_bytes(const Architecture& a, std::uint32_t ranks) {
  if (ranks <= 1) return 0;
  const Bytes routers = a.is_moe() ? mul(a.layers, a.embedding, Bytes{a.experts} + 1, kHalf) : 0;
  if (ranks <= a.kv_heads) return routers;
  const Bytes one_head = mul(a.full_attention_layers(), kPair, a.head_dim, a.embedding, kHalf);
  return add(routers, one_head - one_head * a.kv_heads / ranks);
}

Bytes shared_bytes(Bytes bytes, std::uint32_t ranks) {
  return pad_to(bytes, ranks) / ranks;
}

Bytes pass_token_bytes(const Architecture& a) {
  constexpr Bytes kStreams = 4;  // residual and normed, before and after a part
  constexpr Bytes kGated = 3;    // gate, up and their product
  const Bytes active = a.is_moe()
                           ? add(mul(a.experts_used, a.expert_feed_forward), a.shared_expert_feed_forward)
                           : Bytes{a.feed_forward};
  const Bytes queries = mul(a.heads, a.head_dim, Bytes{a.attention_output_gate} + 1);
  const Bytes attention = add(mul(kPair, queries), mul(kPair, a.kv_width()));
  const Bytes linear =
      add(mul(kPair, a.conv_channels()), mul(kPair, a.linear_value_heads, a.linear_head_dim));
  const Bytes widest = std::max({mul(kGated, active), attention, linear});
  return mul(add(mul(kStreams, a.embedding), widest), kHalf);
}

}  // namespace qwenfit
