// How many users a machine serves at once.

#include <algorithm>
#include <deque>
#include <sstream>

#include "advise/advised.h"
#include "advise/sweep.h"
#include "catch.h"
#include "report/report.h"

using namespace qwenfit;

namespace {

Query served_query(const std::string& gpu, const std::string& model, const std::string& runtime,
                   const std::string& ctx, bool mtp = false) {
  Query query = query_of({gpu}, model, "", ctx);
  query.runtime = runtime;
  query.mtp = mtp;
  return query;
}

std::vector<Query> queries_of_every_runtime() {
  std::vector<Query> all = queries();
  for (const char* runtime : {"vllm", "sglang"}) {
    all.push_back(served_query("2xrtx4060ti-16gb", "4b", runtime, ""));
    all.push_back(served_query("rtx4090", "9b", runtime, "32k"));
    all.push_back(served_query("h100-sxm-80gb", "35b-a3b", runtime, "128k"));
    all.push_back(served_query("rtx4090", "4b", runtime, "8k", true));
  }
  for (const char* ctx : {"8k", "64k"}) {
    all.push_back(served_query("m4-pro-24gb-16c", "4b", "mlx", ctx));
    all.push_back(served_query("m3-max-128gb-40c", "27b", "mlx", ctx));
    all.push_back(served_query("rtx3090", "9b", "ollama", ctx));
    all.push_back(served_query("rtx3090", "9b", "lmstudio", ctx));
  }
  return all;
}

/// The same build asked for with so many slots; none where the question is refused.
std::optional<Answer> with_slots(Query query, const ModelAdvice& advice, std::uint32_t slots,
                                 Resolver& resolver, std::deque<Question>& questions) {
  const Answer& about = *advice.about;
  query.model = {about.subject->model.id};
  query.quant = {about.build->quant_id +
                 (about.build->publisher.empty() ? "" : "@" + about.build->publisher)};
  query.parallel = std::to_string(slots);
  const bool shared = about.runtime == nullptr || !about.runtime->has_own_memory();
  query.ctx = std::to_string(about.settings.context * (shared ? slots : 1));
  auto question = resolver(query);
  if (!question) return std::nullopt;
  questions.push_back(std::move(*question));
  return sweep(questions.back()).front();
}

}  // namespace

TEST_CASE("as many users as are told fit when asked for, and one more does not") {
  for (const Query& query : queries_of_every_runtime()) {
    Advised a(query);
    INFO(query.gpu.front() << " " << query.model.front() << " " << query.runtime << " " << query.ctx);
    REQUIRE((a.reply || query.runtime.empty()));
    std::deque<Question> questions;
    for (const ModelAdvice& advice : a.advice.models) {
      if (!advice.users || advice.users->count == 0) continue;
      const std::uint32_t count = advice.users->count;
      const auto asked = with_slots(query, advice, count, a.resolver, questions);
      REQUIRE(asked);
      CHECK(is_on_devices(asked->estimate.verdict));
      CHECK(asked->settings.context == advice.users->context);
      if (advice.users->at_least) continue;
      const auto more = with_slots(query, advice, count + 1, a.resolver, questions);
      CHECK_FALSE((more && is_on_devices(more->estimate.verdict)));
    }
  }
}

TEST_CASE("a pool has room for the slots it was started for exactly where they fit") {
  for (const char* runtime : {"vllm", "sglang"}) {
    for (const bool mtp : {false, true}) {
      const Query query = served_query("rtx4090", "4b", runtime, "16k", mtp);
      Advised a(query);
      REQUIRE(a.reply);
      const ModelAdvice& advice = a.advice.models.front();
      REQUIRE(advice.users);
      REQUIRE(advice.users->count > 1);
      std::deque<Question> questions;
      for (const std::uint32_t slots : {1U, advice.users->count, advice.users->count + 1}) {
        const auto asked = with_slots(query, advice, slots, a.resolver, questions);
        REQUIRE(asked);
        INFO(runtime << " " << mtp << " " << slots);
        CHECK((*asked->estimate.concurrency >= slots) == is_on_devices(asked->estimate.verdict));
      }
    }
  }
}

TEST_CASE("users at a context are those of counting one by one, up to what can be asked for") {
  for (const Query& query : queries_of_every_runtime()) {
    const Advised a(query);
    if (!a.reply) continue;
    INFO(query.gpu.front() << " " << query.model.front() << " " << query.runtime);
    for (const ModelAdvice& advice : a.advice.models) {
      const Answer& about = *advice.about;
      const bool one = about.runtime != nullptr && about.runtime->most_sequences == 1;
      if (!advice.users || advice.users->count == 0 || one) continue;
      const bool shared = about.runtime == nullptr || !about.runtime->has_own_memory();
      const auto fits = [&](std::uint32_t users) {
        Scenario s = scenario_of(a.reply->question, about);
        s.speed = nullptr;
        s.settings.parallel = users;
        if (shared) s.settings.context = about.settings.context * users;
        return is_on_devices(estimate(s).verdict);
      };
      constexpr std::uint32_t kMostSlots = 256;  // of llama.cpp
      const auto whole =
          static_cast<std::uint32_t>(about.subject->model.max_context / about.settings.context);
      const std::string& runtime = about.settings.runtime;
      const bool limited = runtime == "llama.cpp" || runtime == "lmstudio";
      const std::uint32_t most = shared ? std::min(limited ? kMostSlots : kMostUsers, whole) : kMostUsers;
      std::uint32_t users = 1;
      while (users < most && fits(users + 1)) ++users;
      CHECK(advice.users->count == users);
      CHECK(advice.users->at_least == (users == most));
    }
  }
}

TEST_CASE("more users than can be asked for are not counted, and that is said") {
  Query query = query_of({"b200"}, "0.8b", "", "512");
  const Advised many(query);
  REQUIRE(many.advice.models.size() == 1);
  CHECK(many.advice.models.front().users->count == 256);
  CHECK(many.advice.models.front().users->at_least);
  std::ostringstream out;
  print_table(out, many.reply->question, many.reply->answers, {.color = false, .width = 80, .unicode = true},
              {}, &many.advice);
  CHECK(out.str().find("Users at once with 512 tokens each: at least 256 (--parallel 256") !=
        std::string::npos);
}
