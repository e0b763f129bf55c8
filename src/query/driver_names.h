#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/lookup.h"
#include "qwenfit/catalog.h"

namespace qwenfit {

/// Ids of the devices that a driver's name may stand for: drivers add words ("Graphics", "80GB HBM3",
/// "(RADV NAVI31)"), so the last words are dropped until a name is known. Empty when none is.
std::vector<std::string> devices_known_as(std::string_view name, DeviceOption option, const Catalog& catalog);

/// The same of the whole name alone.
std::vector<std::string> devices_named(std::string_view name, DeviceOption option, const Catalog& catalog);

}  // namespace qwenfit
