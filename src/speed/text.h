#pragma once

#include "qwenfit/scenario.h"
#include "qwenfit/speed.h"
#include "speed/work.h"

namespace qwenfit {

/// One time with what it is, its formula and its inputs, for `explain`.
SpeedPart speed_part(const SpecifiedTime& time, double factor);

}  // namespace qwenfit
