#include "speed/held.h"

#include <algorithm>
#include <cmath>

#include "memory/kv_cache.h"
#include "memory/recurrent_state.h"
#include "speed/work.h"

namespace qwenfit {
namespace {

constexpr double kMicrosecond = 1e-6;

double difference(const std::vector<Bytes>& before, std::uint32_t first, std::uint32_t last) {
  return static_cast<double>(before[last] - before[first]);
}

/// Caches of main blocks [first, last).
void hold_caches(const Scenario& s, std::uint32_t first, std::uint32_t last, Held& held) {
  const Architecture& a = s.model->architecture;
  const std::uint32_t full = a.full_attention_in(first, last);
  held.kv_per_token =
      full * static_cast<double>(kv_cache_bytes_per_layer(a, 1, s.settings.kv_k, s.settings.kv_v));
  held.state = (last - first - full) * static_cast<double>(recurrent_state_bytes_per_layer(a));
}

}  // namespace

Held held_blocks(const Scenario& s, std::uint32_t first, std::uint32_t last, std::uint32_t experts_from,
                 bool caches) {
  const WeightTable& w = *s.build->weights;
  Held held;
  if (caches) hold_caches(s, first, last, held);
  held.layers = last - first;
  held.full_layers = s.model->architecture.full_attention_in(first, last);
  held.dense = difference(w.device_before.dense, first, last);
  experts_from = std::clamp(experts_from, first, last);
  held.experts = difference(w.device_before.experts, experts_from, last);
  held.expert_layers = last - experts_from;
  return held;
}

Held held_by_device(const Scenario& s, const Layout& layout, std::size_t row) {
  const DeviceSpan& span = layout.spans[row];
  Held held = held_blocks(s, span.first, span.last, layout.cpu_moe_layers, !layout.cache_in_ram);
  if (span.output) held.dense += static_cast<double>(s.build->weights->output_read);
  return held;
}

Held held_by_host(const Scenario& s, const Layout& layout) {
  const WeightTable& w = *s.build->weights;
  const Architecture& a = s.model->architecture;
  Held held;
  hold_caches(s, 0, layout.cache_in_ram ? a.layers : layout.host_blocks, held);
  held.caches_apart = layout.cache_in_ram;
  held.layers = layout.host_blocks;
  held.full_layers = a.full_attention_in(0, layout.host_blocks);
  held.dense = difference(w.host_before.dense, 0, layout.host_blocks);
  // A tied output on the host is read as the embedding that lies there anyway.
  if (layout.output_on_host)
    held.dense += static_cast<double>(a.tied_embeddings ? w.embedding_host : w.output_host);
  const std::uint32_t expert_layers = std::max(layout.host_blocks, layout.cpu_moe_layers);
  held.experts = difference(w.host_before.experts, 0, expert_layers);
  held.expert_layers = expert_layers;
  return held;
}

double blocks_in_ram(const Scenario& s, const Layout& layout) {
  if (s.machine->devices.empty()) return 0;
  return layout.cache_in_ram ? s.model->architecture.layers
                             : std::max(layout.host_blocks, layout.cpu_moe_layers);
}

double decode_per_s(const Scenario& s, SpeedTerm term, std::size_t row) {
  const auto& devices = s.machine->devices;
  switch (term) {
    case SpeedTerm::weights:
    case SpeedTerm::state:
    case SpeedTerm::kv:
      return tensor_parallel(s) ? shared_rate(s, bandwidth) : bandwidth(devices[row]);
    case SpeedTerm::host_weights:
    case SpeedTerm::host_experts:
      return s.machine->host.bandwidth_bytes_per_s;
    case SpeedTerm::host_cache:
      return std::min(s.machine->host.bandwidth_bytes_per_s,
                      devices.front().host_link_bytes_per_s.value_or(HUGE_VAL));
    case SpeedTerm::request:
    case SpeedTerm::hop:
      return 1 / kMillisecond;
    default:
      return 1 / kMicrosecond;
  }
}

}  // namespace qwenfit
