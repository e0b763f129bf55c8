#include "placement/plan.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
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

/// Whether a placement is faster than another, if there is one, however full the context is.
bool is_faster(const Scenario& s, const Found& found, const std::optional<Found>& other) {
  return !other || (found.seconds < other->seconds &&
                    seconds_when_full(s, found.placement) < seconds_when_full(s, other->placement));
}

/// The fastest with something in system RAM. The last resort: the caches alone there, where whole layers
/// would go there otherwise and that is slower however full the context is.
std::optional<Found> in_ram(const Scenario& s, Search& search, Margin margin,
                            const std::optional<Found>& instead) {
  const double below = instead ? instead->seconds / kPriceOfMargin : HUGE_VAL;
  auto layers = search.in_ram(margin, false, below);
  if (layers && layers->placement.gpu_layers == layer_count(s.model->architecture, s.build->has_mtp_block))
    return layers;
  auto caches = search.in_ram(margin, true, layers ? layers->seconds : below);
  return caches && is_faster(s, *caches, layers ? layers : instead) ? std::move(caches) : std::move(layers);
}

/// The margin is kept unless that costs too much speed, or nothing fits then.
std::optional<Placement> offloaded(const Scenario& s, Search& search) {
  Margin margin = Margin::comfortable;
  auto found = in_ram(s, search, margin, std::nullopt);
  if (auto closer = in_ram(s, search, Margin::none, found)) {
    found = std::move(closer);
    margin = Margin::none;
  }
  return found ? std::optional(search.evened(*found, margin)) : std::nullopt;
}

/// Several users of a layer split leave all but one device idle in turn: one alone can be faster.
bool one_may_be_faster(const Scenario& s) {
  return s.settings.parallel > 1 && s.machine->devices.size() > 1 && !tensor_parallel(s) &&
         s.settings.forced.tensor_split.empty() && speed_is_known(s);
}

/// The device that is faster alone, where it holds everything.
Placement one_if_faster(const Scenario& s, Margin margin, Placement several) {
  if (!one_may_be_faster(s)) return several;
  const DecodeStep step{s.settings.depth, s.settings.parallel, 1};
  double least = batched_s(s, several, step);
  Placement best = std::move(several);
  for (std::size_t row = 0; row < s.machine->devices.size(); ++row) {
    Placement one = best;
    one.tensor_split.assign(s.machine->devices.size(), 0.0);
    one.tensor_split[row] = one.gpu_layers;
    const double seconds = batched_s(s, one, step);
    if (seconds >= least) continue;
    const Estimate e = measured(s, one);
    const bool cheap = seconds < least / kPriceOfMargin;
    if (!holds(e, margin) && !(cheap && holds(e, Margin::none))) continue;
    least = seconds;
    best = std::move(one);
  }
  return best;
}

/// One device alone with a part in system RAM, where that is faster than several with less there.
Placement one_with_ram_if_faster(const Scenario& s, Placement best) {
  if (!one_may_be_faster(s)) return best;
  const auto& devices = s.machine->devices;
  const DecodeStep step{s.settings.depth, s.settings.parallel, 1};
  double least = batched_s(s, best, step);
  for (std::size_t row = 0; row < devices.size(); ++row) {
    const bool same =
        row > 0 && devices[row].id == devices[row - 1].id && devices[row].limit == devices[row - 1].limit;
    if (same) continue;
    Machine machine = *s.machine;
    SpeedModel speed = *s.speed;
    machine.devices = {devices[row]};
    speed.devices = {s.speed->devices[row]};
    Scenario alone = s;
    alone.machine = &machine;
    alone.speed = &speed;
    Plan one = plan(alone, Reach::system_ram);
    if (!one.holds) continue;
    one.placement.tensor_split.assign(devices.size(), 0.0);
    one.placement.tensor_split[row] = std::max(one.placement.gpu_layers, 1U);
    const double seconds = batched_s(s, one.placement, step);
    if (seconds >= least) continue;
    least = seconds;
    best = std::move(one.placement);
  }
  return best;
}

/// The same with nothing in system RAM but what was forced there.
std::optional<Plan> on_devices(const Scenario& s, Search& search) {
  const InRam wanted = forced_in_ram(s);
  Margin margin = Margin::comfortable;
  auto found = search.with(wanted, margin);
  // One device, or shares that were given, leave nothing to choose.
  const bool may_gain = s.machine->devices.size() > 1 && s.settings.forced.tensor_split.empty();
  if (!found || may_gain) {
    const double below = found ? found->seconds / kPriceOfMargin : HUGE_VAL;
    if (auto closer = search.with(wanted, Margin::none, below)) {
      found = std::move(closer);
      margin = Margin::none;
    }
  }
  if (!found) return std::nullopt;
  // One device leaves nothing to even out.
  if (s.machine->devices.size() == 1) return Plan{std::move(found->placement), true, std::move(found->exact)};
  return Plan{one_if_faster(s, margin, search.evened(*found, margin)), true};
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
  Search search(s, Goal::fastest);
  if (auto found = on_devices(s, search)) return std::move(*found);
  if (may_offload(s, reach)) {
    if (auto found = offloaded(s, search)) return {one_with_ram_if_faster(s, std::move(*found)), true};
  }
  return {search.least_short(forced_in_ram(s)), false};
}

std::optional<SignedBytes> free_without_choice(const Scenario& s, Reach reach) {
  const InRam in_ram = forced_in_ram(s);
  const bool choice = s.machine->devices.size() != 1 || s.build->weights == nullptr || in_ram.sort() != 0 ||
                      may_offload(s, reach) || is_served(s) || is_sliced(s);
  if (choice) return std::nullopt;
  const Estimate e = measured(s, default_placement(s));
  SignedBytes least = INT64_MAX;
  for (const DeviceMemory& row : e.devices) {
    if (row.in_use) least = std::min(least, row.free().value_or(INT64_MAX));
  }
  return least;
}

bool can_hold(const Scenario& s, Reach reach) {
  if (is_served(s)) return served_holds(s);
  if (is_sliced(s)) return sliced_holds(s);
  if (const auto only = without_choice(s)) return only->holds;
  Search search(s, Goal::any);
  if (search.with(forced_in_ram(s), Margin::none)) return true;
  return may_offload(s, reach) && (search.in_ram(Margin::none, false) || search.in_ram(Margin::none, true));
}

}  // namespace qwenfit
