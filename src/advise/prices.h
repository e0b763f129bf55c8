#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/prices.h"
#include "qwenfit/catalog.h"

namespace qwenfit {

/// What something costs, from the least to the most.
struct UsdRange {
  double low = 0, high = 0;
  /// What it is ranked by.
  double middle() const { return (low + high) / 2; }
  UsdRange times(std::uint32_t count) const { return {low * count, high * count}; }
};

/// Whether money is enough for a price: at its upper end, at its lower end alone, or not at all.
enum class Within : std::uint8_t { surely, perhaps, no };
std::string_view within_id(Within within);
Within within_budget(const UsdRange& price, double budget_usd);

/// What one device costs: a card alone, or a whole Mac or mini PC.
struct Price {
  double low_usd = 0, high_usd = 0;
  PriceCondition condition = PriceCondition::either;
  std::string_view date;  ///< as the row has it; empty when the person gave the price
  std::string_view source, note;
  bool sure = true;    ///< false where the source itself is doubtful
  bool own = false;    ///< given by the person
  bool stale = false;  ///< older than `AdviceFigures::stale_months` on the catalog's date
  bool guide = false;  ///< a figure of a buying guide under audit: nobody else has one

  UsdRange range() const { return {low_usd, high_usd}; }
  /// Something is sold for it, as far as the source can be trusted.
  bool firm() const { return own || (sure && !guide && condition != PriceCondition::list); }
};

/// A price the person gave.
Price own_price(double usd);

/// Prices the person gave, by device id.
using OwnPrices = std::map<std::string, double, std::less<>>;

/// The person's own price, else `counted_price`. `today` is the catalog's date.
std::optional<Price> price_of(const DeviceRow& device, PriceWish wish, const OwnPrices& own,
                              std::string_view today);

/// Months from the date of a price to `today`, both as YYYY, YYYY-MM or YYYY-MM-DD; a bare year counts from
/// its first month.
int months_between(std::string_view price_date, std::string_view today);

}  // namespace qwenfit
