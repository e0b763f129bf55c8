#pragma once

#include <limits>

#include "qwenfit/catalog.h"

namespace qwenfit {

/// Branches of NVIDIA's driver that run a device; any of them where nothing is known.
struct DriverBranches {
  double first = 0;
  double last = std::numeric_limits<double>::infinity();

  bool ended() const { return last < std::numeric_limits<double>::infinity(); }
};
DriverBranches driver_branches(const DeviceRow& device);

/// One branch runs both, or nothing is known against it.
bool share_a_driver(const DeviceRow& a, const DeviceRow& b);

}  // namespace qwenfit
