#include <algorithm>

#include "memory/llama_rules.h"
#include "placement/evaluate.h"
#include "placement/layout.h"
#include "placement/plan.h"
#include "qwenfit/estimate.h"
#include "speed/speed.h"

namespace qwenfit {
namespace {

/// Free memory below this share of usable, or below this many bytes, whichever is less, makes a fit tight.
constexpr Bytes kMarginDivisor = 20;
constexpr Bytes kMarginBytes = 512 * kMiB;

bool keeps_margin(const DeviceMemory& d) {
  return !d.usable || *d.free() >= static_cast<SignedBytes>(fit_margin(*d.usable));
}

Verdict judge(const Scenario& s, const Estimate& e) {
  if (!within_limits(e.devices)) return Verdict::no_fit;
  if (!s.machine->devices.empty()) {
    const bool in_ram =
        e.guide_only ? e.devices.back().terms[Term::weights] > 0
                     : !lay_out(s.model->architecture, s.build->has_mtp_block, e.placement).full_offload();
    if (in_ram) return Verdict::offload;
  }
  return std::all_of(e.devices.begin(), e.devices.end(), keeps_margin) ? Verdict::fits : Verdict::tight;
}

/// The runtimes that take the build's format do not run on this machine.
bool runs_elsewhere(const Scenario& s) {
  const auto& devices = s.machine->devices;
  const bool metal = !devices.empty() && devices.front().rules == ComputeRules::metal;
  return (s.build->format == "mlx" && !metal) ||
         (s.build->format == "safetensors" && (metal || devices.empty()));
}

void add_notes(const Scenario& s, Estimate& e) {
  const auto note = [&](bool when, Note code) {
    if (when) e.notes.push_back(code);
  };
  const auto& devices = s.machine->devices;
  note(e.guide_only, Note::guide_only);
  note(s.build->basis == TensorBasis::scaled, Note::scaled_weights);
  note(std::any_of(devices.begin(), devices.end(),
                   [](const Device& d) { return d.reported_basis == FactBasis::estimated; }),
       Note::reported_estimated);
  note(std::any_of(devices.begin(), devices.end(),
                   [](const Device& d) {
                     return d.kind == DeviceKind::unified && d.limit_basis == FactBasis::estimated;
                   }),
       Note::limit_estimated);
  if (e.guide_only) return;
  note(s.build->format != "gguf" || s.settings.runtime != "llama.cpp", Note::runtime_rules);
  note(runs_elsewhere(s), Note::format_elsewhere);
  note(!s.build->file_bytes, Note::rounded_size);
  note(e.verdict == Verdict::offload ||
           std::any_of(devices.begin(), devices.end(),
                       [](const Device& d) { return d.rules == ComputeRules::metal; }),
       Note::compute_approximate);
  note(e.verdict == Verdict::offload && !host_is_checked(e), Note::host_unknown);
  note(e.verdict == Verdict::offload, Note::op_offload);
  note(devices.empty(), Note::repacked);
  note(s.machine->host.capacity.has_value() && s.settings.runtime == "llama.cpp", Note::server_caches);
  note(std::any_of(devices.begin(), devices.end(),
                   [](const Device& d) {
                     return d.kind == DeviceKind::unified && d.rules != ComputeRules::metal &&
                            d.limit_basis != FactBasis::given;
                   }),
       Note::shared_limit);
  const bool several = devices.size() > 1;
  note(several && e.verdict != Verdict::offload, Note::pipeline_copies);
  note(several && s.settings.split_mode == SplitMode::tensor, Note::tensor_split);
  const bool mixed = s.settings.kv_k != s.settings.kv_v;
  note(std::any_of(devices.begin(), devices.end(),
                   [&](const Device& d) {
                     const bool iq =
                         s.settings.kv_k == TensorType::iq4_nl || s.settings.kv_v == TensorType::iq4_nl;
                     return (d.rules == ComputeRules::metal && mixed) ||
                            (d.rules == ComputeRules::cuda && iq);
                   }),
       Note::kv_falls_to_cpu);
}

/// Drafting that gains less than this may as well lose.
constexpr double kWorthwhileGain = 1.05;

void add_speed_notes(const Scenario& s, Estimate& e) {
  const auto note = [&](bool when, Note code) {
    if (when) e.notes.push_back(code);
  };
  note(!e.speed && s.speed != nullptr, Note::speed_unknown);
  if (!e.speed) return;
  const bool reads_ram = e.verdict == Verdict::offload || s.machine->devices.empty();
  note(reads_ram && s.machine->host.bandwidth_assumed, Note::ram_speed_assumed);
  note(!e.speed->prefill, Note::prefill_unknown);
  note(e.speed->decode->basis == SpeedBasis::architecture, Note::speed_from_architecture);
  note(e.speed->mtp_gain && *e.speed->mtp_gain < kWorthwhileGain, Note::mtp_may_slow);
  note(s.settings.parallel > 1, Note::users_widen);
}

}  // namespace

bool host_is_checked(const Estimate& e) {
  return e.devices.back().capacity.has_value() || e.devices.front().kind == DeviceKind::unified;
}

Bytes fit_margin(Bytes usable) {
  return std::min(usable / kMarginDivisor, kMarginBytes);
}

std::optional<SignedBytes> DeviceMemory::free() const {
  if (!usable) return std::nullopt;
  const Bytes used = total();
  constexpr Bytes kMost = static_cast<Bytes>(INT64_MAX);
  if (*usable >= used) return static_cast<SignedBytes>(std::min(*usable - used, kMost));
  return -static_cast<SignedBytes>(std::min(used - *usable, kMost));
}

Estimate estimate(const Scenario& s, Explain explain) {
  Estimate e;
  e.guide_only = s.build->basis == TensorBasis::guide;
  e.placement = wanted_placement(s);
  evaluate(s, s.settings.context, e.placement, explain, e);
  if (!within_limits(e.devices)) {
    const Plan other = plan(s, Reach::system_ram);
    if (other.holds) {
      e.placement = other.placement;
      evaluate(s, s.settings.context, e.placement, explain, e);
    }
  }
  e.verdict = judge(s, e);
  const ForcedPlacement& forced = s.settings.forced;
  const bool placed =
      (e.verdict != Verdict::no_fit || forced.gpu_layers || forced.cpu_moe_layers) && !runs_elsewhere(s);
  if (placed) e.speed = estimate_speed(s, e.placement, explain);
  add_notes(s, e);
  if (placed) add_speed_notes(s, e);
  return e;
}

MaxContext max_context(const Scenario& s, const Estimate& answer) {
  const Tokens step = llama_rules::kCellPadding;
  const Tokens most = pad_to(s.model->max_context, step) / step;
  // What fits on the devices is asked how far it goes there; only an answer that needs RAM may use it.
  const bool on_devices = answer.verdict == Verdict::fits || answer.verdict == Verdict::tight;
  const Reach reach = on_devices ? Reach::devices : Reach::system_ram;
  Scenario trial = s;
  const auto fits = [&](Tokens steps) {
    trial.settings.context = steps * step;
    return plan(trial, reach).holds;
  };
  if (fits(most)) return {s.model->max_context, ContextLimit::model};
  Tokens good = 0;
  Tokens bad = most;
  while (bad - good > 1) {
    const Tokens middle = good + (bad - good) / 2;
    (fits(middle) ? good : bad) = middle;
  }
  return {good * step, ContextLimit::memory};
}

}  // namespace qwenfit
