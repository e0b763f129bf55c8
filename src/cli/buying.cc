#include "cli/buying.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "query/text.h"

namespace qwenfit {
namespace {

/// No amount that can be asked for is larger.
constexpr double kMostUsd = 1e9;

/// Digits with a comma after every third from the right: `1,600`, not `0,30`.
bool is_grouped(std::string_view text) {
  constexpr std::size_t kGroup = 3;
  const auto parts = split(text.substr(0, text.find('.')), ',');
  return std::all_of(parts.begin() + 1, parts.end(),
                     [](std::string_view part) { return part.size() == kGroup && is_digits(part); });
}

std::string without_currency(std::string_view text) {
  std::string value = lower_case(trimmed(text));
  if (value.starts_with("$")) value = std::string(trimmed(std::string_view(value).substr(1)));
  for (const std::string_view suffix : {"usd", "$"}) {
    if (value.ends_with(suffix))
      value = std::string(trimmed(std::string_view(value).substr(0, value.size() - suffix.size())));
  }
  return value;
}

/// A number above zero and at most `most`; `what` says which in an error.
Result<double> parse_above_zero(std::string_view text, std::string_view typed, std::string_view where,
                                double most, std::string_view what) {
  const auto value = parse_decimal(text);
  if (value && *value > 0 && *value <= most) return *value;
  return Error{ErrorCode::unknown_option_value,
               std::string(where) + " takes " + std::string(what) + ", not " + in_quotes(typed),
               std::string(where),
               {}};
}

/// Into `target` where something was typed.
Result<bool> read_usd(const std::string& typed, std::string_view where, std::optional<double>& target) {
  if (typed.empty()) return true;
  const auto usd = parse_usd(typed, where);
  if (!usd) return usd.error();
  target = *usd;
  return true;
}

Result<bool> read_price(const std::string& typed, const Catalog& catalog, OwnPrices& prices) {
  constexpr std::string_view kOption = "--price";
  const auto equals = typed.find('=');
  if (equals == std::string::npos || trimmed(typed.substr(0, equals)).empty())
    return usage_error(kOption,
                       "--price takes a device and its price, such as rtx3090=750, not " + in_quotes(typed));
  const auto device = catalog.gpu(trimmed(std::string_view(typed).substr(0, equals)));
  if (!device) {
    Error error = device.error();
    error.where = kOption;
    return error;
  }
  const auto usd = parse_usd(std::string_view(typed).substr(equals + 1), kOption);
  if (!usd) return usd.error();
  if (!is_sold(**device, {{std::string((*device)->id), *usd}}))
    return usage_error(kOption, std::string((*device)->name) +
                                    " is not sold by itself, so a price of it counts for nothing; drop it");
  const auto [at, is_new] = prices.emplace((*device)->id, *usd);
  if (!is_new)
    return usage_error(kOption,
                       "--price of " + std::string((*device)->id) + " is given more than once; give one");
  return true;
}

Result<bool> read_offers(const BuyWords& typed, const Catalog& catalog, OfferWish& wish) {
  if (typed.used && typed.fresh)
    return combination_error("--used", "--used and --new exclude each other; without them both count");
  wish.condition = typed.used ? PriceWish::used : typed.fresh ? PriceWish::fresh : PriceWish::any;
  if (!typed.machine_class.empty()) {
    wish.only = machine_class_from_id(lower_case(trimmed(typed.machine_class)));
    if (!wish.only) return value_error("--class", typed.machine_class, {"gpu", "mac", "mini-pc"});
  }
  for (const std::string& price : typed.price) {
    if (const auto read = read_price(price, catalog, wish.own); !read) return read.error();
  }
  wish.added_to = typed.from;
  return true;
}

}  // namespace

Result<double> parse_usd(std::string_view text, std::string_view where) {
  std::string value = without_currency(text);
  if (is_grouped(value)) std::erase(value, ',');
  return parse_above_zero(value, text, where, kMostUsd, "an amount in USD above zero, such as 1500 or 0.30");
}

Result<BuyWish> buy_wish(const BuyWords& typed, const Catalog& catalog) {
  BuyWish wish;
  if (const auto read = read_offers(typed, catalog, wish.offers); !read) return read.error();
  for (const auto& [text, option, target] :
       {std::tuple(&typed.budget, "--budget", &wish.budget_usd),
        std::tuple(&typed.power_price, "--power-price", &wish.power_usd_per_kwh),
        std::tuple(&typed.api_price, "--api-price", &wish.api_usd_per_mtok)}) {
    if (const auto read = read_usd(*text, option, *target); !read) return read.error();
  }
  if (!typed.min_tps.empty()) {
    constexpr double kMostTokS = 1e6;
    const auto speed = parse_above_zero(trimmed(typed.min_tps), typed.min_tps, "--min-tps", kMostTokS,
                                        "a number of tokens per second above zero, such as 10");
    if (!speed) return speed.error();
    wish.min_tok_s = *speed;
  }
  return wish;
}

}  // namespace qwenfit
