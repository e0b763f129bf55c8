#include "catalog/prices.h"

#include <tuple>

namespace qwenfit {
namespace {

bool wished(PriceCondition condition, PriceWish wish) {
  switch (condition) {
    case PriceCondition::used:
      return wish != PriceWish::fresh;
    case PriceCondition::fresh:
    case PriceCondition::list:
      return wish != PriceWish::used;
    case PriceCondition::either:
      return true;
    case PriceCondition::range_of_models:
      break;
  }
  return false;
}

/// Smaller is better.
std::tuple<bool, bool, bool> rank(const PriceRange& price) {
  return {price.guide, price.condition == PriceCondition::list, !price.sure};
}

}  // namespace

const PriceRange* counted_price(std::span<const PriceRange> prices, PriceWish wish) {
  const PriceRange* best = nullptr;
  for (const PriceRange& price : prices) {
    if (!wished(price.condition, wish)) continue;
    const bool better = best == nullptr || rank(price) < rank(*best) ||
                        (rank(price) == rank(*best) && price.date > best->date);
    if (better) best = &price;
  }
  return best;
}

std::uint32_t boards_of(const DeviceRow& device, std::uint32_t gpus) {
  return (gpus + device.gpus_per_board - 1) / device.gpus_per_board;
}

}  // namespace qwenfit
