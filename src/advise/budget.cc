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

/// The machine as it answers for one model; nothing where that does not run.
std::optional<Candidate> answer_of(const Candidate& c, const ModelRow& model) {
  for (const Answer& a : c.answers) {
    if (a.subject->model.id == model.id) return narrowed(c, a);
  }
  return std::nullopt;
}

/// What one has, as it answers for one model: see rivals_of.
struct OwnedAnswer {
  std::optional<Candidate> alone;
  std::vector<Candidate> shared;
};
OwnedAnswer owned_answer(const ModelRow& model, const std::optional<Candidate>& owned,
                         const std::vector<Candidate>& shared) {
  OwnedAnswer answer;
  if (owned) answer.alone = answer_of(*owned, model);
  if (answer.alone && !answer.alone->tok_s()) answer.alone.reset();
  for (const Candidate& c : shared) {
    if (auto one = answer_of(c, model)) answer.shared.push_back(std::move(*one));
  }
  return answer;
}

/// The fastest machine for a model; of equally fast ones the cheapest, then that with most context. What one
/// has where nothing else is a gain.
std::optional<Candidate> fastest_for(const ModelRow& model, const std::vector<Candidate>& machines,
                                     const OwnedAnswer& owned) {
  std::optional<Candidate> best;
  const auto is_better = [](Candidate& a, Candidate& b) {
    const auto key = [](const Candidate& c) { return std::tuple(-*c.tok_s(), *c.offer.usd()); };
    if (key(a) != key(b)) return key(a) < key(b);
    find_contexts(a);
    find_contexts(b);
    return a.context() > b.context();
  };
  for (const Candidate& c : machines) {
    auto one = answer_of(c, model);
    if (!one || !one->tok_s()) continue;
    if (!one->offer.added_to.empty() && !is_all_used(*one)) continue;
    const std::vector<Point> rivals = rivals_of(*one, owned.alone, owned.shared);
    if (!rivals.empty()) find_contexts(*one);
    if (!is_gain(point_of(*one), rivals)) continue;
    if (!best || is_better(*one, *best)) best = std::move(one);
  }
  if (!best) return owned.alone;
  find_contexts(*best);
  return best;
}

/// The cheapest machine that a model runs on at a speed that is not known.
std::optional<Candidate> unknown_for(const ModelRow& model, const std::vector<Candidate>& machines) {
  for (const Candidate& c : machines) {
    auto one = answer_of(c, model);
    if (!one || one->tok_s()) continue;
    find_contexts(*one);
    return one;
  }
  return std::nullopt;
}

void count_unpriced(const std::vector<Offer>& sought, BudgetPicks& picks) {
  picks.offers = sought.size();
  picks.unpriced = static_cast<std::size_t>(
      std::count_if(sought.begin(), sought.end(), [](const Offer& o) { return !o.price; }));
  picks.unpriced_devices = unpriced_devices(sought);
}

void drop_unaffordable(const BuyWish& wish, std::vector<Offer>& sought) {
  std::erase_if(sought, [&](const Offer& o) {
    if (!o.price || !o.price->firm()) return true;
    return wish.budget_usd && within_budget(*o.cost(), *wish.budget_usd) != Within::surely;
  });
}

std::vector<const ModelRow*> largest_first(const Catalog& catalog) {
  std::vector<const ModelRow*> models;
  for (const ModelRow& row : catalog.rows().models) models.push_back(&row);
  std::stable_sort(models.begin(), models.end(),
                   [](const ModelRow* a, const ModelRow* b) { return a->total_params > b->total_params; });
  return models;
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
  std::optional<Candidate> owned;
  if (!wished.added_to.empty()) {
    auto run = run_from(market, wished, resolver.catalog(), Market::Need::any_model);
    if (!run) return run.error();
    owned = std::move(*run);
  }
  std::vector<Offer> sought = offers(resolver.catalog(), wished);
  if (owned) keep_compatible(sought, *owned, resolver.catalog());
  count_unpriced(sought, picks);
  drop_unaffordable(wish, sought);
  const auto reach = query.ram.empty() ? Market::Reach::devices : Market::Reach::ram;
  const auto machines = market.run(sought, reach, Market::Need::any_model);
  if (!machines) return machines.error();

  const auto shared =
      owned ? run_shared(market, *owned, *machines, Market::Need::any_model) : std::vector<Candidate>{};
  for (const ModelRow* model : largest_first(resolver.catalog())) {
    const OwnedAnswer before = owned_answer(*model, owned, shared);
    auto best = fastest_for(*model, *machines, before);
    if (!best) {
      if (auto unknown = unknown_for(*model, *machines))
        picks.speed_unknown.push_back({model, std::move(*unknown)});
      continue;
    }
    Purchase purchase =
        purchase_of(*best, wish, rivals_of(*best, before.alone, before.shared), resolver.catalog());
    if (!picks.pick && purchase.point.tok_s >= picks.min_tok_s) picks.pick = picks.models.size();
    picks.models.push_back({model, std::move(purchase)});
  }
  return picks;
}

}  // namespace qwenfit
