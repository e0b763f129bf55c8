#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/catalog.h"

namespace qwenfit {

/// What a person is willing to buy.
enum class PriceWish : std::uint8_t { any, used, fresh };

/// What one device costs: a card alone, or a whole Mac or mini PC.
struct Price {
  double low_usd = 0, high_usd = 0;
  PriceCondition condition = PriceCondition::either;
  std::string_view date;  ///< as the row has it; empty when the person gave the price
  std::string_view source;
  std::string_view note;
  bool sure = true;  ///< false where the source itself is doubtful
  bool own = false;  ///< given with --price

  /// Middle of the range: what machines are ranked by and held to a budget.
  double usd() const { return (low_usd + high_usd) / 2; }
};

/// Prices the person gave, by device id.
using OwnPrices = std::map<std::string, double, std::less<>>;

/// The price to count with: the person's own; else the newest of what is sold (used, new, or both as wished),
/// prices of doubtful sources and list prices only where nothing else is known. None where nothing is known,
/// or nothing of the wished kind.
std::optional<Price> price_of(const DeviceRow& device, PriceWish wish, const OwnPrices& own);

/// Months from the date of a price to `today`, both as YYYY, YYYY-MM or YYYY-MM-DD; a bare year counts from
/// its first month.
int months_between(std::string_view price_date, std::string_view today);

/// A price older than this is shown as stale: memory prices doubled within half a year of 2026.
inline constexpr int kStaleMonths = 6;

}  // namespace qwenfit
