#include "advise/plan_swaps.h"

#include <algorithm>

#include "advise/offers.h"
#include "catalog/segments.h"

namespace qwenfit {
namespace {

/// More boards in the place of one find no room.
constexpr std::uint32_t kMostBoards = 2;
/// Devices without a price that are tried, the smallest first.
constexpr std::size_t kMostUnpriced = 12;

bool is_card(const DeviceRow& row) {
  return row.device_class == DeviceClass::gpu &&
         (row.segment == kDesktopSegment || row.segment == kWorkstationSegment);
}

bool is_better(const Offer& offer, const DeviceRow& old) {
  return *offer.device->capacity * offer.count > old.capacity.value_or(0) * old.gpus_per_board ||
         *offer.device->bandwidth_bytes_per_s > old.bandwidth_bytes_per_s.value_or(0);
}

bool can_replace(const Offer& offer, const DeviceRow* old) {
  const DeviceRow& row = *offer.device;
  if (!row.capacity || !row.bandwidth_bytes_per_s || offer.boards() > kMostBoards) return false;
  if (old == nullptr) return is_card(row) && offer.boards() == 1;
  const bool kind = old->unified ? row.unified && row.device_class == old->device_class
                                 : is_card(row) && row.default_backend == old->default_backend;
  return kind && row.id != old->id && is_better(offer, *old);
}

}  // namespace

std::vector<Swap> swaps_for(const DeviceRow* old, const Catalog& catalog) {
  std::vector<Offer> found = offers(catalog, {});
  std::erase_if(found, [&](const Offer& o) { return !can_replace(o, old) || (!o.price && o.boards() > 1); });
  const auto unpriced = std::find_if(found.begin(), found.end(), [](const Offer& o) { return !o.price; });
  std::stable_sort(unpriced, found.end(),
                   [](const Offer& a, const Offer& b) { return *a.device->capacity < *b.device->capacity; });
  const auto left = static_cast<std::size_t>(found.end() - unpriced);
  found.erase(unpriced + static_cast<std::ptrdiff_t>(std::min(left, kMostUnpriced)), found.end());
  std::vector<Swap> swaps;
  swaps.reserve(found.size());
  for (const Offer& offer : found) swaps.push_back({offer.device, offer.boards()});
  return swaps;
}

}  // namespace qwenfit
