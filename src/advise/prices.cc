#include "advise/prices.h"

#include <array>
#include <charconv>

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
std::array<int, 2> rank(const PriceRange& price) {
  return {price.condition == PriceCondition::list, !price.sure};
}

int number(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

int month_of(std::string_view date) {
  constexpr int kMonths = 12;
  const int year = number(date.substr(0, 4));
  const int month = date.size() >= 7 ? number(date.substr(5, 2)) : 1;
  return year * kMonths + month;
}

}  // namespace

std::optional<Price> price_of(const DeviceRow& device, PriceWish wish, const OwnPrices& own) {
  if (const auto given = own.find(device.id); given != own.end())
    return Price{given->second, given->second, PriceCondition::either, {}, {}, {}, true, true};
  const PriceRange* best = nullptr;
  for (const PriceRange& price : device.prices) {
    if (!wished(price.condition, wish)) continue;
    if (best == nullptr || rank(price) < rank(*best) ||
        (rank(price) == rank(*best) && price.date > best->date))
      best = &price;
  }
  if (best == nullptr) return std::nullopt;
  return Price{best->low_usd, best->high_usd, best->condition, best->date,
               best->source,  best->note,     best->sure,      false};
}

int months_between(std::string_view price_date, std::string_view today) {
  return month_of(today) - month_of(price_date);
}

}  // namespace qwenfit
