#include <algorithm>
#include <tuple>
#include <utility>

#include "advise/figures.h"
#include "advise/purchase.h"

namespace qwenfit {
namespace {

/// The candidate with one of its answers.
Candidate narrowed(const Candidate& c, const Answer& answer) {
  return {c.offer, c.question, {answer}};
}

/// The fastest machine for a model; of equally fast ones the cheapest, then that with most context.
std::optional<Candidate> fastest_for(const ModelRow& model, const std::vector<Candidate>& machines) {
  std::optional<Candidate> best;
  const auto is_better = [](const Point& a, const Point& b) {
    return std::tuple(-a.tok_s, a.usd, b.context) < std::tuple(-b.tok_s, b.usd, a.context);
  };
  for (const Candidate& c : machines) {
    for (const Answer& a : c.answers) {
      if (a.subject->model.id != model.id) continue;
      Candidate one = narrowed(c, a);
      if (one.tok_s() && (!best || is_better(point_of(one), point_of(*best)))) best = std::move(one);
    }
  }
  return best;
}

}  // namespace

Result<BudgetPicks> pick_for_budget(const Query& query, const BuyWish& wish, Resolver& resolver) {
  BudgetPicks picks;
  picks.min_tok_s = wish.min_tok_s.value_or(advice_figures().comfortable_tok_s);
  Query every = query;
  every.model = {"all"};
  Market market(every, resolver);
  picks.quant = market.quant();
  OfferWish wished = wish.offers;
  if (!wished.added_to.empty()) {
    if (const auto owned = run_from(market, wished); !owned) return owned.error();
  }
  std::vector<Offer> sought = offers(resolver.catalog(), wished);
  picks.offers = sought.size();
  picks.unpriced = static_cast<std::size_t>(
      std::count_if(sought.begin(), sought.end(), [](const Offer& o) { return !o.price; }));
  picks.unpriced_devices = unpriced_devices(sought);
  std::erase_if(sought, [&](const Offer& o) {
    if (!o.price || !wish.budget_usd) return !o.price;
    return !o.price->firm() || within_budget(*o.cost(), *wish.budget_usd) != Within::surely;
  });
  const auto reach = query.ram.empty() ? Market::Reach::devices : Market::Reach::ram;
  const auto machines = market.run(sought, reach, Market::Need::any_model);
  if (!machines) return machines.error();

  std::vector<const ModelRow*> models;
  for (const ModelRow& row : resolver.catalog().rows().models) models.push_back(&row);
  std::stable_sort(models.begin(), models.end(),
                   [](const ModelRow* a, const ModelRow* b) { return a->total_params > b->total_params; });
  for (const ModelRow* model : models) {
    auto best = fastest_for(*model, *machines);
    if (!best) continue;
    Purchase purchase = purchase_of(*best, wish, std::nullopt, resolver.catalog().rows());
    if (!picks.pick && purchase.point.tok_s >= picks.min_tok_s) picks.pick = picks.models.size();
    picks.models.push_back({model, std::move(purchase)});
  }
  return picks;
}

}  // namespace qwenfit
