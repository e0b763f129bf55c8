#include "speed/work.h"

#include <algorithm>
#include <cmath>

#include "memory/kv_cache.h"
#include "memory/recurrent_state.h"

namespace qwenfit {
namespace {

constexpr double kMicrosecond = 1e-6;
constexpr double kMillisecond = 1e-3;
/// Reductions over all devices per layer under tensor parallelism: after attention and after feed-forward.
constexpr double kReductionsPerLayer = 2;
/// Multiplication and addition.
constexpr double kOperationsPerParameter = 2;

/// What one device, or the host, holds of the main blocks and the output.
struct Held {
  double dense = 0;    ///< bytes without routed experts, the output included
  double experts = 0;  ///< bytes of all routed experts
  double kv_per_token = 0;
  double state = 0;  ///< bytes of one sequence
  double layers = 0;
  double full_layers = 0;
  bool empty() const { return dense == 0 && experts == 0; }
};

double difference(const std::vector<Bytes>& before, std::uint32_t first, std::uint32_t last) {
  return static_cast<double>(before[last] - before[first]);
}

/// Caches and layers of main blocks [first, last).
void hold_blocks(const Scenario& s, std::uint32_t first, std::uint32_t last, Held& held) {
  const Architecture& a = s.model->architecture;
  const std::uint32_t full = last / a.full_attention_interval - first / a.full_attention_interval;
  held.layers = last - first;
  held.full_layers = full;
  held.kv_per_token =
      full * static_cast<double>(kv_cache_bytes_per_layer(a, 1, s.settings.kv_k, s.settings.kv_v));
  held.state = (held.layers - full) * static_cast<double>(recurrent_state_bytes_per_layer(a));
}

Held held_by_device(const Scenario& s, const Layout& layout, std::size_t row) {
  const WeightTable& w = *s.build->weights;
  const DeviceSpan& span = layout.spans[row];
  Held held;
  hold_blocks(s, span.first, span.last, held);
  held.dense = difference(w.device_before.dense, span.first, span.last);
  if (span.output) held.dense += static_cast<double>(w.output_read);
  const std::uint32_t from = std::clamp(layout.cpu_moe_layers, span.first, span.last);
  held.experts = difference(w.device_before.experts, from, span.last);
  return held;
}

Held held_by_host(const Scenario& s, const Layout& layout) {
  const WeightTable& w = *s.build->weights;
  Held held;
  hold_blocks(s, 0, layout.host_blocks, held);
  held.dense = difference(w.host_before.dense, 0, layout.host_blocks);
  // A tied output on the host is read as the embedding that lies there anyway.
  if (layout.output_on_host)
    held.dense +=
        static_cast<double>(s.model->architecture.tied_embeddings ? w.embedding_host : w.output_host);
  held.experts = difference(w.host_before.experts, 0, std::max(layout.host_blocks, layout.cpu_moe_layers));
  return held;
}

/// A size that was never released is known by its bytes alone: split as the estimate split them, with the
/// layers of the nearest model.
std::vector<Held> held_of_guide(const Scenario& s, const Placement& placement) {
  const std::size_t devices = s.machine->devices.size();
  std::vector<Held> held(devices + 1);
  const double bytes = static_cast<double>(s.build->guide_weights);
  double limits = 0;
  for (const Device& d : s.machine->devices) limits += static_cast<double>(d.limit);
  (void)placement;
  const double on_devices = devices == 0 ? 0 : std::min(bytes, limits);
  for (std::size_t row = 0; row < devices; ++row) {
    const double share = static_cast<double>(s.machine->devices[row].limit) / limits;
    held[row].dense = on_devices * share;
    held[row].layers = s.model->layers_assumed * share;
  }
  held[devices].dense = bytes - on_devices;
  return held;
}

struct Places {
  std::vector<Held> held;  ///< devices, then the host
  double host_layers = 0;  ///< main blocks with any part in system RAM
};

Places places_of(const Scenario& s, const Placement& placement) {
  Places places;
  if (s.build->weights == nullptr) {
    places.held = held_of_guide(s, placement);
    return places;
  }
  const Layout layout = lay_out(s.model->architecture, s.build->has_mtp_block, placement);
  const std::size_t devices = s.machine->devices.size();
  places.held.reserve(devices + 1);
  for (std::size_t row = 0; row < devices; ++row) places.held.push_back(held_by_device(s, layout, row));
  places.held.push_back(held_by_host(s, layout));
  if (devices > 0) places.host_layers = std::max(layout.host_blocks, layout.cpu_moe_layers);
  return places;
}

double bandwidth(const Device& d) {
  return static_cast<double>(d.bandwidth_bytes_per_s.value_or(0));
}

/// Collects times; a term of nothing is left out.
class Collector {
 public:
  explicit Collector(std::size_t devices) { work_.reserve(devices * 6 + 6); }
  void add(SpeedTerm term, std::size_t row, double amount, double per_s) {
    if (amount > 0) work_.push_back({term, row, amount / per_s, amount, per_s});
  }
  Work take() { return std::move(work_); }

 private:
  Work work_;
};

std::size_t busy_devices(const Places& places) {
  return static_cast<std::size_t>(
      std::count_if(places.held.begin(), places.held.end() - 1, [](const Held& h) { return !h.empty(); }));
}

/// Parameters that a token meets in the blocks.
struct Parameters {
  double dense = 0;
  double experts = 0;  ///< of the experts used
  double layers = 0;
};

Parameters parameters_of(const Scenario& s) {
  const WeightTable* w = s.build->weights;
  if (w == nullptr) return {s.model->parameters_assumed, 0, static_cast<double>(s.model->layers_assumed)};
  const Architecture& a = s.model->architecture;
  return {w->dense_parameters, w->expert_parameters * touched_experts(a, 1), static_cast<double>(a.layers)};
}

/// Devices of a layer split that work at once, on average: pass after pass moves through them as through a
/// pipeline, which is full only after as many passes as there are devices.
double pipeline_overlap(std::size_t devices, double passes) {
  const double n = static_cast<double>(std::max<std::size_t>(devices, 1));
  return passes * n / (passes + n - 1);
}

}  // namespace

bool tensor_parallel(const Scenario& s) {
  return s.machine->devices.size() > 1 && s.settings.split_mode == SplitMode::tensor;
}

double touched_experts(const Architecture& a, double tokens) {
  if (!a.is_moe()) return 0;
  const double used = static_cast<double>(a.experts_used) / a.experts;
  return 1 - std::pow(1 - used, tokens);
}

Work decode_work(const Scenario& s, const Placement& placement, const DecodeStep& step) {
  const Architecture& a = s.model->architecture;
  const Places places = places_of(s, placement);
  const std::size_t devices = s.machine->devices.size();
  const bool shared = tensor_parallel(s);
  const double sequences = step.sequences;
  const double touched = touched_experts(a, sequences * step.tokens);
  const double depth = static_cast<double>(step.depth);
  const double width = shared ? static_cast<double>(devices) : 1;
  Collector out(devices);
  double layers = 0;
  for (std::size_t row = 0; row < devices; ++row) {
    const Held& h = places.held[row];
    const double per_s = bandwidth(s.machine->devices[row]) * width;
    out.add(SpeedTerm::weights, row, h.dense + h.experts * touched, per_s);
    out.add(SpeedTerm::state, row, 2 * h.state * sequences, per_s);
    out.add(SpeedTerm::kv, row, h.kv_per_token * depth * sequences, per_s);
    out.add(SpeedTerm::layers, row, h.layers, 1 / kMicrosecond);
    if (a.is_moe()) out.add(SpeedTerm::expert_layers, row, h.layers, 1 / kMicrosecond);
    layers += h.layers;
  }
  const Held& host = places.held[devices];
  const double host_per_s = s.machine->host.bandwidth_bytes_per_s;
  const double host_caches = (2 * host.state + host.kv_per_token * depth) * sequences;
  out.add(SpeedTerm::host_weights, devices, host.dense + host_caches, host_per_s);
  out.add(SpeedTerm::host_experts, devices, host.experts * touched, host_per_s);
  out.add(SpeedTerm::host_layers, devices, places.host_layers, 1 / kMicrosecond);
  out.add(SpeedTerm::request, devices, 1, 1 / kMillisecond);
  const std::size_t busy = busy_devices(places);
  if (shared) {
    out.add(SpeedTerm::all_reduce, devices, kReductionsPerLayer * layers, 1 / kMicrosecond);
  } else if (busy > 1) {
    out.add(SpeedTerm::hop, devices, static_cast<double>(busy - 1), 1 / kMillisecond);
  }
  return out.take();
}

Work prefill_work(const Scenario& s, const Placement& placement, const Prompt& prompt) {
  const Architecture& a = s.model->architecture;
  const Places places = places_of(s, placement);
  const std::size_t devices = s.machine->devices.size();
  const double n = static_cast<double>(prompt.tokens);
  const double pass = static_cast<double>(std::min(prompt.pass, prompt.tokens));
  const double passes = std::ceil(n / static_cast<double>(prompt.pass));
  const double touched = touched_experts(a, pass);
  const double width = tensor_parallel(s) ? static_cast<double>(devices) : 1;
  const double overlap = tensor_parallel(s) ? 1 : pipeline_overlap(busy_devices(places), passes);
  const Parameters p = parameters_of(s);
  const double scores = 4.0 * a.heads * a.head_dim * n * (static_cast<double>(prompt.depth) + n / 2);
  Collector out(devices);
  for (std::size_t row = 0; row < devices; ++row) {
    const Held& h = places.held[row];
    const Device& d = s.machine->devices[row];
    const double flops = d.matmul_flops.value_or(0) * width * overlap;
    if (flops > 0) {
      const double share = h.layers / p.layers;
      out.add(SpeedTerm::prompt_matmul, row, kOperationsPerParameter * (p.dense + p.experts) * n * share,
              flops);
      if (a.is_moe()) {
        const double per_expert = pass * a.experts_used / a.experts;
        out.add(SpeedTerm::prompt_experts, row, kOperationsPerParameter * p.experts * n * share / per_expert,
                flops);
      }
      out.add(SpeedTerm::prompt_attention, row, scores * h.full_layers, flops);
    }
    out.add(SpeedTerm::prompt_weights, row, passes * (h.dense + h.experts * touched),
            bandwidth(d) * width * overlap);
  }
  const Held& host = places.held[devices];
  if (devices == 0) {
    const double operations = kOperationsPerParameter * (p.dense + p.experts) * n + scores * host.full_layers;
    out.add(SpeedTerm::prompt_cpu, devices, operations, s.machine->host.bandwidth_bytes_per_s);
  }
  const double link = devices > 0 ? s.machine->devices.front().host_link_bytes_per_s.value_or(0) : 0;
  const double copied = passes * (host.dense + host.experts * touched);
  out.add(SpeedTerm::prompt_copy, devices, copied, link > 0 ? link : s.machine->host.bandwidth_bytes_per_s);
  out.add(SpeedTerm::prompt_request, devices, 1, 1 / kMillisecond);
  return out.take();
}

double decode_floor_s(const Work& work) {
  double seconds = 0;
  for (const SpecifiedTime& t : work) {
    switch (t.term) {
      case SpeedTerm::weights:
      case SpeedTerm::state:
      case SpeedTerm::kv:
      case SpeedTerm::host_weights:
      case SpeedTerm::host_experts:
        seconds += t.seconds;
        break;
      default:
        break;
    }
  }
  return seconds;
}

double prefill_floor_s(const Scenario& s, const Work& work) {
  double operations = 0;
  for (const SpecifiedTime& t : work) {
    if (t.term == SpeedTerm::prompt_matmul || t.term == SpeedTerm::prompt_attention) operations += t.amount;
  }
  double peak = 0;
  for (const Device& d : s.machine->devices) peak += d.peak_flops.value_or(0);
  return peak > 0 ? operations / peak : 0;
}

}  // namespace qwenfit
