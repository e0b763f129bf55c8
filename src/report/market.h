#pragma once

#include <iosfwd>

#include "advise/buy.h"
#include "advise/lookup.h"
#include "report/report.h"

/// Printers of machines that somebody might buy: those that run a model, the front of price, speed and
/// context, and what a budget buys. One set of names for the three, so that a caller prints whichever it has.
namespace qwenfit {

void print_market(std::ostream& out, const Lookup& lookup, const BuyWish& wish, const Style& style);
void print_market(std::ostream& out, const Buying& buying, const BuyWish& wish, const Style& style);
void print_market(std::ostream& out, const BudgetPicks& picks, const BuyWish& wish, const Style& style);

/// One line: the cheapest that runs it well, the recommended machine, or the pick.
void print_market_lines(std::ostream& out, const Lookup& lookup, const BuyWish& wish);
void print_market_lines(std::ostream& out, const Buying& buying, const BuyWish& wish);
void print_market_lines(std::ostream& out, const BudgetPicks& picks, const BuyWish& wish);

void print_market_markdown(std::ostream& out, const Lookup& lookup, const BuyWish& wish);
void print_market_markdown(std::ostream& out, const Buying& buying, const BuyWish& wish);
void print_market_markdown(std::ostream& out, const BudgetPicks& picks, const BuyWish& wish);

/// Every machine and model a line.
void print_market_csv(std::ostream& out, const Lookup& lookup, const BuyWish& wish);
void print_market_csv(std::ostream& out, const Buying& buying, const BuyWish& wish);
void print_market_csv(std::ostream& out, const BudgetPicks& picks, const BuyWish& wish);

/// One page for a browser, with charts. `curves` are of the machine that is recommended or picked.
void print_market_html(std::ostream& out, const Lookup& lookup, const BuyWish& wish, const CatalogInfo& info,
                       const SpeedCurves& curves);
void print_market_html(std::ostream& out, const Buying& buying, const BuyWish& wish, const CatalogInfo& info,
                       const SpeedCurves& curves);
void print_market_html(std::ostream& out, const BudgetPicks& picks, const BuyWish& wish,
                       const CatalogInfo& info, const SpeedCurves& curves);

/// `qwenfit.lookup/1`, `qwenfit.buy/1`, `qwenfit.budget/1`.
void print_market_json(std::ostream& out, const Lookup& lookup, const BuyWish& wish, const CatalogInfo& info);
void print_market_json(std::ostream& out, const Buying& buying, const BuyWish& wish, const CatalogInfo& info);
void print_market_json(std::ostream& out, const BudgetPicks& picks, const BuyWish& wish,
                       const CatalogInfo& info);

}  // namespace qwenfit
