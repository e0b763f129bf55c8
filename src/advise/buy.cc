#include "advise/buy.h"

#include <algorithm>
#include <array>
#include <utility>

#include "advise/compare.h"
#include "advise/figures.h"
#include "advise/purchase.h"

namespace qwenfit {
namespace {

constexpr std::array<std::string_view, 3> kReasons = {"fastest_in_budget", "cheapest_fast_enough",
                                                      "fastest_at_all"};

/// Cheapest of those whose speed nothing visibly beats.
std::size_t fastest(const std::vector<Point>& points) {
  double most = 0;
  for (const Point& p : points) most = std::max(most, p.tok_s);
  const auto first = std::find_if(points.begin(), points.end(),
                                  [&](const Point& p) { return p.tok_s * kVisiblyFaster >= most; });
  return static_cast<std::size_t>(first - points.begin());
}

class Buyer {
 public:
  Buyer(const Query& query, const BuyWish& wish, Resolver& resolver)
      : wish_(wish), resolver_(resolver), market_(query, resolver), with_ram_(!query.ram.empty()) {}

  Result<Buying> run() {
    OfferWish sought = wish_.offers;
    if (!sought.added_to.empty()) {
      auto owned = run_from(market_, sought, resolver_.catalog());
      if (!owned) return owned.error();
      result_.owned = std::move(*owned);
    }
    result_.takes_cards = !sought.added_to.empty();
    std::vector<Offer> priced = offers(resolver_.catalog(), sought);
    if (result_.owned) keep_compatible(priced, *result_.owned, resolver_.catalog());
    result_.quant = market_.quant();
    result_.with_ram = with_ram_;
    result_.enough_tok_s = wish_.min_tok_s.value_or(advice_figures().comfortable_tok_s);
    result_.offers = priced.size();
    result_.unpriced_devices = unpriced_devices(priced);
    std::erase_if(priced, [](const Offer& o) { return !o.price; });
    result_.unpriced = result_.offers - priced.size();
    auto running = market_.run(priced, reach());
    if (!running) return running.error();
    machines_ = std::move(*running);
    // What it does with an idle card is what the others do alone.
    std::erase_if(machines_, [](const Candidate& c) { return !c.offer.added_to.empty() && !is_all_used(c); });
    result_.running = machines_.size();
    keep_fast_enough();
    drop_no_gain();
    find_front();
    return std::move(result_);
  }

 private:
  Market::Reach reach() const { return with_ram_ ? Market::Reach::ram : Market::Reach::devices; }

  void keep_fast_enough() {
    const double least = wish_.min_tok_s.value_or(0);
    std::erase_if(machines_, [&](const Candidate& c) {
      const bool unknown = !c.tok_s();
      if (unknown && within(c) != Within::no) result_.speed_unknown.push_back(c);
      return unknown;
    });
    result_.too_slow = std::erase_if(machines_, [&](const Candidate& c) { return *c.tok_s() < least; });
  }

  /// What one has costs nothing: money is well spent only on what is more.
  void drop_no_gain() {
    if (!result_.owned) return;
    result_.owned_shared = run_shared(market_, *result_.owned, machines_);
    result_.no_gain =
        std::erase_if(machines_, [&](const Candidate& c) { return !is_gain(point_of(c), rivals(c)); });
  }

  Within within(const Candidate& c) const {
    return wish_.budget_usd ? within_budget(*c.offer.cost(), *wish_.budget_usd) : Within::surely;
  }
  bool counts(const Candidate& c) const { return c.offer.price->firm() && within(c) == Within::surely; }

  /// The front of the machines that `is_one` picks: indices into `machines_`.
  template <typename F>
  std::vector<std::size_t> front_of(F&& is_one) const {
    std::vector<std::size_t> picked, front;
    std::vector<Point> points;
    for (std::size_t i = 0; i < machines_.size(); ++i) {
      if (!is_one(machines_[i])) continue;
      picked.push_back(i);
      points.push_back(point_of(machines_[i]));
    }
    for (const std::size_t at : price_front(points)) front.push_back(picked[at]);
    return front;
  }

  void find_front() {
    const std::vector<std::size_t> front = front_of([&](const Candidate& c) { return counts(c); });
    std::vector<Point> points;
    for (const std::size_t i : front) {
      result_.front.push_back(purchase(machines_[i]));
      points.push_back(result_.front.back().point);
    }
    for (std::size_t i = 0; i < machines_.size(); ++i) {
      if (counts(machines_[i]) && std::find(front.begin(), front.end(), i) == front.end())
        result_.beaten.push_back({machines_[i].offer, point_of(machines_[i])});
    }
    find_unsure(points);
    std::vector<std::size_t> beyond = front_of([](const Candidate& c) { return c.offer.price->firm(); });
    std::erase_if(beyond, [&](std::size_t i) { return counts(machines_[i]); });
    result_.beyond_budget = static_cast<std::size_t>(std::count_if(
        machines_.begin(), machines_.end(), [&](const Candidate& c) { return within(c) == Within::no; }));
    recommend(points);
    if (result_.recommended) look_into(result_.front[*result_.recommended]);
    find_next(beyond);
    if (points.empty() && !beyond.empty()) result_.cheapest = purchase(machines_[beyond.front()]);
  }

  /// At the lower end of its price each is compared with the front, `firm`, and not with each other: which of
  /// their prices hold is not known.
  void find_unsure(const std::vector<Point>& firm) {
    const auto lower_end = [](const Candidate& c) { return c.offer.cost()->low; };
    std::vector<const Candidate*> unsure;
    for (const Candidate& c : machines_) {
      if (counts(c) || within(c) == Within::no) continue;
      Point point = point_of(c);
      point.usd = lower_end(c);
      if (std::none_of(firm.begin(), firm.end(), [&](const Point& p) { return beats(p, point); }))
        unsure.push_back(&c);
    }
    std::stable_sort(unsure.begin(), unsure.end(),
                     [&](const Candidate* a, const Candidate* b) { return lower_end(*a) < lower_end(*b); });
    for (const Candidate* c : unsure) result_.unsure.push_back(purchase(*c));
  }

  void recommend(const std::vector<Point>& points) {
    if (points.empty()) return;
    result_.recommended = fastest(points);
    result_.reason = wish_.budget_usd ? BuyReason::fastest_in_budget : BuyReason::fastest_at_all;
    if (wish_.budget_usd) return;
    const auto first = std::find_if(points.begin(), points.end(),
                                    [&](const Point& p) { return p.tok_s >= result_.enough_tok_s; });
    if (first == points.end()) return;
    result_.recommended = static_cast<std::size_t>(first - points.begin());
    result_.reason = BuyReason::cheapest_fast_enough;
  }

  /// The cheapest above the budget, or above the recommended machine, that is visibly faster, or as fast with
  /// more context.
  void find_next(const std::vector<std::size_t>& beyond) {
    if (!result_.recommended) return;
    const Point& now = result_.front[*result_.recommended].point;
    const auto is_gain = [&](const Point& p) {
      return p.usd > now.usd &&
             (p.tok_s >= now.tok_s * kVisiblyFaster || (p.tok_s >= now.tok_s && p.context > now.context));
    };
    const auto take = [&](Purchase p) {
      const double more = p.point.usd - now.usd, times = p.point.tok_s / now.tok_s;
      add_best(p);
      result_.next = NextStep{std::move(p), more, times};
    };
    if (!wish_.budget_usd) {
      for (const Purchase& p : result_.front) {
        if (is_gain(p.point)) return take(p);
      }
      return;
    }
    for (const std::size_t i : beyond) {
      if (is_gain(point_of(machines_[i]))) return take(purchase(machines_[i]));
    }
  }

  std::vector<Point> rivals(const Candidate& c) const {
    return rivals_of(c, result_.owned, result_.owned_shared);
  }
  Purchase purchase(const Candidate& c) const {
    return purchase_of(c, wish_, rivals(c), resolver_.catalog());
  }
  void look_into(Purchase& p) {
    add_best(p);
    if (p.machine.offer.added_to.empty()) return;
    Offer alone = p.machine.offer;
    alone.added_to.clear();
    auto running = market_.run({alone}, reach());
    if (running && !running->empty()) result_.without_owned = std::move(running->front());
  }
  void add_best(Purchase& p) {
    p.best = market_.best_builds(p.machine.offer, reach(), wish_.min_tok_s.value_or(0));
  }

  const BuyWish& wish_;
  Resolver& resolver_;
  Market market_;
  bool with_ram_;
  std::vector<Candidate> machines_;
  Buying result_;
};

}  // namespace

std::string_view buy_reason_id(BuyReason reason) {
  return kReasons[static_cast<std::size_t>(reason)];
}

Result<Buying> buy(const Query& query, const BuyWish& wish, Resolver& resolver) {
  return Buyer(query, wish, resolver).run();
}

}  // namespace qwenfit
