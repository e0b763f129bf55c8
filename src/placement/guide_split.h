#pragma once

#include <vector>

#include "qwenfit/scenario.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// Weights of a build known by its total alone, by device and last the host: dealt in proportion to the
/// devices' limits. What they cannot take goes to system RAM if that was given; the devices then keep the
/// margin of a comfortable fit free, for the terms that are not known.
std::vector<Bytes> guide_split(const Scenario& scenario);

}  // namespace qwenfit
