#pragma once

#include <array>
#include <vector>

#include "qwenfit/catalog.h"
#include "speed/fit/calibrate.h"

namespace qwenfit {

/// Half width of the 80 % interval of ln(speed) for every level and kind of machine, and how it fared.
struct Width {
  double half_width = 0;
  double covered = 0;  ///< share of rows inside, each source judged by the width of the others
  std::size_t clusters = 0;
};
using Widths = std::array<std::array<Width, 3>, static_cast<std::size_t>(SpeedBasis::count)>;

/// Widths from errors of left-out rows: the 80 % quantile of |error| of a cell, drawn towards that of its
/// level and of all rows where it has few clusters.
Widths widths(const Evidence& evidence, const std::vector<double>& log_errors,
              const std::vector<SpeedBasis>& levels);

/// Share of chosen rows inside the interval, each source judged by the widths of the others.
std::vector<bool> inside(const Evidence& evidence, const std::vector<double>& log_errors,
                         const std::vector<SpeedBasis>& levels);

MachineKind kind_of(const Observation& observation);

}  // namespace qwenfit
