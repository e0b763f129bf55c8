// What buying leaves unasked makes no difference to what it answers.

#include "advise/bought.h"
#include "catch.h"

using namespace qwenfit;

TEST_CASE("answers stand in the order of the models, whichever was asked first") {
  Resolver resolver(Catalog::builtin());
  Market market(query_for_models({"2b", "27b", "9b"}), resolver);
  const auto owned = market.run_owned({"rtx3090"});
  REQUIRE(owned);
  std::vector<std::string> ids;
  for (const Answer& a : owned->answers) ids.emplace_back(a.subject->model.id);
  CHECK(ids == std::vector<std::string>{"qwen3.5-2b", "qwen3.5-27b", "qwen3.5-9b"});
}

TEST_CASE("the build to recommend is the best of all, asked or not") {
  Resolver resolver(Catalog::builtin());
  Query query = query_for_models({"35b-a3b"});
  query.ram = "64GB";
  for (const char* gpu : {"rtx3060-12gb", "rtx3090", "rtx5090"}) {
    INFO(gpu);
    const Offer offer{Catalog::builtin().device_by_id(gpu), 1, {}, {}};
    Query alone = query;
    alone.gpu = {gpu};
    const auto question = resolver(alone);
    REQUIRE(question);
    const auto all = sweep(*question);
    const auto best = best_answer(all);
    REQUIRE(best);
    const Candidate found = Market(query, resolver).best_builds(offer, Market::Reach::ram, 0);
    REQUIRE(found.answers.size() == 1);
    CHECK(same_build(*found.answers.front().build, *all[*best].build));
    CHECK(found.answers.front().max_context.tokens == all[*best].max_context.tokens);
  }
}

TEST_CASE("a pick of a budget has the largest context of its machine") {
  Resolver resolver(Catalog::builtin());
  BuyWish wish;
  wish.budget_usd = 1000;
  Query query;
  query.ram = "64GB";
  const auto picks = pick_for_budget(query, wish, resolver);
  REQUIRE(picks);
  REQUIRE_FALSE(picks->models.empty());
  for (const ModelPick& pick : picks->models) {
    INFO(pick.model->id);
    const Candidate& machine = pick.purchase.machine;
    const Answer& a = machine.answers.front();
    const auto build = static_cast<std::size_t>(a.build - a.subject->builds.data());
    const Tokens whole = answer_for(*machine.question, *a.subject, build).max_context.tokens;
    CHECK(whole > 0);
    CHECK(a.max_context.tokens == whole);
    CHECK(pick.purchase.point.context == whole);
  }
}
