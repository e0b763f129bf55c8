#pragma once

#include <string>
#include <vector>

#include "speed/fit/calibrate.h"
#include "speed/fit/fitted.h"
#include "speed/fit/intervals.h"

namespace qwenfit {

/// Everything data/calibration holds of one phase.
struct Published {
  const Evidence* evidence = nullptr;
  Calibration calibration;
  Widths widths;
};

/// The files of data/calibration as text, by name: the same rows always give the same text. Figures have four
/// significant digits, and the date is that of the newest row.
struct CalibrationFiles {
  std::string parameters, offsets, intervals, measured;
};
CalibrationFiles publish(const Published& decode, const Published& prefill,
                         const std::vector<FittedParameter>& others);

}  // namespace qwenfit
