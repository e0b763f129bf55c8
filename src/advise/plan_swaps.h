#pragma once

#include <vector>

#include "qwenfit/catalog.h"

namespace qwenfit {

/// Boards to put in the place of one.
struct Swap {
  const DeviceRow* device = nullptr;
  std::uint32_t boards = 1;
};

/// What could stand in the place of one `old`, of its kind, and larger or faster: what is sold, the cheapest
/// first; then a few of those without a price, the smallest first. In the place of nothing any card.
std::vector<Swap> swaps_for(const DeviceRow* old, const Catalog& catalog);

}  // namespace qwenfit
