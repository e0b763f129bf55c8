#pragma once

#include "query/devices.h"
#include "qwenfit/catalog.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// Sets what the device may allocate: a discrete GPU its reported total, a Mac Metal's working set, an APU
/// what the driver maps. Capacity and reported total of the device are set already.
/// `row` is null for a device the person described.
Result<bool> set_limit(const DeviceRow* row, const Surroundings& around, const Catalog& catalog,
                       Device& device);

}  // namespace qwenfit
