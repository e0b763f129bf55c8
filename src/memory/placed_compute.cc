#include <algorithm>
#include <vector>

#include "memory/compute_phases.h"
#include "memory/graph.h"
#include "memory/llama_rules.h"

namespace qwenfit {
namespace {

/// Layers of a device beyond those with something on the host after which nothing new happens, in intervals
/// of full attention; and the interval that this takes at least.
constexpr std::uint32_t kIntervals = 4;
constexpr std::uint32_t kLeastInterval = 4;
/// A buffer beside things on the host is seldom below this share of what its own layers take alone: the
/// allocator finds room in freed copies.
constexpr Bytes kLeastTimes = 1, kLeastDivisor = 2;
/// Copies of the inputs under pipeline parallelism (GGML_SCHED_MAX_COPIES).
constexpr Bytes kPipelineCopies = 4;

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

bool weights_on_host(const ComputePlacement& p) {
  return p.host_layers > 0 || p.host_expert_layers > 0 || p.output_on_host;
}

/// Everything that a simulated graph depends on; the host's weights as a checksum.
struct Key {
  Architecture architecture;
  ComputeShape shape;
  ComputePlacement placement;
  DeviceLayers layers;
  std::uint64_t weights = 0;

  bool operator==(const Key&) const = default;
};

constexpr std::uint64_t mix(std::uint64_t sum, std::uint64_t value) {
  constexpr std::uint64_t kPrime = 0x9e3779b97f4a7c15;
  return (sum ^ (value + kPrime + (sum << 6) + (sum >> 2))) * kPrime;
}

std::uint64_t checksum(const ComputePlacement& p) {
  std::uint64_t sum = 0;
  if (p.host == nullptr) return sum;
  const std::size_t blocks = std::max(p.host_layers, p.host_expert_layers);
  for (std::size_t b = 0; b < std::min(blocks, p.host->size()); ++b) sum = mix(sum, (*p.host)[b].checksum());
  return sum;
}

std::size_t slot_of(const Key& k, std::size_t slots) {
  std::uint64_t sum = mix(k.weights, k.shape.cells);
  sum = mix(sum, (std::uint64_t{k.shape.ubatch} << 32) | k.shape.slots);
  sum = mix(sum, (std::uint64_t{k.placement.host_layers} << 32) | k.placement.host_expert_layers);
  sum = mix(sum, (std::uint64_t{k.layers.full_attention} << 32) | k.layers.linear_attention);
  sum = mix(
      sum, (std::uint64_t{k.layers.first_layer} << 32) | (k.layers.index << 1) | (k.layers.output ? 1U : 0U));
  sum = mix(sum, (std::uint64_t{k.shape.logit_rows} << 1) | (k.placement.cache_on_host ? 1U : 0U));
  // Machines that are asked in turn differ in their back end.
  sum = mix(sum, static_cast<std::uint64_t>(k.shape.rules));
  return static_cast<std::size_t>((sum >> 32) % slots);  // the low bits know only the low bits of the fields
}

/// How many whole intervals of so many layers in a row make no difference.
std::uint32_t spare_intervals(const Architecture& a, std::uint32_t layers) {
  const std::uint32_t interval = a.full_attention_interval;
  const std::uint32_t most = kIntervals * std::max(interval, kLeastInterval);
  return layers <= most ? 0 : (layers - most + interval - 1) / interval;
}

DeviceLayers shortened(const Architecture& a, const DeviceLayers& layers, std::uint32_t from) {
  const std::uint32_t end = layers.first_layer + layers.full_attention + layers.linear_attention;
  const std::uint32_t spare = end <= from ? 0 : spare_intervals(a, end - from);
  DeviceLayers result = layers;
  result.full_attention -= std::min(spare, result.full_attention);
  result.linear_attention -= std::min(spare * (a.full_attention_interval - 1), result.linear_attention);
  return result;
}

/// The key of a placement; the same for all that lead to the same graph.
Key key_of(const Architecture& a, const ComputeShape& s, const ComputePlacement& p,
           const DeviceLayers& layers) {
  Key key{a, s, p, layers, 0};
  key.placement.devices = 1;
  if (layers.index == 0) {
    ComputePlacement& host = key.placement;
    key.layers.first_layer = host.host_layers;
    key.layers = shortened(a, key.layers, std::max(host.host_layers, host.host_expert_layers));
    key.weights = checksum(host);
    return key;
  }
  key.layers.index = 1;
  key.layers = shortened(a, key.layers, layers.first_layer);
  key.placement.host = nullptr;
  key.placement.host_layers = 0;
  // What lies before the run does not matter, but for its place in an interval.
  const std::uint32_t count = key.layers.full_attention + key.layers.linear_attention;
  const std::uint32_t before = std::min(layers.first_layer, p.host_expert_layers);
  const std::uint32_t experts = std::min(p.host_expert_layers - before, count);
  key.layers.first_layer %= a.full_attention_interval;
  key.placement.host_expert_layers = experts == 0 ? 0 : key.layers.first_layer + experts;
  return key;
}

struct Buffers {
  Bytes device = 0, host = 0;
};

Buffers simulated(const Key& k) {
  thread_local graph::Graph g;  // for its memory alone
  const Sizes z = measure(k.architecture, k.shape);
  graph::build(g, k.architecture, k.shape, k.placement, k.layers, z);
  graph::schedule(g, k.architecture, k.shape.rules);
  const auto bytes = graph::allocate(g, k.architecture, k.shape, z);
  return {bytes[graph::kDevice], bytes[graph::kHost]};
}

/// Keeps what was simulated last: a search asks for the same placement again and again. The answer does not
/// depend on it.
Buffers remembered(const Architecture& a, const ComputeShape& s, const ComputePlacement& p,
                   const DeviceLayers& layers) {
  struct Entry {
    Key key;
    Buffers buffers;
    bool used = false;
  };
  constexpr std::size_t kKept = 4096;
  thread_local std::vector<Entry> entries(kKept);  // made when first asked, which most questions never do
  Key key = key_of(a, s, p, layers);
  Entry& entry = entries[slot_of(key, entries.size())];
  if (!entry.used || !(entry.key == key)) {
    const Buffers buffers = simulated(key);
    key.placement.host = nullptr;
    entry = {key, buffers, true};
  }
  return entry.buffers;
}

}  // namespace

Bytes placed_device_compute(const Architecture& a, const ComputeShape& s, const ComputePlacement& p,
                            const DeviceLayers& layers) {
  const bool on_host = weights_on_host(p) || p.cache_on_host;
  if (on_host && !p.least) return remembered(a, s, p, layers).device;
  const Sizes z = measure(a, s);
  const bool pipelined = p.devices > 1 && s.rules != ComputeRules::metal && !on_host;
  const Bytes total = own_phases(compute(a, s, z), layers, pipelined);
  if (on_host) return total / kLeastDivisor * kLeastTimes;
  if (!pipelined) return total;
  return total + (kPipelineCopies - 1) * (host_compute(a, s) - z.residual) + z.residual;
}

Bytes placed_host_compute(const Architecture& a, const ComputeShape& s, const ComputePlacement& p,
                          const DeviceLayers& first) {
  const bool on_host = weights_on_host(p) || p.cache_on_host;
  if (on_host && !p.least) return remembered(a, s, p, first).host;
  const Bytes whole = host_compute(a, s);
  if (on_host || p.devices < 2 || s.rules == ComputeRules::metal) return whole;
  const Sizes z = measure(a, s);
  return whole + (kPipelineCopies - 1) * (whole - 2 * z.residual);
}

}  // namespace qwenfit
