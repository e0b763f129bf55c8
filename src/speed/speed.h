#pragma once

#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"
#include "qwenfit/speed.h"
#include "speed/work.h"

namespace qwenfit {

/// Seconds of a step: every term at the specified figures times its calibrated factor, summed.
double calibrated_s(const Work& work, const SpeedModel& model);

/// Speeds of the scenario placed so. None without calibration, or where a device's bandwidth is unknown.
std::optional<Speed> estimate_speed(const Scenario& scenario, const Placement& placement, Explain explain);

}  // namespace qwenfit
