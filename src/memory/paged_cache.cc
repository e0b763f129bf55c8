#include "memory/paged_cache.h"

#include <algorithm>

#include "memory/device_share.h"

namespace qwenfit {
namespace {

Bytes divided_up(Bytes value, Bytes by) {
  return pad_to(value, by) / by;
}

}  // namespace

PagedBlocks paged_blocks(const Architecture& a, const PagedRule& rule, TensorType kv, std::uint32_t ranks,
                         std::uint32_t draft_tokens) {
  const Bytes token = kv_token_bytes(a, kv, ranks);
  const Bytes state = linear_state_bytes(a, rule.state, ranks, draft_tokens);
  PagedBlocks blocks;
  blocks.tokens =
      mul(rule.block_multiple, std::max<Bytes>(1, divided_up(state, mul(rule.block_multiple, token))));
  blocks.page = mul(blocks.tokens, token);
  blocks.layers = a.full_attention_layers() + (draft_tokens > 0 ? a.mtp_layers : 0);
  blocks.bytes = mul(blocks.layers, blocks.page);
  const Bytes groups = divided_up(a.linear_attention_layers(), std::max<std::uint32_t>(blocks.layers, 1));
  blocks.of_states = static_cast<std::uint32_t>(mul(groups, Bytes{rule.kept_states} + draft_tokens));
  return blocks;
}

Bytes blocks_per_request(const PagedBlocks& blocks, Tokens context) {
  return add(divided_up(context, blocks.tokens), blocks.of_states);
}

double paged_concurrency(const PagedBlocks& blocks, Bytes pool, Tokens context) {
  const Bytes count = pool / std::max<Bytes>(blocks.bytes, 1);
  return static_cast<double>(count) / static_cast<double>(blocks_per_request(blocks, context));
}

}  // namespace qwenfit
