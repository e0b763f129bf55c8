#pragma once

#include "placement/compute_terms.h"
#include "placement/layout.h"
#include "placement/recorder.h"
#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// Fills `estimate.devices` (and `parts`) for this placement and context; leaves the verdict alone.
void evaluate(const Scenario& scenario, Tokens context, const Placement& placement, Explain explain,
              Estimate& estimate, Effort effort = Effort::exact);

/// True when no device with a known limit is short.
bool within_limits(const std::vector<DeviceMemory>& devices);

}  // namespace qwenfit
