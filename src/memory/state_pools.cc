#include "memory/state_pools.h"

#include <algorithm>
#include <cmath>

namespace qwenfit {

std::uint32_t state_slots(const PoolsRule& rule, std::uint32_t requests, bool drafting) {
  return (rule.states_per_request + (drafting ? rule.draft_tokens : 0)) * requests;
}

Bytes left_out_bytes(const PoolsRule& rule, Bytes device, std::uint32_t ranks) {
  PassTier tier;
  for (const PassTier& t : rule.passes) {
    if (device >= t.min_device) tier = t;
  }
  const Bytes tokens = std::max(tier.prefill_tokens, rule.least_prefill_tokens);
  Bytes sum = add(rule.base, mul(tokens, rule.per_prefill_token));
  sum = add(sum, mul(rule.per_rank, ranks));
  sum = add(sum, mul(rule.per_graph_request, tier.graph_batch));
  return device > rule.large_device ? std::max(sum, rule.large_least) : sum;
}

std::uint32_t static_thousandths(const PoolsRule& rule, Bytes device, std::uint32_t ranks) {
  const Bytes out = std::min(device, left_out_bytes(rule, device, ranks));
  const double share = static_cast<double>(device - out) / static_cast<double>(std::max<Bytes>(device, 1));
  return static_cast<std::uint32_t>(std::lround(1000 * share));
}

}  // namespace qwenfit
