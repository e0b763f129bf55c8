// `qwenfit buy --from`: what is a gain over what one has, and what goes together with it.

#include <algorithm>

#include "advise/bought.h"
#include "advise/compare.h"
#include "advise/purchase.h"

using namespace qwenfit;

namespace {

/// Devices of one id that hold a part of the first model.
std::size_t holding(const Candidate& machine, std::string_view id) {
  const auto& devices = machine.question->machine.devices;
  const std::vector<std::size_t> idle = idle_devices(machine.answers.front().estimate);
  std::size_t count = 0;
  for (std::size_t i = 0; i < devices.size(); ++i)
    count += devices[i].id == id && std::find(idle.begin(), idle.end(), i) == idle.end() ? 1u : 0u;
  return count;
}

}  // namespace

TEST_CASE("what one owns takes part: cards are offered in it, and each row says how much faster it is") {
  BuyWish wish;
  wish.offers.added_to = {"rtx3060-12gb"};
  const Buying b = bought(query_for_models({"9b"}), wish);
  REQUIRE(b.owned);
  REQUIRE(b.owned->answers.size() == 1);
  const double alone = *b.owned->tok_s();
  bool any_together = false;
  for (const Purchase& p : b.front) {
    CHECK(*p.times_owned == Approx(p.point.tok_s / alone));
    const Offer& offer = p.machine.offer;
    if (offer.added_to.empty()) continue;
    any_together = true;
    CHECK(p.machine.question->machine.devices.size() == 1 + offer.count);
    CHECK(*offer.usd() == offer.price->range().middle() * offer.boards());  // what one has costs nothing
  }
  CHECK(any_together);

  // Nothing goes into a Mac.
  wish.offers.added_to = {"m4-max-40c-64gb"};
  for (const Purchase& p : bought(query_for_models({"9b"}), wish).front)
    CHECK(p.machine.offer.added_to.empty());
}

TEST_CASE("two small cards together run what neither does alone") {
  BuyWish wish;
  wish.offers.added_to = {"rtx3060-12gb"};
  const Buying b = bought(query_for_models({"27b"}), wish);
  CHECK(b.owned->answers.empty());
  const auto all = names(b.front);
  CHECK(std::find(all.begin(), all.end(), "rtx3060-12gb + rtx3060-12gb") != all.end());
}

TEST_CASE("the RAM that was given counts for the machine that one has too") {
  Query query = query_for_models({"27b"});
  query.ram = "64GB";
  BuyWish wish;
  wish.budget_usd = 300;
  wish.offers.only = MachineClass::mini_pc;
  wish.offers.added_to = {"none"};
  const Buying without_card = bought(query, wish);
  REQUIRE(without_card.owned);
  REQUIRE(without_card.owned->answers.size() == 1);
  CHECK(without_card.owned->tok_s().value_or(0) > 0);
  wish.offers.added_to = {"rtx3060-12gb"};
  const Buying small_card = bought(query, wish);
  REQUIRE(small_card.owned->answers.size() == 1);
  CHECK(small_card.owned->ram() > 0);
  // A Mac has its RAM already.
  wish.offers.added_to = {"m4-max-40c-64gb"};
  CHECK(bought(query, wish).owned->answers.size() == 1);
}

TEST_CASE("a bought card holds a part of the model, and a purchase is visibly more than what one has") {
  struct Case {
    const char* model;
    const char* from;
    double budget;
  };
  for (const Case& c : {Case{"27b", "2xrtx3090", 500}, Case{"35b-a3b", "rtx3090", 1000}}) {
    BuyWish wish;
    wish.offers.added_to = {c.from};
    wish.budget_usd = c.budget;
    const Buying b = bought(query_for_models({c.model}), wish);
    REQUIRE(b.owned->tok_s());
    const double tok_s = *b.owned->tok_s();
    const auto context = static_cast<double>(b.owned->context());
    CHECK(b.no_gain > 0);
    for (const auto* rows : {&b.front, &b.unsure}) {
      for (const Purchase& p : *rows) {
        INFO(c.from << ": " << p.machine.offer.name());
        const bool faster = p.point.tok_s >= tok_s * kVisiblyFaster;
        const bool slower = tok_s >= p.point.tok_s * kVisiblyFaster;
        CHECK((faster || (!slower && static_cast<double>(p.point.context) >= context * kVisiblyFaster)));
        if (p.machine.offer.added_to.empty()) continue;
        CHECK(holding(p.machine, p.machine.offer.device->id) >= p.machine.offer.count);
      }
    }
  }
}

TEST_CASE("a pair counts where the bought card holds a part, be it faster or slower than the owned one") {
  struct Case {
    const char *model, *ctx, *owned;
  };
  for (const Case& c : {Case{"9b", "32k", "rtx3060-12gb"}, Case{"27b", "8k", "rtx3060-12gb"},
                        Case{"27b", "8k", "rtx3090"}, Case{"35b-a3b", "8k", "rtx4060ti-16gb"}}) {
    Resolver resolver(Catalog::builtin());
    OfferWish wish;
    wish.added_to = {c.owned};
    std::vector<Offer> pairs = offers(Catalog::builtin(), wish);
    std::erase_if(pairs, [&](const Offer& o) {
      return o.added_to.empty() || !o.price || o.boards() > 2 || o.device->id == c.owned;
    });
    Market market(query_for_models({c.model}, c.ctx), resolver);
    const auto machines = market.run(pairs, Market::Reach::devices);
    REQUIRE(machines);
    REQUIRE_FALSE(machines->empty());
    for (const Candidate& machine : *machines) {
      INFO(c.model << ": " << machine.offer.name());
      CHECK(is_all_used(machine) == (holding(machine, machine.offer.device->id) == machine.offer.count));
    }
  }
}

TEST_CASE("a slower card that holds nothing is not recommended, and a faster one that takes over is shown") {
  BuyWish wish;
  wish.offers.added_to = {"rtx3060-12gb"};
  wish.budget_usd = 300;
  const auto small = names(bought(query_for_models({"9b"}, "32k"), wish).front);
  CHECK(std::find(small.begin(), small.end(), "rtx3060-12gb + rtx4060") == small.end());
  wish.budget_usd = 900;
  const Buying large = bought(query_for_models({"27b"}), wish);
  const auto pair = std::find_if(large.front.begin(), large.front.end(), [](const Purchase& p) {
    return p.machine.offer.name() == "rtx3060-12gb + rtx3090";
  });
  REQUIRE(pair != large.front.end());
  CHECK(pair->point.context == 262144);
}

TEST_CASE("a change of back end is no merit of the card that is bought") {
  BuyWish wish;
  wish.offers.added_to = {"2xrtx3060-12gb"};
  wish.budget_usd = 1200;
  const Buying b = bought(query_for_models({"35b-a3b"}), wish);
  REQUIRE(b.owned_shared.size() == 1);
  Query alone = query_for_models({"35b-a3b"});
  alone.gpu = {"2xrtx3060-12gb"};
  alone.backend = "vulkan";
  alone.quant = {b.quant};
  Resolver resolver(Catalog::builtin());
  const auto question = resolver(alone);
  REQUIRE(question);
  const double on_vulkan = answer_for(*question, question->models.front(), 0).estimate.speed->decode->tok_s;
  const Candidate& shared = b.owned_shared.front();
  CHECK(*shared.tok_s() == Approx(on_vulkan));
  std::size_t of_makers = 0;
  for (const auto* rows : {&b.front, &b.unsure}) {
    for (const Purchase& p : *rows) {
      INFO(p.machine.offer.name());
      const bool other = p.machine.offer.device->default_backend != Backend::cuda;
      const bool pair = !p.machine.offer.added_to.empty();
      CHECK(p.of_makers == (pair && other));
      if (!p.of_makers) continue;
      ++of_makers;
      CHECK(p.backend == Backend::vulkan);
      const double most = std::max(on_vulkan, *b.owned->tok_s());
      CHECK(*p.times_owned == Approx(p.point.tok_s / most));
      const Point rival{0, on_vulkan, shared.context()};
      CHECK(is_gain(p.point, rival));
    }
  }
  CHECK(of_makers > 0);
}

TEST_CASE("what one has competes for the pick of a budget, and costs nothing") {
  BuyWish wish;
  wish.budget_usd = 500;
  wish.offers.added_to = {"4xrtx3090"};
  Resolver resolver(Catalog::builtin());
  const auto picks = pick_for_budget({}, wish, resolver);
  REQUIRE(picks);
  REQUIRE(picks->pick);
  const ModelPick& pick = picks->models[*picks->pick];
  CHECK(pick.model->id == "qwen3.5-122b-a10b");
  CHECK(pick.purchase.machine.offer.name() == "4xrtx3090");
  CHECK(pick.purchase.machine.offer.is_owned());
  CHECK(pick.purchase.point.usd == 0);
  for (const ModelPick& row : picks->models) {
    INFO(row.model->id);
    CHECK(row.purchase.times_owned.value_or(1) >= 1);
  }
}

TEST_CASE("cards that no driver runs together are not offered together") {
  const auto pairs = [](const char* owned, const char* bought) {
    Resolver resolver(Catalog::builtin());
    OfferWish wish;
    wish.added_to = {owned};
    Market market(query_for_models({"9b"}), resolver);
    const auto from = run_from(market, wish, Catalog::builtin());
    REQUIRE(from);
    std::vector<Offer> all = offers(Catalog::builtin(), wish);
    keep_compatible(all, *from, Catalog::builtin());
    return std::count_if(all.begin(), all.end(),
                         [&](const Offer& o) { return o.device->id == bought && !o.added_to.empty(); });
  };
  // Kepler's last driver came before Ada and Blackwell, and after Ampere.
  CHECK(pairs("rtx4090", "tesla-k80-per-gpu") == 0);
  CHECK(pairs("rtx5090", "tesla-k80-per-gpu") == 0);
  CHECK(pairs("tesla-k80-per-gpu", "rtx5090") == 0);
  CHECK(pairs("rtx3090", "tesla-k80-per-gpu") > 0);
  CHECK(pairs("rtx5090", "tesla-p40") > 0);
  CHECK(pairs("rtx4090", "rx7900xtx") > 0);
}

TEST_CASE("a laptop takes no cards: other machines are offered instead") {
  BuyWish wish;
  wish.offers.added_to = {"rtx4090-laptop"};
  const Buying b = bought(query_for_models({"27b"}), wish);
  CHECK_FALSE(b.takes_cards);
  REQUIRE_FALSE(b.front.empty());
  for (const auto* rows : {&b.front, &b.unsure}) {
    for (const Purchase& p : *rows) CHECK(p.machine.offer.added_to.empty());
  }
}

TEST_CASE("cards of several kinds that one has count together") {
  BuyWish wish;
  wish.budget_usd = 500;
  wish.offers.added_to = {"rtx3090", "rtx3060-12gb"};
  const Buying b = bought(query_for_models({"27b"}), wish);
  CHECK(b.owned->question->machine.devices.size() == 2);
}
