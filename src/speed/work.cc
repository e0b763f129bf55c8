#include "speed/work.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "memory/llama_rules.h"
#include "placement/guide_split.h"
#include "placement/sliced.h"
#include "speed/held.h"
#include "speed/speed.h"

namespace qwenfit {
namespace {

/// Reductions over all devices per layer under tensor parallelism: after attention and after feed-forward.
constexpr double kReductionsPerLayer = 2;
/// Activations that servers exchange are of 16 bits.
constexpr double kActivationBytes = 2;
/// Multiplication and addition.
constexpr double kOperationsPerParameter = 2;

/// A size that was never released is known by its bytes alone, with the layers of the nearest model; of a
/// mixture of experts a token reads a share of them.
std::vector<Held> held_of_guide(const Scenario& s) {
  std::vector<Held> held;
  const std::vector<Bytes> split = guide_split(s);
  Bytes on_devices = 0;
  for (std::size_t row = 0; row + 1 < split.size(); ++row) on_devices = add(on_devices, split[row]);
  for (const Bytes bytes : split) {
    const bool host = held.size() + 1 == split.size();
    const auto all = static_cast<double>(bytes);
    Held h;
    h.dense = all * s.model->active_share_assumed;
    h.experts = all - h.dense;
    if (!host)
      h.layers = h.expert_layers =
          s.model->layers_assumed * all / static_cast<double>(std::max<Bytes>(on_devices, 1));
    held.push_back(h);
  }
  return held;
}

double arithmetic_rate(const Device& d) {
  return d.matmul_flops.value_or(0);
}

/// Collects times; a term of nothing is left out.
class Collector {
 public:
  explicit Collector(std::size_t devices) { work_.reserve(devices * 6 + 6); }
  void add(SpeedTerm term, std::size_t row, double amount, double per_s) {
    if (amount > 0) work_.push_back({term, row, amount / per_s, amount, per_s});
  }
  /// Seconds by device of all that was added so far: calibrated, without a calibration as specified.
  std::vector<double> seconds_by_device(const Scenario& s) const {
    std::vector<double> seconds(s.machine->devices.size(), 0.0);
    for (const SpecifiedTime& t : work_)
      seconds.at(t.row) += t.seconds * (s.speed != nullptr ? term_factor(*s.speed, t.term, t.row) : 1);
    return seconds;
  }
  /// All that was added so far goes `times` as fast.
  void hasten(double times) {
    for (SpecifiedTime& t : work_) {
      t.seconds /= times;
      t.per_s *= times;
    }
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

  /// Those of some of the layers; `with_experts`: how many bring their experts.
  Parameters of(double some, double with_experts) const {
    return {dense * some / layers, experts * with_experts / layers, some};
  }
};

Parameters parameters_of(const Scenario& s) {
  const WeightTable* w = s.build->weights;
  if (w == nullptr) {
    return {s.model->parameters_assumed * s.model->active_share_assumed, 0,
            static_cast<double>(s.model->layers_assumed)};
  }
  const Architecture& a = s.model->architecture;
  return {w->dense_parameters, w->expert_parameters * touched_experts(a, 1), static_cast<double>(a.layers)};
}

/// Links of devices that exchange activations: the slowest, and what it would be with every card in a slot of
/// its own full width. 0 where one is not known.
struct ExchangeLinks {
  double slowest = HUGE_VAL, own = HUGE_VAL;
};
ExchangeLinks exchange_links(const std::vector<Device>& devices) {
  ExchangeLinks links;
  for (const Device& d : devices) {
    const double host = d.host_link_bytes_per_s.value_or(0);
    links.slowest = std::min(links.slowest, d.peer_link_bytes_per_s.value_or(host));
    links.own = std::min(links.own, d.own_link_bytes_per_s.value_or(host));
  }
  return links;
}

/// Bytes that each device sends to add activations of `tokens` up over all of them, `pass` at a time: around
/// a ring, all but its own part twice.
double exchanged_bytes(const Scenario& s, double layers, double tokens, double pass) {
  const std::size_t devices = s.machine->devices.size();
  const double n = static_cast<double>(devices);
  const double width = s.model->architecture.embedding;
  const double element = is_sliced(s) ? llama_rules::reduced_bytes(pass * width, devices) : kActivationBytes;
  return kReductionsPerLayer * layers * tokens * width * element * (2 * (n - 1) / n);
}

/// What a slower link adds. The exchange over the cards' own slots is part of what sharing layers costs in
/// the calibration.
void add_exchange(const Scenario& s, SpeedTerm term, double layers, double tokens, double pass,
                  Collector& out) {
  const ExchangeLinks links = exchange_links(s.machine->devices);
  if (links.slowest <= 0 || links.slowest >= links.own) return;
  const double late = exchanged_bytes(s, layers, tokens, pass) * (1 - links.slowest / links.own);
  out.add(term, s.machine->devices.size(), late, links.slowest);
}

/// llama.cpp lets the ubatches of a prompt follow one another through the devices of a layer split only with
/// every layer on them, no tensor elsewhere and the caches beside their layers; else each device waits for
/// the one before. Source: llama-context.cpp, pipeline_parallel. No row has several devices and a part in
/// system RAM to say otherwise. Of a size that was never released only what the host holds tells.
bool pipelined(const Scenario& s, const Places& places) {
  return !tensor_parallel(s) && !places.in_ram && places.held.back().empty();
}

/// Devices of a pipeline that work at once, on average. `stage_s`: seconds that each takes for all `passes`
/// ubatches of a prompt. The first pass goes through every stage, and each of the others ends one pass of the
/// longest stage after the one before: sum / passes + (passes - 1) / passes x longest seconds in all.
double pipeline_overlap(const std::vector<double>& stage_s, double passes) {
  const double all = std::accumulate(stage_s.begin(), stage_s.end(), 0.0);
  if (all <= 0) return 1;
  return passes * all / (all + (passes - 1) * *std::max_element(stage_s.begin(), stage_s.end()));
}

}  // namespace

Places places_of(const Scenario& s, const Placement& placement) {
  const std::size_t devices = s.machine->devices.size();
  Places places;
  places.in_ram = devices == 0;
  places.cache_in_ram = placement.cache_in_ram;
  if (s.build->weights == nullptr) {
    places.held = held_of_guide(s);
    return places;
  }
  const Layout layout = lay_out(s.model->architecture, s.build->has_mtp_block, placement);
  places.held.reserve(devices + 1);
  for (std::size_t row = 0; row < devices; ++row) places.held.push_back(held_by_device(s, layout, row));
  places.held.push_back(held_by_host(s, layout));
  places.host_layers = blocks_in_ram(s, layout);
  places.in_ram = places.in_ram || !layout.full_offload();
  return places;
}

bool tensor_parallel(const Scenario& s) {
  return s.machine->devices.size() > 1 && s.settings.split_mode == SplitMode::tensor;
}

double bandwidth(const Device& d) {
  return static_cast<double>(d.bandwidth_bytes_per_s.value_or(0));
}

double shared_rate(const Scenario& s, double (*rate)(const Device&)) {
  // Equal shares of what heads divide are equal cuts.
  if (is_sliced(s) && !s.settings.forced.tensor_split.empty()) return sliced_rate(s, rate);
  const auto& devices = s.machine->devices;
  double least = HUGE_VAL;
  for (const Device& d : devices) least = std::min(least, rate(d));
  return least * static_cast<double>(devices.size());
}

double touched_experts(const Architecture& a, double tokens) {
  if (!a.is_moe()) return 0;
  const double used = static_cast<double>(a.experts_used) / a.experts;
  return 1 - std::pow(1 - used, tokens);
}

StepAmounts step_amounts(const Scenario& s, const DecodeStep& step) {
  const Architecture& a = s.model->architecture;
  const double sequences = step.sequences;
  return {touched_experts(a, sequences * step.tokens), sequences, static_cast<double>(step.depth),
          a.is_moe() || s.model->kind == ModelKind::moe};
}

Work decode_work(const Scenario& s, const Places& places, const DecodeStep& step) {
  const std::size_t devices = s.machine->devices.size();
  const StepAmounts amounts = step_amounts(s, step);
  Collector out(devices);
  double layers = 0;
  const auto add = [&](SpeedTerm term, std::size_t row, double amount) {
    out.add(term, row, amount, decode_per_s(s, term, row));
  };
  for (std::size_t row = 0; row < devices; ++row) {
    const Held& h = places.held[row];
    amounts.of_device(h, [&](SpeedTerm term, double amount) { add(term, row, amount); });
    layers += h.layers;
  }
  amounts.of_host(places.held[devices], places.host_layers,
                  [&](SpeedTerm term, double amount) { add(term, devices, amount); });
  const std::size_t busy = busy_devices(places);
  if (tensor_parallel(s)) {
    add(SpeedTerm::all_reduce, devices, kReductionsPerLayer * layers);
    const double tokens = static_cast<double>(step.sequences) * step.tokens;
    add_exchange(s, SpeedTerm::exchange, layers, tokens, tokens, out);
  } else if (busy > 1) {
    add(SpeedTerm::hop, devices, static_cast<double>(busy - 1));
  }
  return out.take();
}

Work prefill_work(const Scenario& s, const Places& places, const Prompt& prompt) {
  const Architecture& a = s.model->architecture;
  const std::size_t devices = s.machine->devices.size();
  const double n = static_cast<double>(prompt.tokens);
  const double pass = static_cast<double>(std::min(prompt.pass, prompt.tokens));
  const double passes = std::ceil(n / static_cast<double>(prompt.pass));
  // Every expert of a size that was never released: how many it would have is not known.
  const double touched = s.build->weights == nullptr ? 1 : touched_experts(a, pass);
  const bool shared = tensor_parallel(s);
  const Parameters p = parameters_of(s);
  const double scores = 4.0 * a.heads * a.head_dim * n * (static_cast<double>(prompt.depth) + n / 2);
  Collector out(devices);
  const Held& host = places.held[devices];
  // For a prompt llama.cpp copies weights in system RAM to the first device, which multiplies with them. That
  // of layers which are there as a whole is part of what copying costs in the calibration: charged apart, the
  // rows would have copies go faster than the links.
  const double copied_expert_layers = devices > 0 ? host.expert_layers - host.layers : 0;
  for (std::size_t row = 0; row < devices; ++row) {
    const Held& h = places.held[row];
    const Device& d = s.machine->devices[row];
    const double flops = shared ? shared_rate(s, arithmetic_rate) : arithmetic_rate(d);
    if (flops > 0) {
      const Parameters met = p.of(h.layers, h.expert_layers + (row == 0 ? copied_expert_layers : 0));
      out.add(SpeedTerm::prompt_matmul, row, kOperationsPerParameter * (met.dense + met.experts) * n, flops);
      if (a.is_moe()) {
        const double per_expert = pass * a.experts_used / a.experts;
        out.add(SpeedTerm::prompt_experts, row, kOperationsPerParameter * met.experts * n / per_expert,
                flops);
      }
      out.add(SpeedTerm::prompt_attention, row, scores * h.full_layers, flops);
    }
    out.add(SpeedTerm::prompt_weights, row, passes * (h.dense + h.experts * touched),
            shared ? shared_rate(s, bandwidth) : bandwidth(d));
  }
  if (pipelined(s, places)) out.hasten(pipeline_overlap(out.seconds_by_device(s), passes));
  if (devices == 0) {
    const double operations = kOperationsPerParameter * (p.dense + p.experts) * n + scores * host.full_layers;
    out.add(SpeedTerm::prompt_cpu, devices, operations, s.machine->host.bandwidth_bytes_per_s);
  }
  const double link = devices > 0 ? s.machine->devices.front().host_link_bytes_per_s.value_or(0) : 0;
  // A cache in system RAM is copied too, half of the prompt's own on average.
  const double cached =
      places.cache_in_ram ? host.kv_per_token * (static_cast<double>(prompt.depth) + n / 2) : 0;
  const double copied = passes * (host.dense + host.experts * touched + cached);
  out.add(SpeedTerm::prompt_copy, devices, copied, link > 0 ? link : s.machine->host.bandwidth_bytes_per_s);
  if (shared) add_exchange(s, SpeedTerm::prompt_exchange, p.layers, n, pass, out);
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
      case SpeedTerm::host_cache:
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
