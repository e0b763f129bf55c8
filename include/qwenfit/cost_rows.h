#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "qwenfit/model.h"

/// Rows about prices and power; see catalog_rows.h.
namespace qwenfit {

/// What a price is of. A list price may be long gone; a range over several models says little of one.
enum class PriceCondition : std::uint8_t { used, fresh, either, list, range_of_models };
/// A dated price of one device: a card alone, or a whole Mac or mini PC.
struct PriceRange {
  double low_usd = 0, high_usd = 0;
  PriceCondition condition = PriceCondition::either;
  bool sure = true;    ///< false where the source itself is doubtful
  bool guide = false;  ///< a figure of a buying guide under audit
  std::string_view note, date, source;
};

enum class PowerState : std::uint8_t { decode, idle, load, transient };
/// A card alone, or the whole machine at the wall.
enum class PowerScope : std::uint8_t { card, machine };
enum class PowerReading : std::uint8_t { average, peak, stated };
/// Watts of a device, or of a machine with `count` of it.
struct PowerRow {
  std::string_view id;
  std::span<const std::string_view> devices;  ///< ids: those measured and their like
  std::uint32_t count = 1;
  PowerState state = PowerState::decode;
  std::optional<ModelKind> kind;  ///< of the model that was running, where known
  double watts = 0;
  PowerScope scope = PowerScope::card;
  PowerReading reading = PowerReading::average;
  bool typical = true;  ///< false: with a lowered power limit, or in a host that is no usual one
  std::string_view source, date, json, origin;
};
/// What cards take of their rated power while they decode, where nobody measured it.
struct PowerShareRow {
  std::string_view id;
  ModelKind kind = ModelKind::dense;
  double share = 0, low = 0, high = 0;
  std::span<const std::string_view> rows;  ///< ids of the PowerRows it comes from
  std::string_view source, date, json, origin;
};
/// A desktop computer without its graphics cards.
struct HostPowerRow {
  std::string_view id;
  PowerState state = PowerState::decode;
  double watts = 0;
  std::span<const std::string_view> rows;  ///< ids of the PowerRows it comes from
  std::string_view source, date, json, origin;
};

}  // namespace qwenfit
