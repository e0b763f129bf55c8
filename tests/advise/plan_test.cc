// `qwenfit plan`: what is found in planned builds.

#include "advise/plan.h"

#include <algorithm>
#include <filesystem>

#include "advise/plan_parts.h"
#include "advise/planned.h"
#include "advise/power.h"
#include "catch.h"

using namespace qwenfit;

namespace {

PowerCheck example_power(const std::string& name) {
  std::vector<PlanFinding> findings;
  return check_power(example(name).build, Catalog::builtin().rows(), findings);
}

struct Example {
  std::string name;
  bool works;
  std::vector<std::string> findings;
};

const std::vector<Example>& examples() {
  static const std::vector<Example> kExamples = {
      {"cpu_only", true, {"info power_needed /power_supply", "info slow_storage /storage/id"}},
      {"good", true, {}},
      {"little_ram", false, {"error workload_does_not_fit /workloads/0"}},
      {"mac", true, {"warning memory_not_counted /memory"}},
      {"mini_pc", true, {}},
      {"laptop", true, {"info laptop /gpus/0/id"}},
      {"mixed_cards",
       true,
       {"warning idle_card /gpus/0", "info price_unsure /gpus/0", "info mixed_cards /gpus"}},
      {"mixed_vendors", true, {"warning mixed_vendors /gpus"}},
      {"no_common_driver", false, {"error no_common_driver /gpus/1", "info mixed_cards /gpus"}},
      {"over_budget", false, {"error budget_exceeded /budget_usd"}},
      {"power_limit",
       true,
       {"warning power_tight /power_supply/watts", "warning power_limit_low /gpus/0/power_limit_w"}},
      {"server",
       true,
       {"warning power_tight /power_supply/watts", "warning outlet /power_supply",
        "info atx_assumed /power_supply"}},
      {"single_channel", true, {"warning empty_channels /memory/modules", "info price_unsure /gpus/0"}},
      {"small_drive", false, {"error storage_too_small /storage/size", "info slow_storage /storage/id"}},
      {"thick_cards", false, {"error slot_blocked /motherboard/slots/0/spacing"}},
      {"three_on_two",
       false,
       {"error too_few_slots /motherboard/slots", "error case_too_small /case/slots",
        "info price_unsure /gpus/0"}},
      {"tight_supply", true, {"warning power_tight /power_supply/watts", "info atx_assumed /power_supply"}},
      {"too_many_users", false, {"error users_do_not_fit /workloads/0/users"}},
      {"too_slow", false, {"error workload_too_slow /workloads/0/min_tok_s", "info price_unsure /gpus/0"}},
      {"underpowered", false, {"error power_too_small /power_supply/watts"}},
      {"wrong_lanes", true, {"warning narrow_slot /motherboard/slots/0"}},
  };
  return kExamples;
}

}  // namespace

TEST_CASE("each example build has exactly the findings that it is an example of") {
  CHECK(examples().size() >= 12);
  for (const Example& one : examples()) {
    INFO(one.name);
    const BuildFile file = example(one.name);
    const CheckedPlan plan = planned(file);
    CHECK(found_in(plan) == one.findings);
    CHECK(plan.works() == one.works);
    CHECK(plan.workloads.size() == file.build.workloads.size());
    for (const PlanFinding& f : plan.findings) {
      CHECK_FALSE(f.text.empty());
      CHECK((f.severity != Severity::error || !f.fix.empty()));
    }
  }
}

TEST_CASE("every example file is in the table") {
  for (const auto& entry : std::filesystem::directory_iterator(std::string(QWENFIT_TEST_DATA) + "/builds")) {
    const std::string name = entry.path().stem().string();
    INFO(name);
    CHECK(
        std::any_of(examples().begin(), examples().end(), [&](const Example& e) { return e.name == name; }));
  }
}

TEST_CASE("a fix makes the workload do when it is made, and the cheapest comes first") {
  for (const std::string name : {"little_ram", "too_many_users", "too_slow"}) {
    INFO(name);
    const BuildFile file = example(name);
    const CheckedPlan plan = planned(file);
    const WorkloadCheck& check = plan.workloads.front();
    CHECK_FALSE(check.met());
    REQUIRE_FALSE(check.fixes.empty());
    for (const PlanFix& fix : check.fixes) {
      INFO(fix.words);
      CHECK(fix.outcome.verdict != Verdict::no_fit);
      if (check.asked->min_tok_s) CHECK(fix.outcome.tok_s.value_or(0) >= *check.asked->min_tok_s);
      CHECK((fix.pointer.starts_with("/workloads/0/") == fix.free));
    }
    for (std::size_t i = 1; i < check.fixes.size(); ++i) {
      const PlanFix& a = check.fixes[i - 1];
      const PlanFix& b = check.fixes[i];
      CHECK((a.free || !b.free));
      if (!a.free && a.usd && b.usd && a.few_bits == b.few_bits) CHECK(a.usd->middle() <= b.usd->middle());
    }
  }
}

TEST_CASE(
    "with the largest context a model may be faster than with the smallest, and a fix that is so is found") {
  // With 8k the card is too small for this quant: fast system RAM takes a part, at 18 tok/s instead of 13.
  const CheckedPlan plan = planned(parsed(R"({"gpus": [{"id": "tesla-p4"}], "memory": {"size": "32GB"},
    "cpu": {"id": "epyc-9004-12ch-4800"},
    "workloads": [{"model": "qwen3-14b", "quant": "bf16", "context": "max", "min_tok_s": 17}]})"));
  const std::vector<PlanFix>& fixes = plan.workloads.front().fixes;
  REQUIRE_FALSE(fixes.empty());
  CHECK(fixes.front().kind == "quant");
  CHECK(fixes.front().free);
}

TEST_CASE("the cheapest other card is the cheapest: no cheaper one makes the workload do") {
  const BuildFile file = example("too_slow");
  const CheckedPlan plan = planned(file);
  const auto& fixes = plan.workloads.front().fixes;
  const auto other =
      std::find_if(fixes.begin(), fixes.end(), [](const PlanFix& f) { return f.kind == "other_card"; });
  REQUIRE(other != fixes.end());
  REQUIRE(other->usd);
  const auto price_now = [](const DeviceRow& row) {
    return price_of(row, PriceWish::any, {}, Catalog::builtin().rows().date);
  };
  const auto old = price_now(*file.build.gpus.front().row);
  REQUIRE(old);
  Resolver resolver(Catalog::builtin());
  for (const DeviceRow& row : Catalog::builtin().rows().devices) {
    const auto price = price_now(row);
    const bool card = row.device_class == DeviceClass::gpu && row.vendor == "NVIDIA" &&
                      (row.segment == "desktop" || row.segment == "workstation");
    if (!card || !price || price->range().middle() - old->range().middle() >= other->usd->middle()) continue;
    Blueprint cheaper = file.build;
    cheaper.gpus.front().id = row.id;
    cheaper.gpus.front().row = &row;
    std::deque<Question> questions;
    const auto check = answer_workload(cheaper, cheaper.workloads.front(), resolver, questions);
    INFO(row.id);
    REQUIRE(check);
    CHECK_FALSE(check->met());
  }
}

TEST_CASE("fixes within the budget come first, and those above it are told") {
  const auto build = [](int budget) {
    return parsed(R"({"gpus":[{"id":"rtx3060-12gb","price_usd":250}],"budget_usd":)" +
                  std::to_string(budget) +
                  R"(,"workloads":[{"model":"27b","quant":"q4_k_m","min_tok_s":30}]})");
  };
  bool any_surely = false, any_no = false;
  for (const int budget : {300, 700, 1000, 3000}) {
    const CheckedPlan plan = planned(build(budget));
    Within before = Within::surely;
    for (const PlanFix& fix : plan.workloads.front().fixes) {
      INFO(budget << ": " << fix.words);
      CHECK(fix.within.has_value() == fix.usd.has_value());
      if (!fix.usd) continue;
      CHECK(*fix.within == within_budget({250 + fix.usd->low, 250 + fix.usd->high}, budget));
      CHECK(before <= *fix.within);
      before = *fix.within;
      any_surely = any_surely || before == Within::surely;
      any_no = any_no || before == Within::no;
      const bool told = fixes_words({fix}, 1).find("above the budget") != std::string::npos;
      CHECK(told == (before != Within::surely));
    }
  }
  CHECK(any_surely);
  CHECK(any_no);
}

TEST_CASE("two cards in the place of one are a change where they are cheaper than one") {
  const BuildFile file = parsed(R"({"gpus":[{"id":"rtx3060-12gb"}],
    "workloads":[{"model":"35b-a3b","quant":"q8_0","min_tok_s":30}]})");
  const CheckedPlan plan = planned(file);
  const auto& fixes = plan.workloads.front().fixes;
  const auto other =
      std::find_if(fixes.begin(), fixes.end(), [](const PlanFix& f) { return f.kind == "other_card"; });
  REQUIRE(other != fixes.end());
  CHECK(other->words.starts_with("2x "));
}

TEST_CASE("what a supply must bear beside cards is more than a computer draws while they decode") {
  const CatalogRows& rows = Catalog::builtin().rows();
  const PowerCheck p = example_power("cpu_only");
  CHECK(p.cards_w == 0);
  for (const HostPowerRow& host : rows.host_power) CHECK(host.watts <= p.rest_w + p.cpu_w);
  // Excursions are read off the measured rows.
  CHECK(measured_excursion(rows) > 1);
  CHECK(measured_excursion(CatalogRows{}) == 0);
}

TEST_CASE("the weakest part is what has to be changed first, with the change") {
  const auto weakest = [](const std::string& name) {
    const BuildFile file = example(name);
    const CheckedPlan plan = planned(file);
    REQUIRE(plan.weakest);
    return *plan.weakest;
  };
  for (const auto& [name, part] :
       {std::pair("underpowered", "power supply"), std::pair("tight_supply", "power supply"),
        std::pair("thick_cards", "motherboard"), std::pair("wrong_lanes", "motherboard"),
        std::pair("single_channel", "memory"), std::pair("small_drive", "storage"),
        std::pair("over_budget", "budget")}) {
    INFO(name);
    CHECK(weakest(name).name == part);
    CHECK_FALSE(weakest(name).workload);
    CHECK_FALSE(weakest(name).change.empty());
    CHECK_FALSE(weakest(name).code.empty());
  }
  // An unmet workload comes before the parts, and a build that works has nothing to change.
  CHECK(weakest("too_slow").workload == 0);
  CHECK_FALSE(weakest("too_slow").change.empty());
  CHECK(weakest("good").change.empty());
  CHECK(weakest("mac").pointer == "/gpus/0");
}

TEST_CASE("a model that is only in a guide cannot be planned for") {
  const CheckedPlan plan = planned(parsed(R"({"gpus":[{"id":"rtx3090"}],"workloads":[{"model":"14b"}]})"));
  CHECK_FALSE(plan.works());
  CHECK(found_in(plan).front() == "error not_released /workloads/0/model");
  CHECK_FALSE(plan.workloads.front().met());
  CHECK(plan.weakest->pointer == "/workloads/0/model");
}

TEST_CASE("a file that two workloads share is kept once") {
  const auto files = [](const std::string& workloads) {
    return planned(parsed(R"({"gpus":[{"id":"rtx3090"}],"workloads":[)" + workloads + "]}")).storage.files;
  };
  const std::string one = R"({"model":"27b","quant":"q4_k_m"})", other = R"({"model":"9b","quant":"q4_k_m"})";
  CHECK(files(one) > 0);
  CHECK(files(one + "," + one) == files(one));
  CHECK(files(one + "," + other) == files(one) + files(other));
}

TEST_CASE("of unknown prices none is invented, and what is owned costs nothing") {
  const auto price = [](const std::string& gpu) {
    std::vector<PlanFinding> findings;
    return check_price(parsed(R"({"gpus":[{"id":")" + gpu + R"(}],"workloads":[{"model":"9b"}]})").build,
                       Catalog::builtin().rows().date, findings);
  };
  const PriceCheck custom = price("custom:memory=24GiB\"");
  CHECK_FALSE(custom.parts.front().usd());
  CHECK(custom.known.low == 0);
  CHECK_FALSE(custom.complete);
  const PriceCheck owned = price("rtx3090\", \"count\": 2, \"price_usd\": 0");
  REQUIRE(owned.parts.front().usd());
  CHECK(owned.parts.front().usd()->high == 0);
  const PriceCheck given = price("rtx3090\", \"count\": 2, \"price_usd\": 700");
  CHECK(given.known.low == 1400);
  CHECK(price("m4-max-40c-128gb\", \"price_usd\": 3500").complete);
}

TEST_CASE("users share one context, except where the runtime keeps theirs apart") {
  const auto check = [](const std::string& runtime) {
    const BuildFile file = parsed(R"({"gpus":[{"id":"rtx5090"}],"runtime":")" + runtime +
                                  R"(","workloads":[{"model":"9b","context":"4k","users":4}]})");
    const CheckedPlan plan = planned(file);
    return std::pair(plan.workloads.front().context, plan.workloads.front().answer.settings.context);
  };
  CHECK(check("llama.cpp") == std::pair<Tokens, Tokens>(4096, 16384));
  CHECK(check("vllm") == std::pair<Tokens, Tokens>(4096, 4096));
}

TEST_CASE("a quant is chosen that is as fast as asked, if one of 4 bits is") {
  const auto chosen = [](const std::string& least) {
    const BuildFile file =
        parsed(R"({"gpus":[{"id":"rtx3090"}],"workloads":[{"model":"27b")" + least + "}]}");
    const CheckedPlan plan = planned(file);
    return std::pair(plan.workloads.front().answer.build->bits, plan.workloads.front().met());
  };
  const auto usual = chosen("");
  const auto faster = chosen(R"(,"min_tok_s":38)");
  CHECK(usual.second);
  CHECK(faster.second);
  CHECK(faster.first < usual.first);
  CHECK_FALSE(chosen(R"(,"min_tok_s":500)").second);
}

TEST_CASE("the same build gives the same plan") {
  const BuildFile file = example("too_slow");
  const CheckedPlan a = planned(file), b = planned(file);
  CHECK(found_in(a) == found_in(b));
  REQUIRE(a.workloads.front().fixes.size() == b.workloads.front().fixes.size());
  for (std::size_t i = 0; i < a.workloads.front().fixes.size(); ++i)
    CHECK(a.workloads.front().fixes[i].words == b.workloads.front().fixes[i].words);
}

TEST_CASE("a card with two GPUs is paid for, powered and put into a slot once") {
  const auto k80 = [](int count) {
    return planned(
        parsed(R"({"gpus":[{"id":"tesla-k80-per-gpu","count":)" + std::to_string(count) +
               R"(}],"cpu":{"power_w":100},"motherboard":{"slots":[{"gen":3,"lanes":16,"spacing":2},
                          {"gen":3,"lanes":16}]},"budget_usd":1000,"workloads":[{"model":"9b"}]})"));
  };
  const CheckedPlan one = k80(2), two = k80(4), half = k80(1);
  CHECK(one.power.cards_w == 300);
  CHECK(half.power.cards_w == 300);
  CHECK(two.power.cards_w == 600);
  CHECK(one.price.parts.front().usd()->high == 40);
  CHECK(two.price.parts.front().usd()->high == 80);
  CHECK(one.slots.size() == 1);
  CHECK(two.slots.size() == 2);
  CHECK(two.questions.front().machine.devices.size() == 4);
}
