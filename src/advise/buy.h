#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "advise/front.h"
#include "advise/market.h"
#include "advise/power.h"

namespace qwenfit {

/// What somebody wants to buy a machine for.
struct BuyWish {
  OfferWish offers;
  std::optional<double> budget_usd;
  std::optional<double> min_tok_s;
  std::optional<double> power_usd_per_kwh;
  std::optional<double> api_usd_per_mtok;  ///< what a million tokens cost elsewhere
};

/// When a machine has paid for itself; neither where every token costs more than elsewhere.
struct BreakEven {
  std::optional<double> tokens, hours;
};

/// A machine on the front, or near it.
struct Purchase {
  Candidate machine;  ///< at the common quant
  Candidate best;     ///< each model's build to recommend; of the recommended machine and the next step alone
  Point point;
  std::optional<PowerUse> power;
  std::optional<double> kwh_per_mtok, power_usd_per_mtok;
  std::optional<BreakEven> break_even;
  /// Of the owned machine's speed, on its own back end or on this one: see rivals_of; none where it has none.
  std::optional<double> times_owned;
  Backend backend = Backend::cpu;  ///< that it computes on
  bool of_makers = false;  ///< its cards have different back ends of their own, and run under a common one

  double usd_per_tok_s() const { return point.usd / point.tok_s; }
};

/// Why a machine is recommended.
enum class BuyReason : std::uint8_t {
  fastest_in_budget,
  cheapest_fast_enough,  ///< reaches the speed asked for, or a comfortable one
  fastest_at_all         ///< none is comfortable
};
std::string_view buy_reason_id(BuyReason reason);

/// More for more money than the recommended machine.
struct NextStep {
  Purchase purchase;
  double more_usd = 0;
  double times_faster = 1;
};

/// A machine at a firm price within the budget that is nowhere better than one on the front.
struct BeatenMachine {
  Offer offer;
  Point point;
};

struct Buying {
  std::string quant;            ///< id of the quant that all are compared at
  std::vector<Purchase> front;  ///< of firm prices, surely within the budget, cheapest first
  /// That nothing on the front beats, if they are to be had for the lower end of their price, which is a list
  /// price, doubtful, or reaches beyond the budget: the least lower end first.
  std::vector<Purchase> unsure;
  std::vector<Candidate> speed_unknown;    ///< that run it within the budget, cheapest first
  std::vector<BeatenMachine> beaten;       ///< cheapest first
  std::optional<std::size_t> recommended;  ///< index into `front`
  BuyReason reason = BuyReason::fastest_in_budget;
  std::optional<NextStep> next;
  std::optional<Candidate> owned;  ///< what one has, alone; no answers where it does not run the models
  /// What one has, on other back ends than its own that machines with its cards in them run under.
  std::vector<Candidate> owned_shared;
  /// The recommended cards without the owned machine's, where they go into it; none if they do not run the
  /// models by themselves.
  std::optional<Candidate> without_owned;
  std::optional<Purchase> cheapest;      ///< that runs it, where the budget is too small for any
  std::size_t offers = 0, unpriced = 0;  ///< looked at; left out as nobody has a price for them
  std::size_t unpriced_devices = 0;      ///< that those left out are made of
  std::size_t running = 0, too_slow = 0, beyond_budget = 0;
  std::size_t no_gain = 0;   ///< that are no gain over what one has: see is_gain
  double enough_tok_s = 0;   ///< the speed asked for, or a comfortable one
  bool with_ram = false;     ///< system RAM was counted
  bool takes_cards = false;  ///< what one has: cards were looked at together with it

  /// Some machine runs it, if perhaps at a price or a speed that is not certain.
  bool any() const { return !front.empty() || !unsure.empty() || !speed_unknown.empty(); }
};

/// Machines to buy for the models of `query`, which names no machine.
Result<Buying> buy(const Query& query, const BuyWish& wish, Resolver& resolver);

/// The fastest machine within a budget for one model. What one has costs nothing, and something is bought
/// only where it is a gain over that.
struct ModelPick {
  const ModelRow* model = nullptr;
  Purchase purchase;
};
/// The cheapest machine within a budget for a model that runs on none of known speed.
struct UnknownPick {
  const ModelRow* model = nullptr;
  Candidate machine;
};
struct BudgetPicks {
  std::string quant;
  std::vector<ModelPick> models;  ///< largest first, those that run on something
  std::vector<UnknownPick> speed_unknown;
  std::optional<std::size_t> pick;  ///< the largest that is fast enough
  double min_tok_s = 0;
  std::size_t offers = 0, unpriced = 0, unpriced_devices = 0;

  bool any() const { return !models.empty() || !speed_unknown.empty(); }
};

/// "The largest model that runs at a comfortable speed (or `wish.min_tok_s`), then the fastest": over every
/// released Qwen 3.5, at the common quant, for a firm price, surely within the budget if there is one; of
/// equally fast machines the cheapest.
Result<BudgetPicks> pick_for_budget(const Query& query, const BuyWish& wish, Resolver& resolver);

}  // namespace qwenfit
