#include "advise/trade_offs.h"

#include <algorithm>

#include "catch.h"
#include "cli/advice.h"
#include "report/advice_words.h"
#include "report/view.h"

using namespace qwenfit;

namespace {

struct Case {
  std::vector<std::string> gpu;
  std::string ram, model, ctx, depth, kv;
};

Query query_of(const Case& c) {
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
  return all;
}

/// Every build with every cache type that could have been chosen, each asked for on its own.
std::vector<Merit> everything(const Case& c) {
  std::vector<Merit> merits;
  for (const std::string& kv : {c.kv, std::string("f16"), std::string("q8_0"), std::string("q4_0")}) {
    Case other = c;
    other.kv = kv;
    const auto question = resolve(query_of(other), Catalog::builtin());
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

TEST_CASE("no row of the trade-offs is beaten in everything by any build with any cache") {
  for (const Case& c : cases()) {
    const Query query = query_of(c);
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
      INFO(choice.answer.build->quant_id << " " << tensor_type(choice.answer.settings.kv_k).id);
      CHECK(std::none_of(all.begin(), all.end(), [&](const Merit& m) { return dominates(m, choice.merit); }));
      recommended += row.pick == Pick::recommended ? 1 : 0;
    }
    CHECK(recommended == 1);
    CHECK_FALSE(reason_sentence(*table).empty());
  }
}

TEST_CASE(
    "the recommended trade-off is the marked row of the fit table unless that is beaten in everything") {
  for (const Case& c : cases()) {
    const Query query = query_of(c);
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
    const auto same = std::find_if(table->choices.begin(), table->choices.end(), [&](const TradeOff& t) {
      return t.merit.asked && t.answer.build == marked.build;
    });
    REQUIRE(same != table->choices.end());
    const bool is_marked = choice.answer.build == marked.build && choice.merit.asked;
    const bool beaten = std::any_of(table->choices.begin(), table->choices.end(),
                                    [&](const TradeOff& t) { return dominates(t.merit, same->merit); });
    CHECK(is_marked == !beaten);
  }
}
