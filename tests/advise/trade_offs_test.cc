#include "advise/trade_offs.h"

#include <algorithm>
#include <deque>

#include "catch.h"
#include "cli/advice.h"
#include "report/advice_words.h"
#include "report/view.h"
#include "support/sampling.h"

using namespace qwenfit;

namespace {

struct Case {
  std::vector<std::string> gpu;
  std::string ram, model, ctx, depth, kv;
};

Query query_of_case(const Case& c) {
  Query query;
  query.gpu = c.gpu;
  query.ram = c.ram;
  query.model = {c.model};
  query.ctx = c.ctx;
  query.depth = c.depth;
  query.kv = c.kv;
  return query;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  const std::vector<std::pair<std::vector<std::string>, std::string>> machines = {
      {{"rtx3090"}, ""},      {{"rtx3060-12gb"}, "64GB"}, {{"rtx3090", "rtx3060-12gb"}, "96GB"},
      {{"rtx5090"}, "128GB"}, {{"m3-max-128gb-40c"}, ""}, {{"none"}, "32GB"},
      {{"rtx3060-8gb"}, ""}};
  for (const auto& [gpu, ram] : machines) {
    for (const char* model : {"9b", "27b", "35b-a3b", "122b-a10b"}) {
      all.push_back({gpu, ram, model, "", "", ""});
      all.push_back({gpu, ram, model, "max", "", ""});
      all.push_back({gpu, ram, model, "128k", "", "q8_0"});
    }
  }
  all.push_back({{"rtx4090"}, "64GB", "27b", "128k", "100k", ""});
  all.push_back({{"rtx3090"}, "", "9b", "", "", "f32"});
  for (const char* ctx : {"", "max"}) {
    all.push_back({{"4xrtx3090"}, "256GB", "122b-a10b", ctx, "", ""});
    all.push_back({{"2xrtx3060-12gb"}, "64GB", "9b", ctx, "", ""});
  }
  // Strides that no list above is a multiple of, so that every kind of case stays in.
  const std::size_t every = sample_stride() == 1 ? 1 : 11;
  std::vector<Case> tried;
  for (std::size_t i = 0; i < all.size(); i += every) tried.push_back(all[i]);
  return tried;
}

/// Every build with every cache type that could have been chosen, each asked for on its own.
std::vector<Merit> everything(const Case& c) {
  std::vector<Merit> merits;
  for (const std::string& kv : {c.kv, std::string("f16"), std::string("q8_0"), std::string("q4_0")}) {
    Case other = c;
    other.kv = kv;
    const auto question = resolve(query_of_case(other), Catalog::builtin());
    REQUIRE(question);
    for (const Answer& a : sweep(*question)) {
      if (a.estimate.verdict == Verdict::no_fit) continue;
      const auto quality = quality_of(*a.build, a.subject->model, a.settings, Catalog::builtin().rows());
      merits.push_back(merit_of(*a.build, a.estimate, a.max_context.tokens,
                                quality ? std::optional(quality->mean_kld) : std::nullopt));
    }
  }
  return merits;
}

}  // namespace

TEST_CASE(
    "no row of the trade-offs but the recommended is beaten in everything by any build with any cache") {
  for (const Case& c : cases()) {
    const Query query = query_of_case(c);
    Resolver resolver{Catalog::builtin()};
    const auto reply = reply_to(query, resolver);
    REQUIRE(reply);
    const Advice advice = advise(query, *reply, resolver);
    REQUIRE(advice.models.size() == 1);
    const auto& table = advice.models.front().trade_offs;
    const std::vector<Merit> all = everything(c);
    INFO(c.gpu.front() << " " << c.ram << " " << c.model << " " << c.ctx << " " << c.kv);
    CHECK(table.has_value() == !all.empty());
    if (!table) continue;
    int recommended = 0;
    for (const TradeOffs::Row& row : table->rows) {
      const TradeOff& choice = table->choices[row.choice];
      INFO(choice.answer->build->quant_id << " " << tensor_type(choice.answer->settings.kv_k).id);
      const bool beaten =
          std::any_of(all.begin(), all.end(), [&](const Merit& m) { return dominates(m, choice.merit); });
      CHECK((!beaten || row.pick == Pick::recommended));
      recommended += row.pick == Pick::recommended ? 1 : 0;
    }
    CHECK(recommended == 1);
    CHECK_FALSE(reason_sentence(*table).empty());
  }
}

TEST_CASE("the recommended trade-off is the marked row of the fit table, with the cache asked for") {
  for (const Case& c : cases()) {
    const Query query = query_of_case(c);
    Resolver resolver{Catalog::builtin()};
    const auto reply = reply_to(query, resolver);
    REQUIRE(reply);
    const Advice advice = advise(query, *reply, resolver);
    const auto& table = advice.models.front().trade_offs;
    const auto best = best_answer(reply->answers);
    if (!table || !best) continue;
    const Answer& marked = reply->answers[*best];
    INFO(c.gpu.front() << " " << c.ram << " " << c.model << " " << c.ctx << " " << c.kv);
    const auto row = std::find_if(table->rows.begin(), table->rows.end(),
                                  [](const TradeOffs::Row& r) { return r.pick == Pick::recommended; });
    REQUIRE(row != table->rows.end());
    const TradeOff& choice = table->choices[row->choice];
    CHECK(choice.answer->build == marked.build);
    CHECK(choice.merit.asked);
    const bool told = reason_sentence(*table).find(" would be better in ") != std::string::npos;
    CHECK(told == better_cache(*table, row->choice).has_value());
  }
}

TEST_CASE("a cache that is better in everything is told with what it is better in") {
  const Case c = {{"rtx3090"}, "", "9b", "", "", "f32"};
  const Query query = query_of_case(c);
  Resolver resolver{Catalog::builtin()};
  const auto reply = reply_to(query, resolver);
  REQUIRE(reply);
  const Advice advice = advise(query, *reply, resolver);
  const auto& table = advice.models.front().trade_offs;
  REQUIRE(table);
  const std::string reason = reason_sentence(*table);
  INFO(reason);
  CHECK(reason.find("With --kv f16 it would be better in context, and no worse otherwise.") !=
        std::string::npos);
}

TEST_CASE("an unpublished file with a better cache is told as such") {
  const Query query = query_of_case({{"3xa100-80gb"}, "", "397b-a17b", "", "", "q4_0"});
  Resolver resolver{Catalog::builtin()};
  const auto reply = reply_to(query, resolver);
  REQUIRE(reply);
  Advice advice = advise(query, *reply, resolver);
  auto& table = advice.models.front().trade_offs;
  REQUIRE(table);
  const auto row = std::find_if(table->rows.begin(), table->rows.end(),
                                [](const TradeOffs::Row& r) { return r.pick == Pick::recommended; });
  REQUIRE(row != table->rows.end());
  const auto better = better_cache(*table, row->choice);
  REQUIRE(better);
  Build unpublished = *better->choice->answer->build;
  REQUIRE_FALSE(same_build(unpublished, *table->choices[row->choice].answer->build));
  unpublished.obtainable = false;
  std::deque<Answer> changed;
  const Build* published = better->choice->answer->build;
  for (TradeOff& choice : table->choices) {
    if (choice.answer->build != published) continue;
    changed.push_back(*choice.answer);
    changed.back().build = &unpublished;
    choice.answer = &changed.back();
  }
  const std::string reason = reason_sentence(*table);
  INFO(reason);
  CHECK(reason.find(unpublished.quant_name + ", which nobody is known to publish, would be better in") !=
        std::string::npos);
}

namespace {

std::string reason_of(const Query& query) {
  Resolver resolver{Catalog::builtin()};
  const auto reply = reply_to(query, resolver);
  REQUIRE(reply);
  const Advice advice = advise(query, *reply, resolver);
  const auto& table = advice.models.front().trade_offs;
  REQUIRE(table);
  return reason_sentence(*table);
}

}  // namespace

TEST_CASE("a reason names publication where that decided, and else does not") {
  Query vllm;
  vllm.gpu = {"2xrtx4060ti-16gb"};
  vllm.model = {"4b"};
  vllm.runtime = "vllm";
  CHECK(reason_of(vllm).find("that somebody publishes") != std::string::npos);
  const std::string usual = reason_of(query_of_case({{"rtx3090"}, "", "9b", "", "", ""}));
  CHECK(usual.find("publishes") == std::string::npos);
  const std::string offload = reason_of(query_of_case({{"rtx3060-12gb"}, "64GB", "122b-a10b", "", "", ""}));
  INFO(offload);
  CHECK(offload.find("fewest bits") == std::string::npos);
  CHECK(offload.find("4-bit file") != std::string::npos);
}

TEST_CASE("a file that nobody publishes does not displace a published one") {
  Query query = query_of_case({{"4xrtx4090"}, "512GB", "397b-a17b", "", "", ""});
  Resolver resolver{Catalog::builtin()};
  const auto reply = reply_to(query, resolver);
  REQUIRE(reply);
  const auto best = best_answer(reply->answers);
  REQUIRE(best);
  CHECK(reply->answers[*best].build->obtainable);
}
