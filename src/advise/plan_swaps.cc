#include "advise/plan_swaps.h"

#include <algorithm>
#include <limits>

#include "advise/offers.h"
#include "advise/plan_parts.h"
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

/// Boards for the place of one `old`.
std::vector<Offer> offers_for(const DeviceRow* old, const std::vector<Offer>& all) {
  std::vector<Offer> found;
  std::copy_if(all.begin(), all.end(), std::back_inserter(found),
               [&](const Offer& o) { return can_replace(o, old) && (o.price || o.boards() == 1); });
  const auto unpriced = std::find_if(found.begin(), found.end(), [](const Offer& o) { return !o.price; });
  std::stable_sort(unpriced, found.end(),
                   [](const Offer& a, const Offer& b) { return *a.device->capacity < *b.device->capacity; });
  const auto left = static_cast<std::size_t>(found.end() - unpriced);
  found.erase(unpriced + static_cast<std::ptrdiff_t>(std::min(left, kMostUnpriced)), found.end());
  return found;
}

/// `offer` in the place of each board of an entry.
EntrySwap swap_for(const Blueprint& build, std::size_t entry, const Offer& offer, std::string_view today) {
  const bool added = build.gpus.empty();
  EntrySwap swap;
  swap.entry = entry;
  if (!added) swap.gpu = build.gpus[entry];
  const DeviceRow* old = swap.gpu.row;
  const std::uint32_t boards = old != nullptr ? boards_of(*old, swap.gpu.count) : swap.gpu.count;
  swap.gpu.row = offer.device;
  swap.gpu.id = offer.device->id;
  swap.gpu.count = boards * offer.count;
  swap.gpu.price_usd = swap.gpu.power_limit_w = std::nullopt;
  swap.gpu.link_gen = swap.gpu.link_lanes = std::nullopt;
  const auto price = price_of_gpus(swap.gpu, today);
  swap.usd = added ? price : usd_more(price, price_of_gpus(build.gpus[entry], today));
  Within within = Within::surely;
  if (build.budget_usd && price) {
    std::vector<PlanFinding> unused;
    within = within_budget(check_price(swapped(build, swap), today, unused).known, *build.budget_usd);
  }
  const double at_most = swap.usd ? swap.usd->middle() : price ? price->middle() : 0;
  swap.rank = {!price, within, at_most, price ? 0 : *offer.device->capacity};
  return swap;
}

/// What entries are told apart by.
auto traits_of(const PlannedGpu& gpu) {
  const double draw = gpu.power_limit_w.value_or(std::numeric_limits<double>::infinity());
  return std::tuple(gpu.id, gpu.count, -draw, gpu.display, gpu.price_usd, gpu.slot_gen, gpu.slot_lanes,
                    gpu.link_gen, gpu.link_lanes);
}

}  // namespace

std::vector<std::size_t> unlike_entries(const Blueprint& build) {
  std::vector<std::size_t> entries;
  for (std::size_t i = 0; i < build.gpus.size(); ++i) {
    const auto here = build.gpus.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(build.gpus.begin(), here, *here) == here) entries.push_back(i);
  }
  std::stable_sort(entries.begin(), entries.end(), [&](std::size_t a, std::size_t b) {
    return traits_of(build.gpus[a]) < traits_of(build.gpus[b]);
  });
  return entries;
}

std::vector<EntrySwap> entry_swaps(const Blueprint& build, const Catalog& catalog) {
  const std::vector<Offer> all = offers(catalog, {});
  std::vector<EntrySwap> swaps;
  const auto add = [&](std::size_t entry, const DeviceRow* old) {
    for (const Offer& offer : offers_for(old, all))
      swaps.push_back(swap_for(build, entry, offer, catalog.rows().date));
  };
  if (build.gpus.empty()) add(0, nullptr);
  for (const std::size_t entry : unlike_entries(build)) {
    if (build.gpus[entry].row != nullptr) add(entry, build.gpus[entry].row);
  }
  std::stable_sort(swaps.begin(), swaps.end(),
                   [](const EntrySwap& a, const EntrySwap& b) { return a.rank < b.rank; });
  return swaps;
}

Blueprint swapped(Blueprint build, const EntrySwap& swap) {
  if (build.gpus.empty()) build.gpus.emplace_back();
  build.gpus[swap.entry] = swap.gpu;
  return build;
}

std::optional<UsdRange> usd_more(const std::optional<UsdRange>& now, const std::optional<UsdRange>& before) {
  if (!now || !before) return std::nullopt;
  const double low = now->low - before->low, high = now->high - before->high;
  return UsdRange{std::min(low, high), std::max(low, high)};
}

}  // namespace qwenfit
