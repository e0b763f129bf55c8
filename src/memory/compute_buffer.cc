#include "memory/compute_buffer.h"

#include <algorithm>

#include "memory/compute_phases.h"
#include "memory/kv_cache.h"
#include "memory/llama_rules.h"

namespace qwenfit {
namespace {

using llama_rules::kF32;

/// Metal's attention kernel: cells of its padding block, tokens below which the vector kernel runs, its rows
/// and cells per mask block, and its most rows and work groups for partial results (ggml-metal-ops.cpp).
constexpr Bytes kMetalPadCells = 64;
constexpr Bytes kMetalVectorTokens = 20;
/// Tokens from which on the f16 rows of quantized K are padded instead of its blocks.
constexpr Bytes kMetalDequantTokens = 32;
constexpr Bytes kMetalMaskRows = 8;
constexpr Bytes kMetalWorkGroups = 32;

/// Bytes of an element of the f16 copies of K and V, and their number.
constexpr Bytes kF16 = 2;
constexpr Bytes kCopies = 2;

/// Output tensor of Metal's attention operation with its scratch: padding of K, V and mask, mask blocks,
/// partial results, and f16 copies of one layer's K and V, which Metal reserves for every type.
Bytes metal_attention_output(const Architecture& a, const ComputeShape& s, const Sizes& z) {
  const auto row = [&](TensorType type) {
    return z.quantized_k && z.tokens >= kMetalDequantTokens ? 2 * Bytes{a.head_dim}
                                                            : row_bytes(type, a.kv_width());
  };
  const bool vector = z.tokens < kMetalVectorTokens;
  const Bytes mask_rows = vector ? z.tokens : (z.tokens + kMetalMaskRows - 1) / kMetalMaskRows;
  const Bytes mask_cells = vector ? kMetalPadCells / 2 : kMetalPadCells;
  return z.query + kMetalPadCells * ((row(s.k) + row(s.v)) * a.kv_heads + 2 * z.tokens) +
         aligned(mask_rows * ((z.cells + mask_cells - 1) / mask_cells), kHostAlignment) +
         kF32 * std::min(z.tokens, kMetalWorkGroups) * a.heads * kMetalWorkGroups * (a.head_dim + Bytes{2}) +
         kCopies * kF16 * a.kv_width() * z.cells;
}

}  // namespace

Bytes attention_output(const Architecture& a, const ComputeShape& s, const Sizes& z) {
  if (!s.flash_attention) return kF32 * z.cells * a.heads * z.tokens;
  if (s.rules == ComputeRules::metal) return metal_attention_output(a, s, z);
  if (s.rules != ComputeRules::cuda) return z.query;
  const Bytes copy = kF16 * a.kv_width() * z.cells;
  return aligned(z.query, z.align) + (s.k == TensorType::f16 ? 0 : copy) +
         (s.v == TensorType::f16 ? 0 : copy);
}

Bytes full_attention(const Architecture& a, const ComputeShape& s, const Sizes& z, Bytes gap, Bytes fetched) {
  const Bytes output = attention_output(a, s, z) + fetched;
  const Bytes rotated = z.quantized_k ? z.query : 0;
  if (s.rules == ComputeRules::metal) {
    const bool inside = z.query <= std::max(z.residual, gap);
    const Bytes query = inside ? 0 : z.query + 2 * z.key;
    const Bytes moved = inside && z.quantized_k && gap == 0 ? z.query - z.key : 0;
    return z.base + gap + z.residual + (z.queries - z.query) + query + rotated + moved + output;
  }
  if (z.reused && gap > 0) {
    return output > above(gap, z.queries + rotated) ? z.base + gap + z.residual + output : 0;
  }
  return z.base + gap + z.residual + z.queries + rotated + output;
}

namespace {

/// First layer: residual, normalized input, [window, channels], their concatenation, convolved channels or
/// state.
Bytes linear_attention(const ComputeShape& s, const Sizes& z) {
  if (z.channels == 0) return 0;
  const Bytes joined = z.channels + z.window;
  const Bytes new_state = z.values + z.state * (1 + Bytes{s.draft_length});
  const Bytes gate = s.rules == ComputeRules::metal ? z.values : 0;
  const bool state_inside = z.state <= joined;
  const Bytes top = 2 * joined + (state_inside ? z.channels : z.state);
  const Bytes rest = above(2 * joined, (state_inside ? z.state : z.channels) + z.heads_in + gate);
  return z.base + z.residual + top + (new_state > rest ? new_state + gate : 0);
}

/// Later layers of a MoE model: as many of those tensors as fit lie in the gap below the residual stream.
Bytes later_linear_attention(const ComputeShape& s, const Sizes& z) {
  if (z.channels == 0 || z.gap == 0) return 0;
  const Bytes joined = z.channels + z.window;
  const Bytes new_state = z.values + z.state * (1 + Bytes{s.draft_length});
  Bytes top = 0;
  Bytes rest = 0;
  if (z.reused) {
    const Bytes tail = above(z.gap, 2 * joined);
    if (z.state <= joined) {
      rest = 2 * joined - z.state;
    } else if (z.state <= tail) {
      rest = std::max(joined, tail - z.state);
    } else {
      rest = std::max(joined, tail);
      top = z.state;
    }
    if (top == 0 && new_state <= rest) return 0;
  } else {
    const Bytes both = 2 * joined - (z.window <= z.gap ? z.window : 0);
    if (z.state <= z.gap) {
      top = both;
      rest = above(both, z.channels + z.normalized);
    } else if (z.state <= joined) {
      top = both + z.channels;
      rest = above(2 * joined, z.state + z.normalized);
    } else {
      top = both + z.state;
      rest = above(both, z.channels + z.normalized);
    }
  }
  return z.base + z.gap + z.residual + top + (new_state > rest ? new_state : 0);
}

Bytes expert_feed_forward(const Architecture& a, const ComputeShape& s, const Sizes& z) {
  const Bytes sum = z.base + 2 * z.residual + 3 * z.hidden + z.down;
  switch (s.rules) {
    case ComputeRules::cuda:
      return sum + z.router + (z.reused ? 0 : z.down);
    case ComputeRules::metal:
      return sum + z.router + (a.experts_used <= kMetalFusedExperts ? z.down : 0) +
             kF32 * a.experts * z.tokens;
    case ComputeRules::cpu:
    case ComputeRules::generic:
      break;
  }
  return sum + above(z.router, z.residual);
}

Bytes feed_forward(const Architecture& a, const ComputeShape& s, const Sizes& z) {
  if (a.is_moe()) return expert_feed_forward(a, s, z);
  const Bytes sum = z.base + z.residual + 3 * z.hidden;
  if (s.rules != ComputeRules::metal) return sum;
  // Metal computes the gate early, while the tensors of linear attention are still alive.
  const bool early = z.values > z.residual && !z.quantized_k;
  const Bytes alive = early ? z.channels + z.window + std::max(z.values, z.state + z.residual) : 0;
  return sum + std::max(z.residual + z.window, above(alive, z.residual));
}

/// Where the weighted outputs usually reuse the hidden tensors, one of these may lie in the mask of the last
/// layer, and the rest of them is too small for reuse. Beyond the mask of two hidden tensors the phase stops
/// growing.
Bytes last_feed_forward(const Sizes& z) {
  if (!z.reused || z.mask < z.hidden + z.router + z.residual) return 0;
  return z.base - z.mask + std::min(z.mask, 2 * z.hidden + z.router) + z.residual + 2 * z.hidden + 2 * z.down;
}

Bytes logits(const Architecture& a, const ComputeShape& s, const Sizes& z) {
  const Bytes rows = std::min<Bytes>(s.logit_rows == 0 ? z.tokens : s.logit_rows, z.tokens);
  const Bytes output = kF32 * a.vocab * rows;
  const Bytes below = output > z.gap ? z.gap : 0;  // otherwise the logits lie in the gap
  return output + z.residual + std::max(below, z.residual) + kF32 * a.embedding * rows;
}

ComputeBuffer largest_of(const Sizes& z, const std::array<Bytes, kPhases>& bytes) {
  ComputeBuffer buffer;
  buffer.base = z.base;
  for (std::size_t i = 0; i < kPhases; ++i) {
    buffer.phases[i] = {static_cast<Phase>(i), bytes[i]};
    if (bytes[i] > buffer.total) {
      buffer.total = bytes[i];
      buffer.largest = static_cast<Phase>(i);
    }
  }
  return buffer;
}

}  // namespace

ComputeBuffer compute(const Architecture& a, const ComputeShape& s, const Sizes& z) {
  return largest_of(z, {linear_attention(s, z), later_linear_attention(s, z), full_attention(a, s, z, z.gap),
                        feed_forward(a, s, z), last_feed_forward(z), logits(a, s, z)});
}

namespace {

constexpr std::array<PhaseText, kPhases> kPhaseTexts{{
    {"linear attention",
     "base + residual + 2 x (channels + window) + max(convolved channels, state) + new state"},
    {"linear attention, later layers",
     "base + expert space + residual + what of linear attention does not fit below"},
    {"full attention", "base + residual + queries + output with f16 copies of K and V, or scores"},
    {"feed forward", "base + residual + gate + up + product (MoE: router, chosen experts, their outputs)"},
    {"feed forward, last layer", "inputs + freed mask + residual + 2 x hidden + 2 x expert outputs"},
    {"logits", "vocabulary x rows x 4 + residual streams"},
}};

}  // namespace

const PhaseText& phase_text(Phase phase) {
  return kPhaseTexts.at(static_cast<std::size_t>(phase));
}

ComputeBuffer device_compute(const Architecture& a, const ComputeShape& s) {
  return compute(a, s, measure(a, s));
}

Bytes host_compute(const Architecture& a, const ComputeShape& s) {
  ComputeShape host = s;
  host.rules = ComputeRules::cpu;  // its alignment, and the tokens among the inputs
  const Sizes z = measure(a, host);
  return z.inputs + z.mask + 2 * z.residual;
}

DraftBuffers draft_buffers(const Architecture& a, const ComputeShape& s) {
  ComputeShape draft = s;
  draft.draft_length = 0;
  draft.logit_rows = s.slots;
  draft.k = draft.v = TensorType::f16;
  // One layer: its feed forward may reuse the freed mask.
  const Sizes z = measure(a, draft);
  const Bytes kept_mask = std::min(z.mask, a.is_moe() ? z.hidden : above(z.hidden, z.residual));
  return {std::max({feed_forward(a, draft, z) - z.mask + kept_mask, last_feed_forward(z),
                    full_attention(a, draft, z, 0), logits(a, draft, z)}),
          host_compute(a, draft)};
}

}  // namespace qwenfit
