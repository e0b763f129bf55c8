#include "advise/prices.h"

#include <charconv>

#include "advise/figures.h"

namespace qwenfit {
namespace {

int number(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

int month_of(std::string_view date) {
  constexpr int kMonths = 12;
  constexpr std::size_t kYear = 4, kYearAndMonth = 7;
  const int month = date.size() >= kYearAndMonth ? number(date.substr(kYear + 1, 2)) : 1;
  return number(date.substr(0, kYear)) * kMonths + month;
}

}  // namespace

std::string_view within_id(Within within) {
  constexpr std::string_view kIds[] = {"surely", "perhaps", "no"};
  return kIds[static_cast<std::size_t>(within)];
}

Within within_budget(const UsdRange& price, double budget_usd) {
  if (price.high <= budget_usd) return Within::surely;
  return price.low <= budget_usd ? Within::perhaps : Within::no;
}

Price own_price(double usd) {
  Price price;
  price.low_usd = price.high_usd = usd;
  price.own = true;
  return price;
}

std::optional<Price> price_of(const DeviceRow& device, PriceWish wish, const OwnPrices& own,
                              std::string_view today) {
  if (const auto given = own.find(device.id); given != own.end()) return own_price(given->second);
  const PriceRange* range = counted_price(device.prices, wish);
  if (range == nullptr) return std::nullopt;
  Price price;
  price.low_usd = range->low_usd;
  price.high_usd = range->high_usd;
  price.condition = range->condition;
  price.date = range->date;
  price.source = range->source;
  price.note = range->note;
  price.sure = range->sure;
  price.guide = range->guide;
  price.stale = months_between(range->date, today) > advice_figures().stale_months;
  return price;
}

int months_between(std::string_view price_date, std::string_view today) {
  return month_of(today) - month_of(price_date);
}

}  // namespace qwenfit
