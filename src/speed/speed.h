#pragma once

#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"
#include "qwenfit/speed.h"
#include "speed/work.h"

namespace qwenfit {

/// There is a calibration, and the bandwidth of every device is known.
bool speed_is_known(const Scenario& scenario);

/// Calibrated factor of a term on a device; `row` of their number or more: on the host.
double term_factor(const SpeedModel& model, SpeedTerm term, std::size_t row);

/// Seconds of a step: every term at the specified figures times its calibrated factor, summed.
double calibrated_s(const Work& work, const SpeedModel& model);

/// Speeds of the scenario placed so. None without calibration, or where a device's bandwidth is unknown.
std::optional<Speed> estimate_speed(const Scenario& scenario, const Placement& placement, Explain explain);

}  // namespace qwenfit
