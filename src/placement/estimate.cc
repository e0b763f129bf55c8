#include <algorithm>

#include "memory/kv_cache.h"
#include "memory/llama_rules.h"
#include "placement/evaluate.h"
#include "placement/layout.h"
#include "placement/split.h"
#include "qwenfit/estimate.h"

namespace qwenfit {
namespace {

/// Free memory below this share of usable, or below this many bytes, whichever is less, makes a fit tight.
constexpr Bytes kMarginDivisor = 20;
constexpr Bytes kMarginBytes = 512 * kMiB;

/// Everything on the devices, or what the person forced.
Placement first_placement(const Scenario& s) {
  const ForcedPlacement& forced = s.settings.forced;
  Placement placement;
  if (s.machine->devices.empty()) return placement;
  const std::uint32_t all = layer_count(s.model->architecture, s.build->has_mtp_block);
  placement.gpu_layers = std::min(forced.gpu_layers.value_or(all), all);
  placement.cpu_moe_layers = std::min(forced.cpu_moe_layers.value_or(0), s.model->architecture.layers);
  placement.tensor_split = forced.tensor_split.empty() ? default_split(s, placement) : forced.tensor_split;
  return placement;
}

bool keeps_margin(const DeviceMemory& d) {
  return !d.usable || *d.free() >= static_cast<SignedBytes>(fit_margin(*d.usable));
}

Verdict judge(const Scenario& s, const Estimate& e) {
  if (!within_limits(e.devices)) return Verdict::no_fit;
  if (!s.machine->devices.empty() && !e.guide_only) {
    const Layout layout = lay_out(s.model->architecture, s.build->has_mtp_block, e.placement);
    if (!layout.full_offload()) return Verdict::offload;
  }
  return std::all_of(e.devices.begin(), e.devices.end(), keeps_margin) ? Verdict::fits : Verdict::tight;
}

/// What a placement leaves: enough on every device, enough everywhere.
struct Trial {
  bool devices = false;
  bool all = false;
};

Trial try_placement(const Scenario& s, const Placement& placement) {
  Estimate trial;
  evaluate(s, s.settings.context, placement, Explain::no, trial);
  const bool all = within_limits(trial.devices);
  trial.devices.pop_back();  // the host
  return {within_limits(trial.devices), all};
}

/// Several devices may hold with shares by bytes what they do not hold with shares by layers.
void rebalance(const Scenario& s, Placement& placement) {
  if (placement.tensor_split.size() > 1 && s.settings.forced.tensor_split.empty()) {
    placement.tensor_split = balanced_split(s, placement);
  }
}

/// The placement that keeps least in system RAM: experts first, layer by layer, then whole layers. Each step frees
/// device memory and takes RAM, so the first at which the devices hold is found by bisection; RAM has the last word.
std::optional<Placement> offload_placement(const Scenario& s, Placement placement) {
  const auto bisect = [&](std::uint32_t most, auto&& apply) -> std::optional<Placement> {
    const auto try_with = [&](std::uint32_t n) {
      apply(placement, n);
      rebalance(s, placement);
      return try_placement(s, placement);
    };
    if (!try_with(most).devices) return std::nullopt;
    std::uint32_t fails = 0;
    std::uint32_t fits = most;
    while (fits - fails > 1) {
      const std::uint32_t middle = fails + (fits - fails) / 2;
      (try_with(middle).devices ? fits : fails) = middle;
    }
    return try_with(fits).all ? std::optional(placement) : std::nullopt;
  };
  const Architecture& a = s.model->architecture;
  if (a.is_moe()) {
    const auto found = bisect(a.layers, [](Placement& p, std::uint32_t n) { p.cpu_moe_layers = n; });
    if (found) return found;
    placement.cpu_moe_layers = a.layers;
  }
  const std::uint32_t all = placement.gpu_layers;
  return bisect(all, [all](Placement& p, std::uint32_t n) { p.gpu_layers = all - n; });
}

/// A placement that holds where the first one does not, if any: other shares, then system RAM.
std::optional<Placement> second_placement(const Scenario& s, const Estimate& first) {
  if (first.guide_only || s.machine->devices.empty()) return std::nullopt;
  Placement placement = first.placement;
  rebalance(s, placement);
  if (try_placement(s, placement).all) return placement;
  const ForcedPlacement& forced = s.settings.forced;
  if (!s.machine->host.capacity || forced.gpu_layers || forced.cpu_moe_layers) return std::nullopt;
  return offload_placement(s, first.placement);
}

void add_notes(const Scenario& s, Estimate& e) {
  const auto note = [&](bool when, Note code) {
    if (when) e.notes.push_back(code);
  };
  const auto& devices = s.machine->devices;
  note(e.guide_only, Note::guide_only);
  note(s.build->basis == TensorBasis::scaled, Note::scaled_weights);
  note(std::any_of(devices.begin(), devices.end(), [](const Device& d) { return d.reported_basis == FactBasis::estimated; }),
       Note::reported_estimated);
  note(std::any_of(devices.begin(), devices.end(), [](const Device& d) {
         return d.kind == DeviceKind::unified && d.limit_basis == FactBasis::estimated;
       }),
       Note::limit_estimated);
  if (e.guide_only) return;
  note(s.build->format != "gguf" || s.settings.runtime != "llama.cpp", Note::runtime_rules);
  note(!s.build->file_bytes, Note::rounded_size);
  note(e.verdict == Verdict::offload || std::any_of(devices.begin(), devices.end(), [](const Device& d) { return d.rules == ComputeRules::metal; }),
       Note::compute_approximate);
  note(e.verdict == Verdict::offload && !s.machine->host.capacity, Note::host_unknown);
  note(e.verdict == Verdict::offload, Note::op_offload);
  note(devices.empty(), Note::repacked);
  note(devices.size() > 1, Note::pipeline_copies);
  const bool mixed = s.settings.kv_k != s.settings.kv_v;
  note(std::any_of(devices.begin(), devices.end(), [&](const Device& d) {
         const bool iq = s.settings.kv_k == TensorType::iq4_nl || s.settings.kv_v == TensorType::iq4_nl;
         return (d.rules == ComputeRules::metal && mixed) || (d.rules == ComputeRules::cuda && iq);
       }),
       Note::kv_falls_to_cpu);
}

}  // namespace

Bytes fit_margin(Bytes usable) { return std::min(usable / kMarginDivisor, kMarginBytes); }

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
  e.placement = first_placement(s);
  evaluate(s, s.settings.context, e.placement, explain, e);
  if (!within_limits(e.devices)) {
    if (const auto second = second_placement(s, e)) {
      e.placement = *second;
      evaluate(s, s.settings.context, e.placement, explain, e);
    }
  }
  e.verdict = judge(s, e);
  add_notes(s, e);
  return e;
}

MaxContext max_context(const Scenario& s, const Estimate& answer) {
  const Tokens step = llama_rules::kCellPadding;
  const Tokens most = pad_to(s.model->max_context, step) / step;
  const auto fits = [&](Tokens steps) {
    Estimate trial;
    trial.guide_only = answer.guide_only;
    evaluate(s, steps * step, answer.placement, Explain::no, trial);
    return within_limits(trial.devices);
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
