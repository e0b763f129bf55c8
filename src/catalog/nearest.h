#pragma once

#include <cstddef>
#include <limits>
#include <string_view>

#include "qwenfit/catalog.h"

namespace qwenfit {

/// Steps from one name to another: insert, delete, replace a byte, or swap two neighbours (each pair at most
/// once). Gives up with a larger number once `limit` is exceeded for certain.
std::size_t edit_distance(std::string_view a, std::string_view b,
                          std::size_t limit = std::numeric_limits<std::size_t>::max());

}  // namespace qwenfit
