#pragma once

#include "qwenfit/scenario.h"
#include "qwenfit/speed.h"
#include "speed/batching.h"
#include "speed/work.h"

namespace qwenfit {

/// One time with what it is, its formula and its inputs, for `explain`.
SpeedPart speed_part(const SpecifiedTime& time, double factor);

/// What a step of several sequences takes beyond its other parts of `parts_s`; `row`: for all devices
/// together.
SpeedPart waiting_part(std::size_t row, const BatchedTime& step, double parts_s, double factor);

}  // namespace qwenfit
