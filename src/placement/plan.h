#pragma once

#include <optional>

#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// Whether weights may go to system RAM when the devices are too small.
enum class Reach : bool { devices, system_ram };

struct Plan {
  Placement placement;
  bool holds = false;  ///< nothing is short; otherwise the placement is the one that was wanted
  std::optional<Estimate> exact = std::nullopt;  ///< its memory, where that is known already
};

/// What llama.cpp does by itself: what the person forced, else everything on the devices, dealt by their
/// memory.
Placement default_placement(const Scenario& scenario);

/// The fastest placement that fits, by decode at Settings::depth: on the devices alone where that is
/// possible, else, if allowed, with experts, layers or, last, the caches in system RAM. Margins are kept
/// where that is possible. Deals of layers that take a hundredth more time than the fastest count as equal:
/// then the one that fills the devices most evenly is taken. Forced options are kept as they are.
Plan plan(const Scenario& scenario, Reach reach);

/// Whether there is a placement that fits, without looking for the fastest. With a runtime of its own memory
/// rules, or a split by tensor, always on the devices.
bool can_hold(const Scenario& scenario, Reach reach);

/// Bytes that the fullest row has free, below 0 if it is short, where nothing can be placed otherwise: on one
/// device, with nothing forced into system RAM and no reach there. None: there is something to choose.
std::optional<SignedBytes> free_without_choice(const Scenario& scenario, Reach reach);

}  // namespace qwenfit
