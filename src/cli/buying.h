#pragma once

#include "advise/buy.h"
#include "cli/options.h"
#include "qwenfit/catalog.h"

namespace qwenfit {

/// What was typed about prices and wishes, checked and looked up. Errors name the option.
Result<BuyWish> buy_wish(const BuyWords& typed, const Catalog& catalog);

/// An amount such as 1600, 1,600, $1600 or 0.30, above zero.
Result<double> parse_usd(std::string_view text, std::string_view where);

}  // namespace qwenfit
