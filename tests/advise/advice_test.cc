#include "cli/advice.h"

#include <algorithm>
#include <sstream>

#include "catch.h"
#include "report/golden.h"
#include "report/report.h"
#include "report/view.h"

using namespace qwenfit;

namespace {

Query query_of(std::vector<std::string> gpu, const std::string& model, const std::string& ram = "",
               const std::string& ctx = "") {
  Query query;
  query.gpu = std::move(gpu);
  query.model = {model};
  query.ram = ram;
  query.ctx = ctx;
  return query;
}

std::vector<Query> queries() {
  return {query_of({"rtx3090"}, "27b"),
          query_of({"rtx3060-12gb"}, "35b-a3b", "64GB"),
          query_of({"rtx3060-8gb"}, "27b"),
          query_of({"2xrtx3090"}, "122b-a10b", "64GB"),
          query_of({"m3-max-128gb-40c"}, "122b-a10b"),
          query_of({"none"}, "9b", "32GB"),
          query_of({"rtx4090"}, "9b", "", "max"),
          query_of({"custom:memory=24GiB"}, "27b"),
          query_of({"rtx3090"}, "14b"),
          query_of({"rtx3060-8gb"}, "397b-a17b")};
}

struct Advised {
  Resolver resolver{Catalog::builtin()};
  std::optional<Reply> reply;
  Advice advice;
  explicit Advised(const Query& query) {
    auto found = reply_to(query, resolver);
    if (!found) return;
    reply.emplace(std::move(*found));
    advice = advise(query, *reply, resolver);
  }
};

bool same(const Outcome& a, const Outcome& b) {
  return a.verdict == b.verdict && a.tok_s == b.tok_s && a.max_context == b.max_context &&
         a.context == b.context;
}

}  // namespace

TEST_CASE("advice is about the marked row of the fit table") {
  for (const Query& query : queries()) {
    const Advised a(query);
    if (!a.reply) continue;
    INFO(query.gpu.front() << " " << query.model.front());
    for (const ModelAdvice& advice : a.advice.models) {
      const auto groups = by_model(a.reply->answers);
      const auto group = std::find_if(groups.begin(), groups.end(), [&](const ModelAnswers& g) {
        return g.begin->subject == advice.about->subject;
      });
      REQUIRE(group != groups.end());
      const Answer* best = best_of(*group);
      CHECK(advice.about == (best != nullptr ? best : nearest_of(*group)));
    }
  }
}

TEST_CASE("users at a context are those of counting one by one, up to what can be asked for") {
  for (const Query& query : queries()) {
    const Advised a(query);
    if (!a.reply) continue;
    INFO(query.gpu.front() << " " << query.model.front());
    for (const ModelAdvice& advice : a.advice.models) {
      const Answer& about = *advice.about;
      if (!advice.users || advice.users->count == 0 || about.estimate.concurrency) continue;
      const auto fits = [&](std::uint32_t users) {
        Scenario s = scenario_of(a.reply->question, about);
        s.settings.parallel = users;
        s.settings.context = about.settings.context * users;
        const Verdict verdict = estimate(s).verdict;
        return verdict == Verdict::fits || verdict == Verdict::tight;
      };
      constexpr std::uint32_t kMostSlots = 256;  // of llama-server
      const auto whole =
          static_cast<std::uint32_t>(about.subject->model.max_context / about.settings.context);
      const std::uint32_t most = std::min(kMostSlots, whole);
      std::uint32_t users = 1;
      while (users < most && fits(users + 1)) ++users;
      CHECK(advice.users->count == users);
      CHECK(advice.users->at_least == (users == most));
      Query again = query;
      again.parallel = std::to_string(users);
      again.ctx = std::to_string(about.settings.context * users);
      CHECK(resolve(again, Catalog::builtin()));
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
  CHECK(out.str().find("Users at once with 512 tokens each: at least 256.") != std::string::npos);
}

TEST_CASE("a change comes to what asking for it comes to") {
  for (const Query& query : queries()) {
    const Advised a(query);
    if (!a.reply) continue;
    for (const ModelAdvice& advice : a.advice.models) {
      for (const Change& change : advice.changes) {
        INFO(query.gpu.front() << " " << query.model.front() << " " << change.option);
        Query changed = query;
        const std::string value =
            change.option.substr(std::min(change.option.find(' ') + 1, change.option.size()));
        const Build& build = *advice.about->build;
        changed.quant = {build.publisher.empty() ? build.quant_id : build.quant_id + "@" + build.publisher};
        switch (change.kind) {
          case ChangeKind::smaller_kv:
            changed.kv = value;
            break;
          case ChangeKind::half_context:
            changed.ctx = value;
            break;
          case ChangeKind::smaller_quant:
            changed.quant = {value};
            break;
          case ChangeKind::headless:
            changed.headless = true;
            break;
          case ChangeKind::faster_ram:
            changed.cpu = value;
            break;
          case ChangeKind::more_ram:
            changed.ram = value;
            break;
          case ChangeKind::split_by_tensor:
            changed.split_mode = value;
            break;
          default:
            changed.gpu.push_back(value);
        }
        const auto question = resolve(changed, Catalog::builtin());
        REQUIRE(question);
        const auto answers = sweep(*question);
        REQUIRE(answers.size() == 1);
        CHECK(same(outcome_of(answers.front()), change.outcome));
      }
    }
  }
}

TEST_CASE("what helps most is a change that helps, and free ones need no purchase") {
  for (const Query& query : queries()) {
    const Advised a(query);
    if (!a.reply) continue;
    for (const ModelAdvice& advice : a.advice.models) {
      const Outcome before = outcome_of(*advice.about);
      const bool any = std::any_of(advice.changes.begin(), advice.changes.end(),
                                   [&](const Change& c) { return helps(before, c.outcome); });
      CHECK(advice.most_helpful.has_value() == any);
      if (advice.most_helpful) {
        const Change& most = advice.changes[*advice.most_helpful];
        CHECK(helps(before, most.outcome));
        for (const Change& c : advice.changes) CHECK(most.outcome.verdict <= c.outcome.verdict);
      }
      if (advice.most_helpful_free) CHECK_FALSE(is_hardware(advice.changes[*advice.most_helpful_free].kind));
    }
  }
}

TEST_CASE("of equal gains the one that costs nothing is preferred, whatever the order") {
  const Outcome before{Verdict::offload, 10, 8192, 8192};
  const Outcome after{Verdict::fits, 20, 8192, 8192};
  const std::vector<Change> changes = {{ChangeKind::another_card, "--gpu x", after},
                                       {ChangeKind::smaller_kv, "--kv q8_0", after},
                                       {ChangeKind::half_context, "--ctx 4096", before}};
  CHECK(most_helpful(before, changes) == 1u);
  CHECK_FALSE(most_helpful(after, {{ChangeKind::half_context, "--ctx 4096", after}}));
}

TEST_CASE("nobody is advised where each model has one answer") {
  Query query = query_of({"rtx3090"}, "27b");
  query.model = {"27b", "9b"};
  query.quant = {"q4_k_m"};
  CHECK(Advised(query).advice.models.empty());
  query.model.clear();
  CHECK(Advised(query).advice.models.empty());
}

TEST_CASE("screens with advice") {
  const auto screen = [](const Query& query, unsigned width) {
    const Advised a(query);
    REQUIRE(a.reply);
    std::ostringstream out;
    print_table(out, a.reply->question, a.reply->answers, {.color = false, .width = width, .unicode = true},
                {}, &a.advice);
    return out.str();
  };
  check_golden("advice_fits.txt", screen(query_of({"rtx3090"}, "27b"), 80));
  check_golden("advice_fits_narrow.txt", screen(query_of({"rtx3090"}, "27b"), 40));
  check_golden("advice_offload.txt", screen(query_of({"rtx3060-12gb"}, "35b-a3b", "64GB"), 80));
  check_golden("advice_no_fit.txt", screen(query_of({"rtx3060-8gb"}, "27b"), 80));
  check_golden("advice_cpu.txt", screen(query_of({"none"}, "9b", "32GB"), 80));
}
