// `qwenfit plan`: what does not depend on the order in which cards are written.

#include <algorithm>
#include <array>
#include <random>

#include "advise/plan.h"
#include "advise/plan_parts.h"
#include "advise/planned.h"
#include "catch.h"
#include "support/sampling.h"

using namespace qwenfit;

namespace {

/// A build file in two parts: entries of "gpus", and the rest of it.
struct UnorderedBuild {
  std::vector<std::string> gpus;
  std::string rest;
  std::string text() const {
    std::string list;
    for (const std::string& gpu : gpus) list += (list.empty() ? "" : ",") + gpu;
    return "{\"gpus\":[" + list + "]," + rest + "}";
  }
};

/// The entry that a pointer leads to, as it was written; else the pointer.
std::string pointed_to(const UnorderedBuild& build, const std::string& pointer) {
  const std::string start = "/gpus/";
  if (!pointer.starts_with(start)) return pointer;
  return build.gpus.at(static_cast<std::size_t>(pointer.at(start.size()) - '0'));
}

/// Every change that is proposed and what it is made to, then the change to make first.
std::vector<std::string> changes_of(const UnorderedBuild& build, Resolver& resolver) {
  std::vector<BuildFault> faults;
  const auto plan = check_plan(parsed(build.text()), resolver, faults);
  REQUIRE(plan);
  std::vector<std::string> changes;
  for (const WorkloadCheck& check : plan->workloads) {
    for (const PlanFix& fix : check.fixes)
      changes.push_back(fixes_words({fix}, 1) + " at " + pointed_to(build, fix.pointer));
  }
  changes.push_back(plan->weakest ? plan->weakest->change : "");
  return changes;
}

template <std::size_t N>
std::string drawn(std::mt19937& random, const std::array<const char*, N>& words) {
  return words[random() % N];
}

/// Two to four cards of one maker, each with or without the desktop, some with a limit or a price.
UnorderedBuild random_cards(std::mt19937& random) {
  constexpr std::array<const char*, 8> kNvidia = {"rtx5090",     "rtx4090", "rtx3060-12gb", "rtx-a4000",
                                                  "gtx1060-3gb", "l20",     "rtx4070",      "tesla-p4"};
  constexpr std::array<const char*, 4> kAmd = {"rx7900xtx", "rx7900xt", "rx7900gre", "mi50-32gb"};
  const bool nvidia = random() % 3 > 0;
  UnorderedBuild build;
  const std::size_t cards = 2 + random() % 3, display = random() % 6;
  for (std::size_t i = 0; i < cards; ++i) {
    std::string card = "{\"id\":\"" + (nvidia ? drawn(random, kNvidia) : drawn(random, kAmd)) + "\"";
    card += std::string(",\"display\":") + (i == display ? "true" : "false");
    if (random() % 5 == 0) card += ",\"price_usd\":" + drawn(random, std::array{"0", "200", "500"});
    if (random() % 4 == 0) card += ",\"power_limit_w\":150";
    build.gpus.push_back(card + "}");
  }
  return build;
}

/// The rest of such a build: what is asked is seldom met.
UnorderedBuild random_build(std::mt19937& random) {
  UnorderedBuild build = random_cards(random);
  build.rest = "\"power_supply\":{\"watts\":" + drawn(random, std::array{"850", "1600", "2500"}) +
               ",\"atx\":\"3.1\"},";
  if (random() % 2 == 0) build.rest += "\"memory\":{\"size\":\"32GB\"},";
  if (random() % 3 > 0)
    build.rest += "\"budget_usd\":" + drawn(random, std::array{"300", "1000", "2500", "5000"}) + ",";
  build.rest += "\"workloads\":[{\"model\":\"" +
                drawn(random, std::array{"9b", "27b", "35b-a3b", "122b-a10b"}) +
                "\",\"quant\":\"q4_k_m\",\"context\":\"" + drawn(random, std::array{"8k", "64k"}) +
                "\",\"min_tok_s\":" + drawn(random, std::array{"10", "30", "80"}) + "}]";
  return build;
}

}  // namespace

TEST_CASE("fixes do not depend on the order in which cards are written") {
  struct Case {
    std::vector<std::string> gpus;
    const char* workload;
  };
  for (Case c :
       {Case{{R"({"id":"rtx3060-12gb","display":true})", R"({"id":"rtx3090"})"},
             R"({"model":"27b","quant":"q8_0","context":"256k"})"},
        Case{{R"({"id":"rtx3060-12gb"})", R"({"id":"rtx3090","display":true})", R"({"id":"rtx4060"})"},
             R"({"model":"35b-a3b","quant":"q8_0","min_tok_s":80})"},
        Case{{R"({"id":"rtx3090","count":2})", R"({"id":"tesla-p40","display":true})"},
             R"({"model":"122b-a10b","quant":"q4_k_m"})"}}) {
    const auto cards_of = [&](const std::vector<std::string>& gpus) {
      std::string list;
      for (const std::string& gpu : gpus) list += (list.empty() ? "" : ",") + gpu;
      const BuildFile file = parsed("{\"gpus\":[" + list + "],\"workloads\":[" + c.workload + "]}");
      const CheckedPlan plan = planned(file);
      std::vector<std::string> words;
      for (const PlanFix& fix : plan.workloads.front().fixes) {
        if (!fix.kind.ends_with("_card")) continue;
        words.push_back(fix.words);
        // The entry that is pointed to is the one that the words are about.
        const auto entry = static_cast<std::size_t>(fix.pointer.at(std::string("/gpus/").size()) - '0');
        CHECK(fix.words.find("instead of " + std::string(file.build.gpus[entry].count > 1 ? "2x " : "") +
                             gpu_name(file.build.gpus[entry])) != std::string::npos);
      }
      return words;
    };
    std::sort(c.gpus.begin(), c.gpus.end());
    const auto first = cards_of(c.gpus);
    INFO(c.workload);
    CHECK_FALSE(first.empty());
    while (std::next_permutation(c.gpus.begin(), c.gpus.end())) CHECK(cards_of(c.gpus) == first);
  }
}

TEST_CASE("a budget, limits and unknown prices do not make fixes depend on the order of cards") {
  Resolver resolver(Catalog::builtin());
  for (UnorderedBuild build :
       {// A change without a price at one card, one above the budget at another.
        UnorderedBuild{{R"({"id":"gtx1060-3gb","display":false})", R"({"id":"rtx5090","display":true})",
                        R"({"id":"rtx-a4000","display":false})"},
                       R"("power_supply":{"watts":1600,"atx":"3.1"},"budget_usd":2500,
       "workloads":[{"model":"122b-a10b","quant":"q4_k_m","context":"64k","min_tok_s":80}])"},
        // The price of one card is not known.
        UnorderedBuild{{R"({"id":"tesla-p4","display":false})", R"({"id":"rtx3060-12gb","display":false})",
                        R"({"id":"rtx4090","display":true})"},
                       R"("memory":{"size":"32GB"},"budget_usd":1000,
       "workloads":[{"model":"122b-a10b","quant":"q4_k_m","context":"64k","min_tok_s":10},
                    {"model":"9b","context":"64k","min_tok_s":80}])"},
        // Equal cards with unlike limits.
        UnorderedBuild{{R"({"id":"rx7900gre","display":false})",
                        R"({"id":"rx7900gre","display":true,"power_limit_w":150})"},
                       R"("power_supply":{"watts":1600,"atx":"3.1"},
       "workloads":[{"model":"122b-a10b","quant":"q4_k_m","context":"8k","min_tok_s":10}])"}}) {
    INFO(build.text());
    std::sort(build.gpus.begin(), build.gpus.end());
    const auto first = changes_of(build, resolver);
    CHECK(first.size() > 1);
    while (std::next_permutation(build.gpus.begin(), build.gpus.end()))
      CHECK(changes_of(build, resolver) == first);
  }
}

TEST_CASE("random builds get the same changes in whatever order their cards are written") {
  std::mt19937 random(19);
  Resolver resolver(Catalog::builtin());
  bool any = false;
  for (int i = 0; i < random_cases(100, 20, 10); ++i) {
    UnorderedBuild build = random_build(random);
    INFO(build.text());
    const auto first = changes_of(build, resolver);
    any = any || first.size() > 1;
    std::reverse(build.gpus.begin(), build.gpus.end());
    CHECK(changes_of(build, resolver) == first);
    std::shuffle(build.gpus.begin(), build.gpus.end(), random);
    CHECK(changes_of(build, resolver) == first);
  }
  CHECK(any);
}
