#include <algorithm>
#include <utility>

#include "advise/compare.h"
#include "advise/figures.h"
#include "advise/purchase.h"

namespace qwenfit {
namespace {

/// The candidate with one of its answers.
Candidate narrowed(const Candidate& c, const Answer& answer) {
  return {c.offer, c.question, {answer}};
}

/// The fastest machine for a model; of those that nothing visibly beats the cheapest.
std::optional<Candidate> fastest_for(const ModelRow& model, const std::vector<Candidate>& machines) {
  std::vector<Candidate> able;
  double most = 0;
  for (const Candidate& c : machines) {
    for (const Answer& a : c.answers) {
      if (a.subject->model.id != model.id) continue;
      Candidate one = narrowed(c, a);
      if (!one.tok_s()) continue;
      most = std::max(most, *one.tok_s());
      able.push_back(std::move(one));
    }
  }
  // The machines come cheapest first.
  const auto best = std::find_if(able.begin(), able.end(),
                                 [&](const Candidate& c) { return *c.tok_s() * kVisiblyFaster >= most; });
  return best == able.end() ? std::nullopt : std::optional(std::move(*best));
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
  std::erase_if(sought, [&](const Offer& o) {
    return !o.price || !o.price->firm() || (wish.budget_usd && *o.usd() > *wish.budget_usd);
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
