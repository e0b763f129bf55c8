#include "cli/advice.h"

#include <algorithm>
#include <sstream>

#include "advise/advised.h"
#include "advise/figures.h"
#include "catch.h"
#include "query/sizes.h"
#include "report/golden.h"
#include "report/report.h"
#include "report/view.h"

using namespace qwenfit;

namespace {

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

TEST_CASE("nothing that makes the context shorter than the one asked for helps") {
  const Outcome before{Verdict::offload, 10, 262144, 8192};
  CHECK(helps(before, {Verdict::fits, 40, 65536, 8192}));
  CHECK_FALSE(helps(before, {Verdict::fits, 40, 6144, 4096}));
  const Outcome largest{Verdict::offload, 10, 262144, 262144};  // --ctx max
  CHECK_FALSE(helps(largest, {Verdict::fits, 40, 65536, 65536}));
  CHECK(helps(largest, {Verdict::fits, 40, 262144, 262144}));
  const Outcome nothing{Verdict::no_fit, {}, 4096, 8192};
  CHECK(helps(nothing, {Verdict::fits, 40, 4096, 4096}));
  // Of a real question: with one card more everything would be on the cards, but with less context.
  const Advised a(query_of({"rtx3060-12gb"}, "35b-a3b", "64GB", "max"));
  for (const ModelAdvice& advice : a.advice.models) {
    if (!advice.most_helpful) continue;
    CHECK(advice.changes[*advice.most_helpful].outcome.max_context >= advice.about->max_context.tokens);
  }
}

TEST_CASE("more RAM is the least usual total that fits, or that reaches as far as the largest") {
  const std::vector<Query> all = {query_of({"rtx3060-12gb"}, "122b-a10b"),
                                  query_of({"rtx3060-12gb"}, "122b-a10b", "16GB"),
                                  query_of({"rtx3060-8gb"}, "27b", "8GB"),
                                  query_of({"none"}, "35b-a3b", "16GB"),
                                  query_of({"none"}, "27b", "24GB"),
                                  query_of({"rtx4090"}, "122b-a10b", "64GB", "max"),
                                  query_of({"2xrtx3090"}, "397b-a17b", "256GB")};
  std::size_t told = 0;
  for (const Query& query : all) {
    Advised a(query);
    REQUIRE(a.reply);
    INFO(query.gpu.front() << " " << query.model.front() << " " << query.ram);
    for (const ModelAdvice& advice : a.advice.models) {
      const auto change = std::find_if(advice.changes.begin(), advice.changes.end(),
                                       [](const Change& c) { return c.kind == ChangeKind::more_ram; });
      if (change == advice.changes.end()) continue;
      ++told;
      const Outcome before = outcome_of(*advice.about);
      Query other = query;
      const Build& build = *advice.about->build;
      other.quant = {build.quant_id + (build.publisher.empty() ? "" : "@" + build.publisher)};
      bool smaller = true;
      for (const auto sizes : {advice_figures().desktop_ram, advice_figures().server_ram}) {
        for (const std::string_view size : sizes) {
          other.ram = size;
          if (change->option == "--ram " + other.ram) smaller = false;
          const auto question = a.resolver(other);
          REQUIRE(question);
          const Answer answer = sweep(*question).front();
          if (before.verdict == Verdict::no_fit) {
            if (smaller) CHECK(answer.estimate.verdict == Verdict::no_fit);
          } else if (smaller) {
            CHECK(answer.max_context.tokens < change->outcome.max_context);
          }
        }
      }
      CHECK_FALSE(smaller);
      CHECK(helps(before, change->outcome));
    }
  }
  CHECK(told >= 3);
}

TEST_CASE("a split by tensor is offered exactly where it holds the model") {
  std::size_t held = 0, refused = 0;
  for (const Query& query :
       {query_of({"2xrtx3060-12gb"}, "27b", "64GB"), query_of({"2xrtx3090"}, "27b"),
        query_of({"2xrtx3060-8gb"}, "27b", "64GB"), query_of({"2xrtx3060-8gb"}, "27b")}) {
    const Advised a(query);
    REQUIRE(a.reply);
    for (const ModelAdvice& advice : a.advice.models) {
      Query split = query;
      split.quant = {advice.about->build->quant_id + "@" + advice.about->build->publisher};
      split.split_mode = "tensor";
      const auto question = resolve(split, Catalog::builtin());
      REQUIRE(question);
      const auto answers = sweep(*question);
      REQUIRE(answers.size() == 1);
      const bool holds = answers.front().estimate.verdict != Verdict::no_fit;
      ++(holds ? held : refused);
      INFO(query.gpu.front() << " " << split.quant.front());
      const auto offered =
          std::find_if(advice.changes.begin(), advice.changes.end(),
                       [](const Change& change) { return change.kind == ChangeKind::split_by_tensor; });
      CHECK((offered != advice.changes.end()) == holds);
      if (offered != advice.changes.end()) {
        CHECK(offered->option == "--split-mode tensor");
        CHECK(offered->outcome.verdict == answers.front().estimate.verdict);
      }
    }
  }
  CHECK(held >= 1);
  CHECK(refused >= 1);
}

TEST_CASE("a smaller file that is advised is one that somebody publishes, where one would do") {
  Query query = query_of({"rtx3090"}, "27b");
  query.runtime = "vllm";
  query.quant = {"fp8"};
  const Advised a(query);
  REQUIRE(a.advice.models.size() == 1);
  const auto& changes = a.advice.models.front().changes;
  const auto smaller = std::find_if(changes.begin(), changes.end(), [](const Change& change) {
    return change.kind == ChangeKind::smaller_quant;
  });
  REQUIRE(smaller != changes.end());
  CHECK(is_on_devices(smaller->outcome.verdict));
  query.quant = {smaller->option.substr(smaller->option.find(' ') + 1)};
  const auto question = resolve(query, Catalog::builtin());
  REQUIRE(question);
  CHECK(question->models.front().builds.front().obtainable);
}

TEST_CASE("what advice rests on is told by the data, in an order that can be asked for") {
  const AdviceFigures& figures = advice_figures();
  CHECK(figures.comfortable_tok_s > 0);
  CHECK(figures.least_useful_bits < figures.most_useful_bits);
  CHECK(figures.left_to_macos > 0);
  CHECK(figures.noticeable_ram > 0);
  CHECK(figures.shortest_context > 0);
  CHECK_FALSE(figures.fast_ram.empty());
  Bytes last = 0;
  for (const auto sizes : {figures.desktop_ram, figures.server_ram}) {
    CHECK_FALSE(sizes.empty());
    for (const std::string_view size : sizes) {
      const auto bytes = parse_size(size, "--ram");
      REQUIRE(bytes);
      CHECK(*bytes > last);
      last = *bytes;
    }
  }
  CHECK(resolve(query_of({"none"}, "9b", std::string(figures.desktop_ram.front())), Catalog::builtin()));
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

TEST_CASE("where nothing fits, what keeps the file that was asked for is preferred to a smaller one") {
  Query query = query_of({"m4-pro-20c-24gb"}, "27b", "", "8k");
  query.quant = {"q5_k_m"};
  const Advised a(query);
  REQUIRE(a.advice.models.size() == 1);
  const ModelAdvice& advice = a.advice.models.front();
  REQUIRE(advice.most_helpful);
  CHECK(advice.changes[*advice.most_helpful].kind == ChangeKind::wired_limit);
  const auto is_smaller = [](const Change& c) { return c.kind == ChangeKind::smaller_quant; };
  CHECK(std::any_of(advice.changes.begin(), advice.changes.end(), is_smaller));
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
