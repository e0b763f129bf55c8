#pragma once

#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// Whether weights may go to system RAM when the devices are too small.
enum class Reach : bool { devices, system_ram };

struct Plan {
  Placement placement;
  bool holds = false;  ///< nothing is short; otherwise the placement is the one that was wanted
};

/// Everything on the devices, or what the person forced.
Placement wanted_placement(const Scenario& scenario);

/// Where to put what: the wanted placement if it holds, which is everything on the devices; else with shares
/// by bytes; else, if allowed, with as little as possible in system RAM. Forced options are kept as they are.
Plan plan(const Scenario& scenario, Reach reach);

}  // namespace qwenfit
