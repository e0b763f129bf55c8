#pragma once

#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// The answer comes with a speed: it fits, or its placement was forced.
bool has_speed(const Scenario& scenario, const Estimate& estimate);

/// What a person should know about this answer. The verdict and the speed must be there.
void add_notes(const Scenario& scenario, Estimate& estimate);

}  // namespace qwenfit
