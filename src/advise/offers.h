#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "advise/prices.h"

namespace qwenfit {

/// What is bought: cards for a computer that is there, or a whole computer.
enum class MachineClass : std::uint8_t { gpu, mac, mini_pc };
std::string_view machine_class_id(MachineClass machine_class);
std::optional<MachineClass> machine_class_from_id(std::string_view id);

/// Devices to buy: one or several equal cards, one Mac, one mini PC; without a device nothing, beside what
/// one has.
struct Offer {
  const DeviceRow* device = nullptr;
  std::uint32_t count = 1;            ///< of GPUs
  std::vector<std::string> added_to;  ///< the machine that cards go into, as after --gpu; empty: none counts
  std::optional<Price> price;         ///< of one device

  bool is_owned() const { return device == nullptr; }

  MachineClass machine_class() const;
  bool is_computer() const { return !is_owned() && machine_class() != MachineClass::gpu; }
  /// As after --gpu, what they are added to first.
  std::vector<std::string> gpu() const;
  /// `2xrtx3090`; `rtx3060-12gb + rtx3090` where it is added to something.
  std::string name() const;
  /// That are bought: of cards with several GPUs fewer than `count`.
  std::uint32_t boards() const;
  /// Of all that is bought; nothing for what one has.
  std::optional<UsdRange> cost() const;
  /// Its middle, by which machines are ranked.
  std::optional<double> usd() const;
};

struct OfferWish {
  PriceWish condition = PriceWish::any;
  OwnPrices own;
  std::optional<MachineClass> only;
  /// A machine with room for cards, as after --gpu: each number of cards is offered in it as well.
  std::vector<std::string> added_to;
};

/// Somebody sells it, or may, apart from a computer that it is built into. False for cards of laptops and
/// parts of them, embedded modules and chips without a memory size.
bool is_sold(const DeviceRow& device, const OwnPrices& own);

/// What can be bought of the catalog's devices, cheapest first, then those of unknown price; within one price
/// by name. Cards with several GPUs are offered whole; modules for servers where one of them is sold by
/// itself: somebody but a guide has a price that is no list price, or the person does.
std::vector<Offer> offers(const Catalog& catalog, const OfferWish& wish);

/// `rtx3090 + rtx3060-12gb` of what stands after several --gpu.
std::string machine_name(const std::vector<std::string>& gpu);

/// Devices among `offers` that nobody has a price for.
std::size_t unpriced_devices(const std::vector<Offer>& offers);

}  // namespace qwenfit
