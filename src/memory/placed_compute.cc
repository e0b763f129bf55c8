#include <algorithm>

#include "memory/compute_phases.h"
#include "memory/kv_cache.h"
#include "memory/llama_rules.h"

namespace qwenfit {
namespace {

/// Smallest batch for which weights on the host are copied to the device (offload_op of ggml's back ends).
constexpr Bytes kOffloadBatch = 32;
/// Copies of the inputs under pipeline parallelism (GGML_SCHED_MAX_COPIES).
constexpr Bytes kPipelineCopies = 4;

/// What device 0 computes for the layers of the host.
struct Offload {
  const Architecture& a;
  const ComputeShape& s;
  const ComputePlacement& p;
  const Sizes& z;
  Bytes mask = 0;     ///< with the other inputs
  Bytes k = 0;        ///< K of a layer, copied from the host for its attention
  Bytes fetched = 0;  ///< K and V of a layer
  bool metal = false;
  bool cache = false;  ///< some full-attention layer is on the host

  Offload(const Architecture& architecture, const ComputeShape& shape, const ComputePlacement& placement,
          const Sizes& sizes)
      : a(architecture), s(shape), p(placement), z(sizes), mask(z.inputs + z.mask) {
    metal = s.rules == ComputeRules::metal;
    cache = p.host_layers >= a.full_attention_interval;
    if (!cache) return;
    fetched = kv_cache_bytes_per_layer(a, z.cells, s.k, s.v);
    k = z.cells * row_bytes(s.k, a.kv_width());
  }
};

/// Whether a device with these layers meets a phase. Under pipeline parallelism the mask is one of several
/// copies and never freed.
bool occurs(Phase phase, const DeviceLayers& layers, bool pipelined) {
  switch (phase) {
    case Phase::linear_attention:
    case Phase::later_linear_attention:
      return layers.linear_attention > 0;
    case Phase::full_attention:
      return layers.full_attention > 0;
    case Phase::last_feed_forward:
      return layers.full_attention > 0 && !pipelined;
    case Phase::feed_forward:
      return layers.full_attention + layers.linear_attention > 0;
    case Phase::logits:
      return layers.output;
    case Phase::count:
      break;
  }
  return false;
}

Bytes own_phases(const ComputeBuffer& buffer, const DeviceLayers& layers, bool pipelined) {
  Bytes total = 0;
  for (const ComputePhase& phase : buffer.phases) {
    if (occurs(phase.kind, layers, pipelined)) total = std::max(total, phase.bytes);
  }
  return total;
}

/// Experts' weights of one kind with their activations: the outputs, and the hidden tensors that the weight
/// cannot take the place of. Metal's expert operation keeps its sorted tokens behind the output.
Bytes copied_experts(const Offload& o) {
  const Sizes& z = o.z;
  const Bytes weight = std::max(o.p.copied.largest, o.p.copied.experts);
  if (o.metal) {
    return weight + 3 * z.residual + (o.cache ? 3 : 2) * z.hidden + z.down +
           llama_rules::kF32 * o.a.experts * z.tokens;
  }
  const Bytes all = weight + 3 * z.residual + z.router + 2 * z.down;
  const bool one_layer = std::max(o.p.host_layers, o.p.host_expert_layers) == 1;
  return one_layer ? above(all, (z.down > 3 * z.hidden ? 3 : 2) * z.hidden + z.residual) : all;
}

/// Copies of K, V and mask beside the experts. Small ones fit in the space of the hidden tensors, later on so
/// does a part of the mask; a mask larger than K does not fit in the space of an earlier K.
Bytes beside_experts(const Offload& o) {
  const Bytes hidden = o.z.hidden;
  if (o.fetched + o.mask <= 2 * hidden) return 0;
  const bool apart = o.mask > o.k && (o.metal || o.fetched + o.mask >= 3 * hidden);
  return o.fetched + std::max(above(o.mask, 4 * hidden), apart ? o.mask - o.k + o.z.residual : 0);
}

/// What lives at the attention of a layer of the host besides its output: residual, queries, mask, K and V.
Bytes attention_inputs(const Offload& o) {
  const Sizes& z = o.z;
  return z.residual + z.queries + (z.quantized_k ? z.query : 0) + o.mask + o.fetched;
}

Bytes offload_experts(const Offload& o, Bytes own) {
  const Sizes& z = o.z;
  const Bytes experts = copied_experts(o);
  if (o.p.host_layers > 0) {
    const Bytes streams = o.metal && o.cache ? 0 : 3 * z.residual;
    const Bytes attention = o.cache ? attention_inputs(o) + o.k + attention_output(o.a, o.s, z) : 0;
    return std::max({own + streams, experts + (o.cache ? beside_experts(o) : 0), attention});
  }
  // A mask at least as large as the experts' outputs lies in a freed weight, so that the next weight needs
  // new space; a long mask does not fit there. On Metal that weight always needs it.
  const bool split = o.p.host_expert_layers >= o.a.full_attention_interval && (o.metal || z.mask >= z.down);
  const Bytes again = split ? above(o.p.copied.experts, z.mask) + above(z.mask, 4 * z.hidden) : 0;
  return std::max(own + (o.metal ? o.p.copied.experts : 0), experts + z.mask + again);
}

/// Where residual and queries do not fit in a freed weight, they split the space of an earlier layer's
/// copies: K fits there, V lies above the mask.
bool splits(const Offload& o) {
  return o.p.copied.largest < o.z.residual + o.z.queries;
}

/// Attention of the host's layers, above the space of a freed weight.
Bytes copied_attention(const Offload& o) {
  const Sizes& z = o.z;
  const Bytes output = attention_output(o.a, o.s, z);
  const Bytes weight = o.p.copied.largest;
  return weight + attention_inputs(o) + (o.metal ? output : z.residual + above(output, z.query)) +
         (splits(o) ? o.k : 0);
}

/// Feed forward of the host's layers: gate, up and their product, the weight, and what remains of the copies
/// of K and V.
Bytes copied_feed_forward(const Offload& o) {
  const Sizes& z = o.z;
  const Bytes weight = o.p.copied.largest;
  const Bytes second = above(o.p.copied.largest_pair, weight);
  const Bytes up = o.mask + 2 * z.residual + weight + std::max(2 * z.hidden, second + z.hidden);
  Bytes kept = 0;
  if (o.fetched > 2 * z.residual) {
    kept = std::min(weight > z.residual ? o.fetched : o.k, 3 * z.hidden);
    if (o.metal && splits(o)) kept += o.k;
  }
  const Bytes hidden = (weight <= 2 * z.hidden ? 3 : 2) * z.hidden;  // a larger weight takes the gate's place
  return std::max(up, o.mask + z.residual + hidden + weight + kept);
}

Bytes offload_dense(const Offload& o, const ComputeBuffer& buffer, Bytes own) {
  const Sizes& z = o.z;
  const Bytes weight = o.p.copied.largest;
  if (!o.cache) {
    if (!o.metal && weight < z.hidden) return own + weight + z.residual;
    return std::max(own + (o.metal ? weight : 0), weight + 2 * z.residual + 2 * z.hidden + o.mask);
  }
  const Bytes total = std::max({own, copied_attention(o), copied_feed_forward(o)});
  const Bytes linear = buffer.phases[static_cast<std::size_t>(Phase::linear_attention)].bytes;
  if (o.metal || linear == 0) return total;
  return std::max(total, linear + weight + z.residual);
}

/// Only operations of weights that are not repacked run on the device; attention and the mask stay on the
/// CPU.
Bytes offload_beside_repacked(const Offload& o, Bytes own) {
  const Sizes& z = o.z;
  const CopiedWeights& w = o.p.copied;
  const bool late_mask = o.p.host_layers > 0 && !o.cache && !o.a.is_moe();  // lies above the host's layers
  Bytes total = own + (late_mask ? 3 * z.residual : 0);
  if (w.experts > 0) total = std::max(total, copied_experts(o));
  if (w.largest == 0 || z.hidden == 0) return total;
  // The projection into linear attention has a row per channel, a dense feed forward one per hidden value.
  const Bytes rows = z.hidden / z.tokens;
  const Bytes projection =
      o.a.is_moe() ? w.largest : w.largest / rows * std::min(z.channels / z.tokens, rows);
  const Bytes joined = z.channels + z.window;
  if (joined > 0) total = std::max(total, projection + 2 * joined + 2 * z.residual);
  if (o.a.is_moe()) return total;
  return std::max(total, 3 * z.hidden + (w.largest > 2 * z.hidden ? w.largest : z.values));
}

Bytes offload_compute(const Offload& o, const DeviceLayers& layers) {
  const ComputeBuffer buffer = compute(o.a, o.s, o.z);
  const Bytes own = o.metal ? own_phases(buffer, layers, false) : buffer.total;
  const bool experts_alone = o.p.host_layers == 0 && o.p.copied.experts > 0;
  if (o.p.copied.repacked && !experts_alone) return offload_beside_repacked(o, own);
  return o.a.is_moe() ? offload_experts(o, own) : offload_dense(o, buffer, own);
}

}  // namespace

Bytes placed_device_compute(const Architecture& a, const ComputeShape& s, const ComputePlacement& p,
                            const DeviceLayers& layers) {
  const Sizes z = measure(a, s);
  const bool weights_on_host = p.host_layers > 0 || p.host_expert_layers > 0;
  if (weights_on_host && layers.index == 0 && z.tokens >= kOffloadBatch) {
    return offload_compute(Offload(a, s, p, z), layers);
  }
  const bool pipelined =
      p.devices > 1 && !weights_on_host && !p.cache_on_host && s.rules != ComputeRules::metal;
  const Bytes total = own_phases(compute(a, s, z), layers, pipelined);
  if (p.cache_on_host) {
    return std::max(total, full_attention(a, s, z, z.gap, kv_cache_bytes_per_layer(a, z.cells, s.k, s.v)));
  }
  if (!pipelined) return total;
  return total + (kPipelineCopies - 1) * (host_compute(a, s) - z.residual) + z.residual;
}

Bytes placed_host_compute(const Architecture& a, const ComputeShape& s, const ComputePlacement& p) {
  const Sizes z = measure(a, s);
  const Bytes whole = host_compute(a, s);
  const bool weights_on_host = p.host_layers > 0 || p.host_expert_layers > 0;
  if (weights_on_host && (z.tokens < kOffloadBatch || p.copied.repacked)) {
    ComputeShape host = s;
    host.rules = ComputeRules::cpu;
    return std::max(whole, device_compute(a, host).total);
  }
  const Bytes joined = z.channels + z.window;
  // Metal takes over matrix products alone: the convolution of linear attention stays on the CPU.
  if (p.host_layers > 0 && s.rules == ComputeRules::metal) return whole + 2 * joined + z.channels;
  if (p.host_layers > 0 || p.cache_on_host) return whole + above(joined, z.residual);
  if (p.devices < 2 || weights_on_host || s.rules == ComputeRules::metal) return whole;
  return whole + (kPipelineCopies - 1) * (whole - 2 * z.residual);
}

}  // namespace qwenfit
