#pragma once

#include <cstddef>
#include <string>

namespace qwenfit {

/// A parameter as it is written to data/calibration.
struct FittedParameter {
  std::string id;
  double value = 0;
  std::string unit;  ///< `factor`, `us`, `ms`, `power`, ...
  std::size_t rows = 0;
  std::size_t sources = 0;
};

}  // namespace qwenfit
