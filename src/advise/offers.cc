#include "advise/offers.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "catalog/prices.h"
#include "catalog/segments.h"

namespace qwenfit {
namespace {

constexpr std::array<std::string_view, 3> kClasses = {"gpu", "mac", "mini-pc"};
/// Numbers of equal cards that motherboards and frames are made for.
constexpr std::array<std::uint32_t, 3> kCounts = {1, 2, 4};

bool sold_singly(const DeviceRow& row, const std::optional<Price>& price) {
  if (row.form == DeviceForm::card) return true;
  return price && (price->own || (!price->guide && price->condition != PriceCondition::list));
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
  if (is_owned()) return MachineClass::gpu;
  if (device->device_class == DeviceClass::mac) return MachineClass::mac;
  return device->unified ? MachineClass::mini_pc : MachineClass::gpu;
}

std::vector<std::string> Offer::gpu() const {
  std::vector<std::string> all = added_to;
  if (!is_owned()) all.push_back((count > 1 ? std::to_string(count) + "x" : "") + std::string(device->id));
  return all;
}

std::string Offer::name() const {
  return machine_name(gpu());
}

std::uint32_t Offer::boards() const {
  return is_owned() ? 0 : boards_of(*device, count);
}

std::optional<UsdRange> Offer::cost() const {
  if (is_owned()) return UsdRange{};
  return price ? std::optional(price->range().times(boards())) : std::nullopt;
}

std::optional<double> Offer::usd() const {
  const auto all = cost();
  return all ? std::optional(all->middle()) : std::nullopt;
}

bool is_sold(const DeviceRow& device, const OwnPrices& own) {
  if (device.device_class == DeviceClass::cpu || !device.capacity || device.segment == kLaptopSegment)
    return false;
  if (!device.unified || device.device_class == DeviceClass::mac || device.segment == kMiniPcSegment)
    return true;
  // Other computers with an APU count as one where somebody has a price for them.
  return !device.prices.empty() || own.contains(device.id);
}

std::vector<Offer> offers(const Catalog& catalog, const OfferWish& wish) {
  std::vector<Offer> all;
  for (const DeviceRow& row : catalog.rows().devices) {
    if (!is_sold(row, wish.own)) continue;
    Offer offer{&row, 1, {}, price_of(row, wish.condition, wish.own, catalog.rows().date)};
    if (wish.only && offer.machine_class() != *wish.only) continue;
    if (!sold_singly(row, offer.price)) continue;
    if (offer.is_computer()) {
      all.push_back(std::move(offer));
      continue;
    }
    for (const std::uint32_t boards : kCounts) {
      offer.count = boards * row.gpus_per_board;
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

std::string machine_name(const std::vector<std::string>& gpu) {
  std::string name;
  for (const std::string& part : gpu) name += (name.empty() ? "" : " + ") + part;
  return name;
}

std::size_t unpriced_devices(const std::vector<Offer>& offers) {
  std::set<std::string_view> devices;
  for (const Offer& o : offers) {
    if (!o.price) devices.insert(o.device->id);
  }
  return devices.size();
}

}  // namespace qwenfit
