#include "memory/compute_sizes.h"

#include <algorithm>

#include "memory/llama_rules.h"

namespace qwenfit {
namespace {

using llama_rules::kF32;

/// Sizes beyond these are cut, so that no product overflows.
constexpr Tokens kMostCells = Tokens{1} << 32;
constexpr Tokens kMostTokens = Tokens{1} << 20;

void measure_inputs(const Architecture& a, const ComputeShape& s, Sizes& z) {
  const Bytes rows = std::min<Bytes>(s.logit_rows == 0 ? z.tokens : s.logit_rows, z.tokens);
  const Bytes value_index = s.flash_attention ? 1 : a.kv_width();
  const Bytes inputs[] = {4 * Bytes{s.slots},
                          4 * kPositionParts * z.tokens,
                          8 * z.tokens,
                          8 * z.tokens * value_index,
                          4 * rows,
                          z.quantized_k ? kF32 * kRotationK * kRotationK : 0,
                          is_float(s.v) ? 0 : kF32 * kRotationV * kRotationV,
                          s.rules == ComputeRules::cpu ? 4 * z.tokens : 0};
  for (const Bytes input : inputs) z.inputs += aligned(input, z.align);
  z.mask = z.cells * z.tokens * (s.flash_attention ? 2 : 4);
  z.base = z.inputs + z.mask + z.residual * (s.rules == ComputeRules::cpu ? 2 : 1);
}

void measure_experts(const Architecture& a, const ComputeShape& s, Sizes& z) {
  const Bytes used = a.experts_used;
  z.hidden = kF32 * a.expert_feed_forward * used * z.tokens;
  z.down = used * z.residual;
  z.router = 3 * kF32 * a.experts * z.tokens;
  switch (s.rules) {
    case ComputeRules::cuda:
      z.router += 2 * aligned(kF32 * used * z.tokens, z.align) + 2 * aligned(kF32 * z.tokens, z.align);
      z.reused = z.down <= 3 * z.hidden;
      z.gap = z.router + z.residual + (z.reused ? 3 * z.hidden + z.down : 0);
      break;
    case ComputeRules::metal:
      z.gap = used <= kMetalFusedExperts ? 2 * z.residual + 2 * z.key : 0;
      break;
    case ComputeRules::cpu:
    case ComputeRules::generic:
      z.gap = z.residual;
      break;
  }
}

}  // namespace

Sizes measure(const Architecture& a, const ComputeShape& s) {
  Sizes z;
  z.cells = std::min(s.cells, kMostCells);
  const Tokens slots = std::clamp<Tokens>(s.slots, 1, kMostTokens);
  z.tokens = pad_to(std::min({Tokens{s.ubatch}, z.cells, kMostTokens}), slots);
  const bool small_steps = s.rules == ComputeRules::cpu || s.rules == ComputeRules::metal;
  z.align = small_steps ? kHostAlignment : kDeviceAlignment;
  z.residual = kF32 * a.embedding * z.tokens;
  z.query = kF32 * a.head_dim * a.heads * z.tokens;
  z.queries = (a.attention_output_gate ? 3 : 2) * z.query;
  z.key = kF32 * a.kv_width() * z.tokens;
  z.quantized_k = !is_float(s.k);
  measure_inputs(a, s, z);
  if (a.linear_attention_layers() > 0) {
    const Bytes matrix = Bytes{a.linear_head_dim} * a.linear_head_dim * a.linear_value_heads;
    z.channels = kF32 * a.conv_channels() * z.tokens;
    z.window = kF32 * a.conv_channels() * above(a.conv_kernel, 1) * slots;
    z.state = kF32 * matrix * slots;
    z.values = kF32 * a.linear_value_heads * a.linear_head_dim * z.tokens;
    z.normalized = 2 * kF32 * a.linear_key_heads * a.linear_head_dim * z.tokens;
    z.heads_in = z.normalized + 3 * kF32 * a.linear_value_heads * z.tokens;
  }
  if (a.is_moe()) {
    measure_experts(a, s, z);
  } else {
    z.hidden = kF32 * a.feed_forward * z.tokens;
  }
  return z;
}

}  // namespace qwenfit
