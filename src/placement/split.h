#pragma once

#include <vector>

#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// Shares by which layers go to the devices when none are forced: equal for equal devices.
std::vector<double> default_split(const Scenario& scenario, const Placement& placement);

/// Layers per device so that each takes bytes in proportion to what it has room for: layers differ, the
/// output is larger than a block, and blocks without their experts are small.
std::vector<double> balanced_split(const Scenario& scenario, const Placement& placement);

}  // namespace qwenfit
