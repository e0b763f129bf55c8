#pragma once

#include <optional>

#include "advise/buy.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// Price, slowest speed and least context of a candidate with a price and a speed.
Point point_of(const Candidate& candidate);

/// What a candidate costs to buy and to run, and how much faster it is than all of `owned`. The watts are
/// those of the model that takes most.
Purchase purchase_of(const Candidate& candidate, const BuyWish& wish, const std::vector<Point>& owned,
                     const Catalog& catalog);

/// Visibly faster than what one has, or of visibly larger context without being visibly slower.
bool is_gain(const Point& bought, const Point& owned);
bool is_gain(const Point& bought, const std::vector<Point>& owned);

/// What the machine that one has does on other back ends than its own, one answered for each that `machines`
/// with its cards in them run under.
std::vector<Candidate> run_shared(Market& market, const Candidate& owned,
                                  const std::vector<Candidate>& machines,
                                  Market::Need need = Market::Need::every_model);

/// What a purchase has to be a gain over: what one has does it on the back end of its own, and on that of
/// `bought`, as a change of back end costs nothing. Empty where it does nothing of known speed.
std::vector<Point> rivals_of(const Candidate& bought, const std::optional<Candidate>& owned,
                             const std::vector<Candidate>& shared);

/// Every device that is bought holds a part of some model beside those that one has.
bool is_all_used(const Candidate& candidate);

/// The machine that one has and that `offers` adds cards to, answered alone; forgets it in `offers` where it
/// takes no cards, as no laptop does. Errors name --from.
Result<Candidate> run_from(Market& market, OfferWish& offers, const Catalog& catalog,
                           Market::Need need = Market::Need::every_model);

/// Cards to add, only those that a driver runs beside the cards that one has.
void keep_compatible(std::vector<Offer>& offers, const Candidate& owned, const Catalog& catalog);

/// Tokens until the price is paid by what each saves, and the hours of decoding they take.
BreakEven break_even(double usd, double tok_s, double api_usd_per_mtok, double power_usd_per_mtok);

}  // namespace qwenfit
