#include "placement/plan.h"

#include <algorithm>
#include <optional>

#include "placement/evaluate.h"
#include "placement/layout.h"
#include "placement/split.h"

namespace qwenfit {
namespace {

/// What a placement leaves free, beyond the margin asked for.
class Trial {
 public:
  Trial(const Scenario& s, const Placement& placement, bool comfortable) {
    Estimate e;
    e.guide_only = s.build->basis == TensorBasis::guide;
    evaluate(s, s.settings.context, placement, Explain::no, e);
    for (const DeviceMemory& d : e.devices) {
      const SignedBytes margin =
          comfortable && d.usable ? static_cast<SignedBytes>(fit_margin(*d.usable)) : 0;
      spare_.push_back(d.usable ? *d.free() - margin : 0);
    }
  }

  bool devices_hold() const {
    return std::all_of(spare_.begin(), spare_.end() - 1, [](SignedBytes b) { return b >= 0; });
  }
  bool holds() const { return devices_hold() && spare_.back() >= 0; }
  std::size_t fullest() const {
    return static_cast<std::size_t>(std::min_element(spare_.begin(), spare_.end() - 1) - spare_.begin());
  }
  std::size_t emptiest() const {
    return static_cast<std::size_t>(std::max_element(spare_.begin(), spare_.end() - 1) - spare_.begin());
  }
  SignedBytes least() const { return spare_[fullest()]; }

 private:
  std::vector<SignedBytes> spare_;  ///< one per device, then the host
};

bool may_rebalance(const Scenario& s) {
  return s.machine->devices.size() > 1 && s.settings.forced.tensor_split.empty() &&
         s.build->weights != nullptr;
}

/// Shares by bytes, then single layers moved from the fullest device to the emptiest while that helps.
Placement rebalanced(const Scenario& s, Placement placement, bool comfortable) {
  if (!may_rebalance(s)) return placement;
  placement.tensor_split = balanced_split(s, placement);
  Trial trial(s, placement, comfortable);
  while (!trial.devices_hold() && placement.tensor_split[trial.fullest()] > 0) {
    Placement moved = placement;
    moved.tensor_split[trial.fullest()] -= 1;
    moved.tensor_split[trial.emptiest()] += 1;
    const Trial next(s, moved, comfortable);
    if (next.least() <= trial.least()) break;
    placement = moved;
    trial = next;
  }
  return placement;
}

/// The placement that keeps least in system RAM: experts first, layer by layer, then whole layers. Each step
/// frees device memory and takes RAM, so the first at which the devices hold is found by bisection; RAM has
/// the last word.
std::optional<Placement> offloaded(const Scenario& s, Placement placement, bool comfortable) {
  const auto bisect = [&](std::uint32_t most, auto&& apply) -> std::optional<Placement> {
    const auto at = [&](std::uint32_t n) {
      apply(placement, n);
      return rebalanced(s, placement, comfortable);
    };
    if (!Trial(s, at(most), comfortable).devices_hold()) return std::nullopt;
    std::uint32_t fails = 0;
    std::uint32_t fits = most;
    while (fits - fails > 1) {
      const std::uint32_t middle = fails + (fits - fails) / 2;
      (Trial(s, at(middle), comfortable).devices_hold() ? fits : fails) = middle;
    }
    const Placement found = at(fits);
    return Trial(s, found, comfortable).holds() ? std::optional(found) : std::nullopt;
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

}  // namespace

Placement wanted_placement(const Scenario& s) {
  const ForcedPlacement& forced = s.settings.forced;
  Placement placement;
  if (s.machine->devices.empty()) return placement;
  const std::uint32_t all = layer_count(s.model->architecture, s.build->has_mtp_block);
  placement.gpu_layers = std::min(forced.gpu_layers.value_or(all), all);
  placement.cpu_moe_layers = std::min(forced.cpu_moe_layers.value_or(0), s.model->architecture.layers);
  placement.tensor_split = forced.tensor_split.empty() ? default_split(s, placement) : forced.tensor_split;
  return placement;
}

Plan plan(const Scenario& s, Reach reach) {
  const Placement first = wanted_placement(s);
  if (Trial(s, first, false).holds()) return {first, true};
  if (may_rebalance(s)) {
    const Placement second = rebalanced(s, first, false);
    if (Trial(s, second, false).holds()) return {second, true};
  }
  const ForcedPlacement& forced = s.settings.forced;
  const bool can_offload = reach == Reach::system_ram && s.machine->host.capacity &&
                           !s.machine->devices.empty() && s.build->weights != nullptr && !forced.gpu_layers &&
                           !forced.cpu_moe_layers;
  if (!can_offload) return {first, false};
  // A buffer is approximate with weights in RAM, so the margin is kept where that is possible.
  for (const bool comfortable : {true, false}) {
    if (const auto found = offloaded(s, first, comfortable)) return {*found, true};
  }
  return {first, false};
}

}  // namespace qwenfit
