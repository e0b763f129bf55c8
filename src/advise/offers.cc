#include "advise/offers.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "catalog/segments.h"

namespace qwenfit {
namespace {

constexpr std::array<std::string_view, 3> kClasses = {"gpu", "mac", "mini-pc"};
/// Numbers of equal cards that boards and frames are made for.
constexpr std::array<std::uint32_t, 3> kCounts = {1, 2, 4};

bool is_sold(const DeviceRow& row, const OwnPrices& own) {
  if (row.device_class == DeviceClass::cpu || !row.capacity || row.segment == kLaptopSegment) return false;
  if (!row.unified || row.device_class == DeviceClass::mac || row.segment == kMiniPcSegment) return true;
  // Other computers with an APU count as one where somebody has a price for them.
  return !row.prices.empty() || own.contains(row.id);
}

bool comes_first(const Offer& a, const Offer& b) {
  const auto key = [](const Offer& o) {
    const auto usd = o.usd();
    return std::make_tuple(!usd, usd.value_or(0), o.device->id, o.count, !o.added_to.empty());
  };
  return key(a) < key(b);
}

}  // namespace

std::string_view machine_class_id(MachineClass machine_class) {
  return kClasses[static_cast<std::size_t>(machine_class)];
}

std::optional<MachineClass> machine_class_from_id(std::string_view id) {
  const auto* const found = std::find(kClasses.begin(), kClasses.end(), id);
  if (found == kClasses.end()) return std::nullopt;
  return static_cast<MachineClass>(found - kClasses.begin());
}

MachineClass Offer::machine_class() const {
  if (device->device_class == DeviceClass::mac) return MachineClass::mac;
  return device->unified ? MachineClass::mini_pc : MachineClass::gpu;
}

std::vector<std::string> Offer::gpu() const {
  const std::string bought = (count > 1 ? std::to_string(count) + "x" : "") + std::string(device->id);
  return added_to.empty() ? std::vector{bought} : std::vector{added_to, bought};
}

std::string Offer::name() const {
  std::string name;
  for (const std::string& part : gpu()) name += (name.empty() ? "" : " + ") + part;
  return name;
}

std::optional<double> Offer::usd() const {
  return price ? std::optional(price->usd() * count) : std::nullopt;
}

std::vector<Offer> offers(const Catalog& catalog, const OfferWish& wish) {
  std::vector<Offer> all;
  for (const DeviceRow& row : catalog.rows().devices) {
    if (!is_sold(row, wish.own)) continue;
    Offer offer{&row, 1, {}, price_of(row, wish.condition, wish.own, catalog.rows().date)};
    if (wish.only && offer.machine_class() != *wish.only) continue;
    if (offer.is_computer()) {
      all.push_back(std::move(offer));
      continue;
    }
    for (const std::uint32_t count : kCounts) {
      offer.count = count;
      offer.added_to.clear();
      all.push_back(offer);
      if (wish.added_to.empty()) continue;
      offer.added_to = wish.added_to;
      all.push_back(offer);
    }
  }
  std::sort(all.begin(), all.end(), comes_first);
  return all;
}

}  // namespace qwenfit
