// `qwenfit buy`: the front against every machine asked one by one, budgets, upgrades, running costs.

#include "advise/buy.h"

#include <algorithm>

#include "advise/bought.h"
#include "advise/compare.h"
#include "advise/figures.h"
#include "advise/purchase.h"
#include "catch.h"
#include "support/sampling.h"

using namespace qwenfit;

namespace {

/// Names of the front, asking for every offer on its own as `qwenfit --gpu` does.
std::vector<std::string> front_by_hand(const Query& query, const BuyWish& wish) {
  Resolver resolver(Catalog::builtin());
  std::vector<std::pair<std::string, Point>> able;
  for (const Offer& offer : offers(Catalog::builtin(), wish.offers)) {
    if (!offer.price || !offer.price->firm()) continue;
    if (wish.budget_usd && offer.cost()->high > *wish.budget_usd) continue;
    Query alone = query;
    alone.gpu = offer.gpu();
    alone.quant = {std::string(advice_figures().common_quant)};
    const auto question = resolver(alone);
    if (!question) continue;
    Point point{*offer.usd(), 1e9, ~Tokens{0}};
    for (const Answer& a : sweep(*question)) {
      const bool on_devices = is_on_devices(a.estimate.verdict);
      point.tok_s = std::min(point.tok_s, on_devices ? a.estimate.speed->decode->tok_s : 0);
      point.context = std::min(point.context, a.max_context.tokens);
    }
    if (point.tok_s > 0 && point.tok_s >= wish.min_tok_s.value_or(0)) able.emplace_back(offer.name(), point);
  }
  std::vector<std::string> front;
  for (std::size_t i = 0; i < able.size(); ++i) {
    bool stays = true;
    for (std::size_t j = 0; j < able.size() && stays; ++j) stays = !beats(able[j].second, able[i].second);
    if (stays) front.push_back(able[i].first);
  }
  std::sort(front.begin(), front.end());
  return front;
}

}  // namespace

TEST_CASE("the front is that of asking every priced machine one by one") {
  BuyWish budget;
  budget.budget_usd = 2500;
  BuyWish fast;
  fast.min_tok_s = 30;
  BuyWish macs;
  macs.offers.only = MachineClass::mac;
  const std::vector<BuyWish> wishes = {macs, budget, fast, BuyWish{}};
  // Macs alone where the build is slow.
  for (std::size_t i = 0; i < wishes.size(); i += sample_stride()) {
    const BuyWish& wish = wishes[i];
    for (const auto& models : {std::vector<std::string>{"27b"}, {"35b-a3b", "9b"}}) {
      const Query query = query_for_models(models, "32k");
      auto front = names(bought(query, wish).front);
      std::sort(front.begin(), front.end());
      CHECK(front == front_by_hand(query, wish));
    }
  }
}

TEST_CASE("what is beaten is within the wish, on no front, and no better than something on it") {
  BuyWish wish;
  wish.budget_usd = 2500;
  const Buying b = bought(query_for_models({"27b"}), wish);
  REQUIRE_FALSE(b.beaten.empty());
  const std::vector<std::string> front = names(b.front);
  for (const BeatenMachine& m : b.beaten) {
    INFO(m.offer.name());
    CHECK(m.offer.price->firm());
    CHECK(m.offer.cost()->high <= 2500);
    CHECK(std::find(front.begin(), front.end(), m.offer.name()) == front.end());
    CHECK(std::any_of(b.front.begin(), b.front.end(), [&](const Purchase& p) {
      return p.point.usd <= m.point.usd && p.point.tok_s >= m.point.tok_s &&
             p.point.context >= m.point.context;
    }));
  }
}

TEST_CASE("rows keep the wish, come cheapest first, and are the same every time") {
  BuyWish wish;
  wish.budget_usd = 3000;
  wish.min_tok_s = 15;
  const Buying b = bought(query_for_models({"27b"}), wish);
  REQUIRE(b.front.size() > 2);
  for (std::size_t i = 0; i < b.front.size(); ++i) {
    const Purchase& p = b.front[i];
    CHECK(p.machine.offer.cost()->high <= 3000);
    CHECK(p.point.tok_s >= 15);
    CHECK(p.machine.offer.price->firm());
    if (i > 0) CHECK(b.front[i - 1].point.usd <= p.point.usd);
  }
  for (const Purchase& p : b.unsure) {
    CHECK(p.machine.offer.cost()->low <= 3000);
    CHECK((!p.machine.offer.price->firm() || p.machine.offer.cost()->high > 3000));
    Point least = p.point;
    least.usd = p.machine.offer.cost()->low;
    for (const Purchase& q : b.front) CHECK_FALSE(beats(q.point, least));
  }
  CHECK(names(bought(query_for_models({"27b"}), wish).front) == names(b.front));
}

TEST_CASE("within a budget the fastest is recommended, without one the cheapest that is comfortable") {
  BuyWish wish;
  wish.budget_usd = 2000;
  const Buying within = bought(query_for_models({"27b"}), wish);
  REQUIRE(within.recommended);
  const Point& pick = within.front[*within.recommended].point;
  for (std::size_t i = 0; i < within.front.size(); ++i) {
    const Point& other = within.front[i].point;
    CHECK(other.tok_s <= pick.tok_s * kVisiblyFaster);
    if (i < *within.recommended) CHECK(other.tok_s * kVisiblyFaster < pick.tok_s * kVisiblyFaster);
  }
  CHECK(within.front[*within.recommended].best.answers.size() == 1);
  REQUIRE(within.next);
  CHECK(within.next->purchase.machine.offer.cost()->high > 2000);
  CHECK(within.next->more_usd == within.next->purchase.point.usd - pick.usd);

  const Buying any = bought(query_for_models({"27b"}), {});
  REQUIRE(any.recommended);
  CHECK(any.reason == BuyReason::cheapest_fast_enough);
  const double enough = advice_figures().comfortable_tok_s;
  CHECK(any.front[*any.recommended].point.tok_s >= enough);
  for (std::size_t i = 0; i < *any.recommended; ++i) CHECK(any.front[i].point.tok_s < enough);
}

TEST_CASE("a price that the person knows moves a machine") {
  BuyWish wish;
  wish.budget_usd = 400;
  for (const Purchase& p : bought(query_for_models({"27b"}), wish).front)
    CHECK(p.machine.offer.device->id != "rtx5090");
  wish.offers.own = {{"rtx5090", 39}};
  // Cheaper, faster and larger than everything but more of it.
  const Buying b = bought(query_for_models({"27b"}), wish);
  REQUIRE_FALSE(b.front.empty());
  for (const Purchase& p : b.front) CHECK(p.machine.offer.device->id == "rtx5090");
}

TEST_CASE("a budget below everything says what the least is") {
  BuyWish wish;
  wish.budget_usd = 20;
  const Buying b = bought(query_for_models({"27b"}), wish);
  CHECK(b.front.empty());
  CHECK_FALSE(b.recommended);
  REQUIRE(b.cheapest);
  CHECK(b.cheapest->point.usd > 20);
  CHECK(b.beyond_budget > 0);
}

TEST_CASE("a machine has paid for itself when what each token saves adds up to its price") {
  // 1000 USD at 1.5 USD saved per million tokens.
  const BreakEven even = break_even(1000, 50, 2, 0.5);
  CHECK(*even.tokens == Approx(1000 / 1.5 * 1e6));
  CHECK(*even.hours == Approx(*even.tokens / 50 / 3600));
  CHECK_FALSE(break_even(1000, 50, 0.5, 0.5).tokens);
  CHECK_FALSE(break_even(1000, 50, 0.4, 0.5).hours);
}

TEST_CASE("running costs follow from watts, speed and the price of a kWh") {
  BuyWish wish;
  wish.power_usd_per_kwh = 0.3;
  wish.api_usd_per_mtok = 5;
  const Buying b = bought(query_for_models({"27b"}), wish);
  for (const Purchase& p : b.front) {
    if (!p.power) {
      CHECK_FALSE(p.kwh_per_mtok);
      CHECK_FALSE(p.break_even);  // what power costs is not known
      continue;
    }
    CHECK(*p.kwh_per_mtok == Approx(p.power->watts / p.point.tok_s / 3.6));
    CHECK(*p.power_usd_per_mtok == Approx(*p.kwh_per_mtok * 0.3));
    REQUIRE(p.break_even);
    if (p.break_even->tokens)
      CHECK(*p.break_even->tokens == Approx(p.point.usd / (5 - *p.power_usd_per_mtok) * 1e6));
  }
}

TEST_CASE("offers are of cards by one, two and four, of one Mac or mini PC, and none for laptops") {
  std::size_t unpriced_from = 0;
  const auto all = offers(Catalog::builtin(), {});
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Offer& o = all[i];
    CHECK(o.device->segment != "laptop");
    CHECK(o.device->segment != "embedded");
    const std::uint32_t boards = o.boards();
    CHECK((boards == 1 || (!o.is_computer() && (boards == 2 || boards == 4))));
    if (o.price) {
      CHECK(unpriced_from == 0);
      if (i > 0) CHECK(*all[i - 1].usd() <= *o.usd());
    } else if (unpriced_from == 0) {
      unpriced_from = i;
    }
  }
  CHECK(unpriced_from > 100);
}

namespace {

std::vector<Offer> offers_of(std::string_view id, const OfferWish& wish = {}) {
  std::vector<Offer> found = offers(Catalog::builtin(), wish);
  std::erase_if(found, [&](const Offer& o) { return o.device->id != id; });
  return found;
}

}  // namespace

TEST_CASE("a card with several GPUs is sold whole, and priced by the card") {
  const std::vector<Offer> k80 = offers_of("tesla-k80-per-gpu");
  REQUIRE(k80.size() == 3);
  for (const Offer& o : k80) {
    CHECK(o.count == 2 * o.boards());
    CHECK(*o.usd() == 40 * o.boards());  // 40 USD for a board of two
  }
  CHECK(k80.front().count == 2);
  CHECK(offers_of("a16-per-gpu").front().count == 4);
}

TEST_CASE(
    "modules for servers are offered where one is sold by itself, others where the person has a price") {
  const std::vector<Offer> v100 = offers_of("v100-sxm2-16gb");
  REQUIRE_FALSE(v100.empty());
  CHECK(v100.front().price->note.find("needs adapter") != std::string_view::npos);
  // Lists and guides have prices of these, and nobody sells one.
  for (const char* id : {"a100-sxm4-80gb", "h100-sxm-80gb", "h200-sxm-141gb", "mi300x", "h20-96gb"}) {
    INFO(id);
    CHECK(offers_of(id).empty());
    OfferWish own;
    own.own = {{id, 5000}};
    CHECK_FALSE(offers_of(id, own).empty());
  }
  OfferWish fresh;
  fresh.condition = PriceWish::fresh;
  CHECK(offers_of("v100-sxm2-16gb", fresh).empty());
  CHECK_FALSE(offers_of("h100-pcie-80gb").empty());
}

TEST_CASE("a price that reaches beyond the budget makes a machine uncertain, not too dear") {
  BuyWish wish;
  wish.budget_usd = 4000;
  const auto place = [](const std::vector<Purchase>& rows) {
    return std::count_if(rows.begin(), rows.end(),
                         [](const Purchase& p) { return p.machine.offer.name() == "rtx5090"; });
  };
  const DeviceRow* device = Catalog::builtin().device_by_id("rtx5090");
  const UsdRange cost = price_of(*device, PriceWish::any, {}, Catalog::builtin().rows().date)->range();
  REQUIRE((cost.low < 4000 && cost.high > 4000));
  const Buying perhaps = bought(query_for_models({"27b"}), wish);
  CHECK(place(perhaps.front) == 0);
  CHECK(place(perhaps.unsure) == 1);
  wish.budget_usd = cost.high;
  CHECK(place(bought(query_for_models({"27b"}), wish).unsure) == 0);
  wish.budget_usd = cost.low - 1;
  CHECK(place(bought(query_for_models({"27b"}), wish).unsure) == 0);
}

TEST_CASE("rows that use system RAM say how much, and that the processor's power is not counted") {
  if (is_sampled()) return;
  Query query = query_for_models({"122b-a10b"});
  query.ram = "128GB";
  BuyWish wish;
  wish.budget_usd = 500;
  const Buying b = bought(query, wish);
  bool any = false;
  for (const Purchase& p : b.front) {
    INFO(p.machine.offer.name());
    CHECK((p.machine.ram() > 0) == (p.machine.verdict() == Verdict::offload));
    if (p.power) CHECK(p.power->without_cpu == (p.machine.ram() > 0));
    any = any || p.machine.ram() > 0;
  }
  CHECK(any);
}

TEST_CASE("the pick of a budget is the fastest for its model, and on the front of price, speed and context") {
  const std::vector<double> budgets = {300, 500, 1000, 1600, 2200, 4500};
  for (std::size_t i = 0; i < budgets.size(); i += sample_stride()) {
    BuyWish wish;
    wish.budget_usd = budgets[i];
    if (is_sampled()) wish.offers.only = MachineClass::mac;
    Resolver resolver(Catalog::builtin());
    const auto picks = pick_for_budget({}, wish, resolver);
    REQUIRE(picks);
    std::vector<Offer> affordable = offers(Catalog::builtin(), wish.offers);
    std::erase_if(affordable, [&](const Offer& o) {
      return !o.price || !o.price->firm() || o.cost()->high > budgets[i];
    });
    for (const ModelPick& pick : picks->models) {
      INFO(budgets[i] << " " << pick.model->id << " " << pick.purchase.machine.offer.name());
      Market market(query_for_models({std::string(pick.model->id)}), resolver);
      const auto machines = market.run(affordable, Market::Reach::devices);
      REQUIRE(machines);
      for (const Candidate& c : *machines) {
        if (!c.tok_s()) continue;
        CHECK(*c.tok_s() <= pick.purchase.point.tok_s);
        CHECK_FALSE(beats(point_of(c), pick.purchase.point));
      }
    }
  }
}

TEST_CASE("a speed that is not known is neither too slow nor none") {
  BuyWish wish;
  wish.budget_usd = 500;
  wish.offers.only = MachineClass::mini_pc;
  const Buying b = bought(query_for_models({"4b"}), wish);
  CHECK(b.too_slow == 0);
  const auto is_bc250 = [](const Candidate& c) { return c.offer.name() == "bc-250-16gb"; };
  CHECK(std::any_of(b.speed_unknown.begin(), b.speed_unknown.end(), is_bc250));
  CHECK(b.any());
  Resolver resolver(Catalog::builtin());
  const auto picks = pick_for_budget({}, wish, resolver);
  REQUIRE(picks);
  CHECK(std::any_of(picks->speed_unknown.begin(), picks->speed_unknown.end(), [&](const UnknownPick& pick) {
    return pick.model->id == "qwen3.5-4b" && is_bc250(pick.machine);
  }));
}

TEST_CASE("every machine without a firm price stands apart that nothing firm beats at its lower end") {
  BuyWish wish;
  wish.offers.only = MachineClass::mac;
  const Query query = query_for_models({"27b"});
  const Buying b = bought(query, wish);
  Resolver resolver(Catalog::builtin());
  std::vector<Offer> priced = offers(Catalog::builtin(), wish.offers);
  std::erase_if(priced, [](const Offer& o) { return !o.price || o.price->firm(); });
  Market market(query, resolver);
  const auto running = market.run(priced, Market::Reach::devices);
  REQUIRE(running);
  const std::vector<std::string> unsure = names(b.unsure);
  std::size_t expected = 0;
  for (const Candidate& c : *running) {
    if (!c.tok_s()) continue;
    INFO(c.offer.name());
    const Point least{c.offer.cost()->low, *c.tok_s(), c.context()};
    const bool stays = std::none_of(b.front.begin(), b.front.end(),
                                    [&](const Purchase& p) { return beats(p.point, least); });
    CHECK(stays == (std::find(unsure.begin(), unsure.end(), c.offer.name()) != unsure.end()));
    expected += stays ? 1 : 0;
  }
  CHECK(expected == unsure.size());
  for (std::size_t i = 1; i < b.unsure.size(); ++i)
    CHECK(b.unsure[i - 1].machine.offer.cost()->low <= b.unsure[i].machine.offer.cost()->low);
}
