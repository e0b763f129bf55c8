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

/// Devices to buy: one or several equal cards, one Mac, one mini PC.
struct Offer {
  const DeviceRow* device = nullptr;
  std::uint32_t count = 1;
  std::string added_to;        ///< the machine that the cards go into, as after --gpu; empty: none counts
  std::optional<Price> price;  ///< of one device

  MachineClass machine_class() const;
  bool is_computer() const { return machine_class() != MachineClass::gpu; }
  /// As after --gpu, what they are added to first.
  std::vector<std::string> gpu() const;
  /// `2xrtx3090`; `rtx3060-12gb + rtx3090` where it is added to something.
  std::string name() const;
  /// Of all that is bought.
  std::optional<double> usd() const;
};

struct OfferWish {
  PriceWish condition = PriceWish::any;
  OwnPrices own;
  std::optional<MachineClass> only;
  std::string added_to;  ///< a machine with room for cards: each number of cards is offered in it as well
};

/// What can be bought of the catalog's devices, cheapest first, then those of unknown price; within one price
/// by name. Cards for laptops and parts of them, embedded modules and chips without a memory size are not
/// offered.
std::vector<Offer> offers(const Catalog& catalog, const OfferWish& wish);

}  // namespace qwenfit
