#include "placement/plan.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "placement/costs.h"
#include "placement/layout.h"
#include "placement/search.h"
#include "placement/served.h"
#include "placement/sliced.h"
#include "qwenfit/runtime.h"
#include "speed/batching.h"
#include "speed/speed.h"

namespace qwenfit {
namespace {

/// Memory is used to the last where keeping the margin makes a step longer by more than this factor.
constexpr double kPriceOfMargin = 1.1;

/// What the person forced into system RAM; nothing otherwise.
InRam forced_in_ram(const Scenario& s) {
  const ForcedPlacement& forced = s.settings.forced;
  const std::uint32_t all = layer_count(s.model->architecture, s.build->has_mtp_block);
  InRam in_ram;
  in_ram.layers = all - std::min(forced.gpu_layers.value_or(all), all);
  in_ram.expert_layers = std::min(forced.cpu_moe_layers.value_or(0), s.model->architecture.layers);
  return in_ram;
}

/// CPU only, or a build known by its total alone: nothing to choose.
std::optional<Plan> without_choice(const Scenario& s) {
  if (!s.machine->devices.empty() && s.build->weights != nullptr) return std::nullopt;
  const Placement placement = default_placement(s);
  return Plan{placement, holds(measured(s, placement), Margin::none)};
}

bool may_offload(const Scenario& s, Reach reach) {
  const ForcedPlacement& forced = s.settings.forced;
  return reach == Reach::system_ram && s.machine->host.capacity && !forced.gpu_layers &&
         !forced.cpu_moe_layers;
}

/// Seconds of a step when the context is full.
double seconds_when_full(const Scenario& s, const Placement& placement) {
  Scenario full = s;
  full.settings.depth = s.settings.context / std::max<std::uint32_t>(s.settings.parallel, 1);
  return DecodeCosts(full, placement.cache_in_ram).of(placement);
}

/// The last resort: the caches alone in system RAM, where whole layers would go there otherwise and that is
/// slower however full the context is.
Found cheaper_caches(const Scenario& s, Search& search, Margin margin, Found layers) {
  if (layers.placement.gpu_layers == layer_count(s.model->architecture, s.build->has_mtp_block))
    return layers;
  auto caches = search.in_ram(margin, true, layers.seconds);
  const bool faster =
      caches && seconds_when_full(s, caches->placement) < seconds_when_full(s, layers.placement);
  return faster ? std::move(*caches) : std::move(layers);
}

/// The fastest with something in system RAM. The margin is kept unless that costs too much speed, or nothing
/// fits then.
std::optional<Placement> offloaded(const Scenario& s, Search& search) {
  Margin margin = Margin::comfortable;
  auto found = search.in_ram(margin, false);
  const double below = found ? found->seconds / kPriceOfMargin : HUGE_VAL;
  if (auto closer = search.in_ram(Margin::none, false, below)) {
    found = std::move(closer);
    margin = Margin::none;
  }
  if (!found) return std::nullopt;
  return search.evened(cheaper_caches(s, search, margin, std::move(*found)), margin);
}

/// Several users of a layer split leave all but one device idle in turn: where one device holds everything,
/// it alone can be faster.
Placement one_if_faster(const Scenario& s, Margin margin, Placement several) {
  const bool may_gain = s.settings.parallel > 1 && s.machine->devices.size() > 1 && !tensor_parallel(s) &&
                        s.settings.forced.tensor_split.empty() && speed_is_known(s);
  if (!may_gain) return several;
  const DecodeStep step{s.settings.depth, s.settings.parallel, 1};
  double least = batched_s(s, several, step);
  Placement best = std::move(several);
  for (std::size_t row = 0; row < s.machine->devices.size(); ++row) {
    Placement one = best;
    one.tensor_split.assign(s.machine->devices.size(), 0.0);
    one.tensor_split[row] = one.gpu_layers;
    const double seconds = batched_s(s, one, step);
    if (seconds >= least || !holds(measured(s, one), margin)) continue;
    least = seconds;
    best = std::move(one);
  }
  return best;
}

/// A runtime that shares layers by its own rule: one device alone where it has room enough, the one with most
/// memory first, else all of them in proportion to memory. None: it has no such rule, or not all layers fit
/// so.
std::optional<Placement> by_rule(const Scenario& s) {
  const auto& devices = s.machine->devices;
  const bool may = s.runtime != nullptr && s.runtime->one_device_share && devices.size() > 1 &&
                   s.settings.forced.tensor_split.empty();
  if (!may) return std::nullopt;
  const auto most = std::max_element(devices.begin(), devices.end(),
                                     [](const Device& a, const Device& b) { return a.limit < b.limit; });
  const auto row = static_cast<std::size_t>(most - devices.begin());
  Placement one = place(s, forced_in_ram(s), std::vector<double>(devices.size(), 0.0));
  if (one.gpu_layers == 0) return std::nullopt;
  one.tensor_split[row] = one.gpu_layers;
  const Estimate e = measured(s, one);
  const double room = *s.runtime->one_device_share * static_cast<double>(e.devices[row].usable.value_or(0));
  if (static_cast<double>(e.devices[row].total()) <= room) return one;
  Placement all = default_placement(s);
  return holds(measured(s, all), Margin::none) ? std::optional(std::move(all)) : std::nullopt;
}

}  // namespace

Placement default_placement(const Scenario& s) {
  if (s.machine->devices.empty()) return {};
  std::vector<double> shares = s.settings.forced.tensor_split;
  if (shares.empty() && s.machine->devices.size() == 1) shares = {1.0};
  if (shares.empty()) {
    for (const Device& d : s.machine->devices) shares.push_back(static_cast<double>(d.limit));
  }
  return place(s, forced_in_ram(s), std::move(shares));
}

Plan plan(const Scenario& s, Reach reach) {
  if (auto only = without_choice(s)) return *only;
  if (auto ruled = by_rule(s)) return {std::move(*ruled), true};
  const InRam wanted = forced_in_ram(s);
  Search search(s, Goal::fastest);
  for (const Margin margin : {Margin::comfortable, Margin::none}) {
    auto found = search.with(wanted, margin);
    if (!found) continue;
    // One device leaves nothing to even out.
    if (s.machine->devices.size() == 1) return {std::move(found->placement), true, std::move(found->exact)};
    return {one_if_faster(s, margin, search.evened(*found, margin)), true};
  }
  if (may_offload(s, reach)) {
    if (auto found = offloaded(s, search)) return {std::move(*found), true};
  }
  return {search.least_short(wanted), false};
}

bool can_hold(const Scenario& s, Reach reach) {
  if (is_served(s)) return served_holds(s);
  if (is_sliced(s)) return sliced_holds(s);
  if (const auto only = without_choice(s)) return only->holds;
  Search search(s, Goal::any);
  if (search.with(forced_in_ram(s), Margin::none)) return true;
  return may_offload(s, reach) && search.in_ram(Margin::none, false).has_value();
}

}  // namespace qwenfit
