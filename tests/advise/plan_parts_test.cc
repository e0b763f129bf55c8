// `qwenfit plan`: the parts of a build, one by one.

#include <algorithm>
#include <cmath>

#include "advise/plan_parts.h"
#include "advise/plan_words.h"
#include "advise/planned.h"
#include "advise/power.h"
#include "catch.h"

using namespace qwenfit;

TEST_CASE("a supply is held to the sum of ratings and to excursions by its ATX version") {
  const auto power = [](double watts, const char* atx, const char* card, int count) {
    const BuildFile file =
        parsed(std::string(R"({"gpus":[{"id":")") + card + R"(","count":)" + std::to_string(count) +
               R"(}],"cpu":{"power_w":150},"power_supply":{"watts":)" + std::to_string(watts) +
               R"(,"atx":")" + atx + R"("},"workloads":[{"model":"9b"}]})");
    std::vector<PlanFinding> findings;
    return check_power(file.build, Catalog::builtin().rows(), findings);
  };
  const PowerCheck two = power(1000, "3.1", "rtx3090", 2);
  CHECK(two.cards_w == 700);
  CHECK(two.needed_w == two.cards_w + two.cpu_w + two.rest_w);
  CHECK(power(two.needed_w - 1, "3.1", "rtx3090", 2).verdict == SupplyVerdict::too_small);
  CHECK(power(two.needed_w, "3.1", "rtx3090", 2).verdict == SupplyVerdict::tight);
  CHECK(power(two.headroom_w, "3.1", "rtx3090", 2).verdict == SupplyVerdict::enough);
  // An older supply promises no excursions, so it must be rated for them.
  CHECK(power(1000, "2.x", "rtx3090", 2).headroom_w > two.headroom_w);
}

TEST_CASE("excursions count for one card too, and so does what the processor takes") {
  const auto power = [](const char* card, double cpu, double supply, const char* atx) {
    const std::string known = *atx == '\0' ? "" : std::string(R"(,"atx":")") + atx + "\"";
    const BuildFile file = parsed(std::string(R"({"gpus":[{"id":")") + card + R"("}],"cpu":{"power_w":)" +
                                  std::to_string(cpu) + R"(},"power_supply":{"watts":)" +
                                  std::to_string(supply) + known + R"(},"workloads":[{"model":"4b"}]})");
    std::vector<PlanFinding> findings;
    return check_power(file.build, Catalog::builtin().rows(), findings);
  };
  const CatalogRows& rows = Catalog::builtin().rows();
  const PowerCheck large = power("rtx3090", 300, 750, "");
  CHECK(large.verdict == SupplyVerdict::tight);
  CHECK(large.headroom_w == std::ceil(300 + large.rest_w + measured_excursion(rows) * 350 - 1e-6));
  // With a usual processor, what people buy for a card is enough, and half as much is not.
  constexpr double kUsualCpu = 125;
  struct Usual {
    const char* card;
    double supply;
    const char* atx;
  };
  for (const Usual& u : {Usual{"rtx3060-12gb", 550, ""}, Usual{"rtx4070", 650, ""}, Usual{"rtx3090", 850, ""},
                         Usual{"rtx4090", 1000, ""}, Usual{"rtx5090", 1000, "3.1"}}) {
    INFO(u.card);
    CHECK(power(u.card, kUsualCpu, u.supply, u.atx).verdict == SupplyVerdict::enough);
    CHECK(power(u.card, kUsualCpu, u.supply / 2, u.atx).verdict != SupplyVerdict::enough);
  }
  // An older supply of that size promises nothing for the excursions of the largest card.
  CHECK(power("rtx5090", kUsualCpu, 1000, "").verdict == SupplyVerdict::tight);
  // Never less than is recommended for a computer with the card.
  const double recommended = *Catalog::builtin().device_by_id("rtx3090")->psu_w;
  CHECK(power("rtx3090", 65, recommended, "3.1").headroom_w == recommended);
}

TEST_CASE("figures in the words about a supply are those of the catalog") {
  std::vector<PowerRuleRow> rules(Catalog::builtin().rows().power_rules.begin(),
                                  Catalog::builtin().rows().power_rules.end());
  for (PowerRuleRow& row : rules) {
    if (row.id == "excursion-time") row.value = 77;
    if (row.id == "power-limit-harmless") row.value = 0.5;
    if (row.id == "outlet-us") row.about = "what a test gives";
  }
  CatalogRows rows = Catalog::builtin().rows();
  rows.power_rules = rules;
  std::vector<PlanFinding> findings;
  check_power(parsed(R"({"gpus":[{"id":"rtx3090","count":8,"power_limit_w":160}],
    "power_supply":{"watts":1700,"atx":"3.1"},"workloads":[{"model":"9b"}]})")
                  .build,
              rows, findings);
  std::string all;
  for (const PlanFinding& f : findings) all += f.text + "\n";
  INFO(all);
  CHECK(all.find("for 77 microseconds") != std::string::npos);
  CHECK(all.find("less than 50 % of the card's 350 W") != std::string::npos);
  CHECK(all.find("more than what a test gives") != std::string::npos);
}

TEST_CASE("no supply is called enough for a card of unknown power") {
  const auto verdict = [](const std::string& card, int watts) {
    const BuildFile file = parsed(R"({"gpus":[{"id":"custom:memory=24GiB")" + card + R"(}],
      "power_supply":{"watts":)" + std::to_string(watts) +
                                  R"(},"workloads":[{"model":"9b"}]})");
    std::vector<PlanFinding> findings;
    return check_power(file.build, Catalog::builtin().rows(), findings).verdict;
  };
  CHECK(verdict("", 2000) == SupplyVerdict::unknown);
  CHECK(verdict("", 100) == SupplyVerdict::too_small);
  CHECK(verdict(R"(,"power_limit_w":200)", 2000) == SupplyVerdict::enough);
}

TEST_CASE("a processor has no more memory channels than it has") {
  const auto build = [](const std::string& memory) {
    return parsed(
        R"({"gpus":[{"id":"rtx3060-12gb"}],"cpu":{"id":"ryzen-9-9950x"},"memory":{"size":"128GB",)" + memory +
        R"(},"workloads":[{"model":"122b-a10b","quant":"q4_k_m"}]})");
  };
  const CheckedPlan own = planned(build(R"("channels":2)"));
  const CheckedPlan eight = planned(build(R"("channels":8)"));
  CHECK(found_in(eight).front() == "warning too_many_channels /memory/channels");
  CHECK(found_in(own).size() + 1 == found_in(eight).size());
  REQUIRE(eight.memory);
  CHECK(eight.memory->use.available == 2);
  CHECK(eight.memory->use.bandwidth_bytes_per_s == own.memory->use.bandwidth_bytes_per_s);
  CHECK(eight.workloads.front().tok_s == own.workloads.front().tok_s);
  // A board may have fewer than the processor.
  CHECK(planned(build(R"("channels":1)")).memory->use.available == 1);
}

TEST_CASE("modules that do not share channels evenly are told") {
  const auto found = [](int modules) {
    return found_in(planned(parsed(R"({"cpu":{"id":"ryzen-9-9950x"},"memory":{"size":"96GB","modules":)" +
                                   std::to_string(modules) + R"(},"workloads":[{"model":"9b"}]})")));
  };
  CHECK(found(3).front() == "warning uneven_modules /memory/modules");
  for (const int modules : {2, 4}) {
    for (const std::string& finding : found(modules)) CHECK(finding.find("modules") == std::string::npos);
  }
}

TEST_CASE("channels that memory names after --cpu are those in use") {
  const BuildFile file = parsed(R"({"cpu":{"id":"ddr5-6000x1"},"memory":{"size":"32GB"},
    "workloads":[{"model":"9b"}]})");
  const MemoryInUse use = memory_in_use(file.build);
  CHECK(use.channels == 1);
  CHECK(use.channels_known);
}

TEST_CASE("memory of another kind is neither overlooked nor proposed") {
  const CheckedPlan plan = planned(parsed(R"({"cpu":{"id":"ryzen-7-5700x3d"},
    "memory":{"size":"64GB","type":"ddr5","speed_mts":5600},"workloads":[{"model":"9b"}]})"));
  CHECK(found_in(plan).front() == "warning memory_type /memory/type");
  const CheckedPlan slow = planned(parsed(R"({"cpu":{"id":"ryzen-7-5700x3d"},"memory":{"size":"64GB"},
    "workloads":[{"model":"9b","quant":"q4_k_m","min_tok_s":8.5}]})"));
  for (const PlanFix& fix : slow.workloads.front().fixes) CHECK(fix.kind != "faster_ram");
}

TEST_CASE("what is said of a mix of cards is what the answer does with them") {
  const auto text_of = [](const CheckedPlan& plan, std::string_view code) {
    for (const PlanFinding& f : plan.findings) {
      if (f.code == code) return f.text;
    }
    return std::string();
  };
  const CheckedPlan idle = planned(example("mixed_cards"));
  const auto layers = layers_by_device(idle.workloads.front().answer);
  REQUIRE(layers.size() == 2);
  const std::string mix = text_of(idle, "mixed_cards");
  INFO(mix);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string& name = idle.questions.front().machine.devices[i].name;
    const std::string held = layers[i] == 0 ? " nothing" : " " + std::to_string(layers[i]) + " of ";
    CHECK(mix.find(name + held) != std::string::npos);
  }
  CHECK(mix.find("takes longest") == std::string::npos);
  CHECK(text_of(idle, "idle_card").find("3060") != std::string::npos);
  const CheckedPlan both = planned(parsed(R"({"gpus":[{"id":"rtx3060-12gb"},{"id":"rtx3090"}],
    "workloads":[{"model":"27b","quant":"q8_0"}]})"));
  CHECK(text_of(both, "idle_card").empty());
  CHECK(text_of(both, "mixed_cards").find("3060 12GB (360 GB/s) takes longest for a layer") !=
        std::string::npos);
  // Of equal cards one may be idle as well.
  const CheckedPlan four = planned(parsed(R"({"gpus":[{"id":"rtx3090","count":4}],
    "workloads":[{"model":"2b","quant":"q4_k_m"}]})"));
  CHECK(text_of(four, "idle_card").find("3 of 4 ") == 0);
}

TEST_CASE("what a Mac brings itself is told to be left out") {
  const CheckedPlan plan = planned(parsed(R"({"gpus":[{"id":"m4-max-40c-128gb","power_limit_w":100,
    "slot_pcie_gen":4,"slot_lanes":8}],"cpu":{"id":"ryzen-9-9950x"},"case":{"slots":3},
    "motherboard":{"slots":[{"gen":5,"lanes":16}]},"workloads":[{"model":"27b"}]})"));
  const auto found = found_in(plan);
  for (const char* finding :
       {"info cpu_not_counted /cpu", "info case_not_counted /case", "info board_not_counted /motherboard",
        "info slot_not_counted /gpus/0/slot_lanes", "info slot_not_counted /gpus/0/slot_pcie_gen",
        "info limit_not_counted /gpus/0/power_limit_w"}) {
    INFO(finding);
    CHECK(std::count(found.begin(), found.end(), finding) == 1);
  }
}

TEST_CASE("of a laptop neither supply nor slots are checked, and it is given no other card") {
  const CheckedPlan plan = planned(parsed(R"({"gpus":[{"id":"rtx4090-laptop"}],"power_supply":{"watts":300},
    "memory":{"size":"16GB"},"workloads":[{"model":"122b-a10b","quant":"q4_k_m"}]})"));
  CHECK(plan.power.verdict == SupplyVerdict::none);
  CHECK(plan.slots.empty());
  CHECK(plan.price.parts.size() == 1);
  const auto& fixes = plan.workloads.front().fixes;
  CHECK(std::any_of(fixes.begin(), fixes.end(), [](const PlanFix& f) { return f.kind == "more_ram"; }));
  for (const PlanFix& fix : fixes) CHECK_FALSE(fix.kind.ends_with("_card"));
}

TEST_CASE("cards are dealt to slots in any order in which they fit board and case") {
  const auto found = [](const std::string& gpus, const std::string& slots, const char* housing) {
    const BuildFile file = parsed(R"({"gpus":[)" + gpus + R"(],"motherboard":{"slots":[)" + slots +
                                  R"(]},"case":{"slots":)" + housing + R"(},"workloads":[{"model":"4b"}]})");
    std::vector<PlanFinding> findings;
    const auto cards = check_slots(file.build, findings);
    std::string words;
    for (const SlotCheck& card : cards) words += std::to_string(card.board_slot.value_or(9));
    for (const PlanFinding& f : findings) words += " " + std::string(f.code);
    return words;
  };
  const auto slot = [](int spacing) {
    return R"({"gen":4,"lanes":16,"spacing":)" + std::to_string(spacing) + "}";
  };
  const std::string three = slot(2) + "," + slot(2) + "," + slot(3);
  REQUIRE(Catalog::builtin().device_by_id("rtx3090")->slots == 3);
  CHECK(found(R"({"id":"rtx3090","count":2})", three, "8") == "02");
  CHECK(found(R"({"id":"rtx3090","count":2})", three, "6") == "02 case_too_small");
  CHECK(found(R"({"id":"rtx3090","count":3})", three, "8") == "012 slot_blocked slot_blocked");
  // The narrow card goes where the wide one does not fit.
  REQUIRE(Catalog::builtin().device_by_id("rtx3060-12gb")->slots == 2);
  CHECK(found(R"({"id":"rtx3090"},{"id":"rtx3060-12gb"})", slot(2) + "," + slot(3), "8") == "10");
}

TEST_CASE("a slot named with the card counts, in its id as in its keys, and the board's is told") {
  const auto plan_of = [](const std::string& gpu) {
    return planned(parsed(R"({"gpus":[{)" + gpu +
                          R"(}],"motherboard":{"slots":[{"gen":4,"lanes":16}]},"memory":{"size":"64GB"},)"
                          R"("workloads":[{"model":"122b-a10b","quant":"q4_k_m"}]})"));
  };
  const auto has_code = [](const CheckedPlan& plan, std::string_view code) {
    return std::any_of(plan.findings.begin(), plan.findings.end(),
                       [&](const PlanFinding& f) { return f.code == code; });
  };
  const CheckedPlan id = plan_of(R"("id":"rtx3090:pcie=3x4")");
  const CheckedPlan keys = plan_of(R"("id":"rtx3090","slot_pcie_gen":3,"slot_lanes":4)");
  for (const CheckedPlan* plan : {&id, &keys}) {
    CHECK(plan->slots.front().lanes == 4);
    CHECK(has_code(*plan, "narrow_slot"));
    CHECK(has_code(*plan, "slot_overridden"));
  }
  const CheckedPlan board = plan_of(R"("id":"rtx3090")");
  CHECK_FALSE(has_code(board, "narrow_slot"));
  CHECK_FALSE(has_code(board, "slot_overridden"));
}

TEST_CASE("a narrow slot that costs nothing visible is no finding") {
  const CheckedPlan plan = planned(parsed(
      R"({"gpus":[{"id":"rtx3090"}],"motherboard":{"slots":[{"gen":4,"lanes":8}]},"storage":{"id":"sata-ssd"},)"
      R"("workloads":[{"model":"4b"}]})"));
  for (const PlanFinding& f : plan.findings) CHECK(f.code != "narrow_slot");
}

TEST_CASE("a supply of the watts that are shown is enough, and without one the standard is told") {
  const BuildFile file =
      parsed(R"({"gpus":[{"id":"rtx3090"}],"cpu":{"power_w":65.4},"workloads":[{"model":"4b"}]})");
  std::vector<PlanFinding> findings;
  BuildFile with = file;
  const PowerCheck asked = check_power(file.build, Catalog::builtin().rows(), findings);
  CHECK(asked.headroom_w == std::floor(asked.headroom_w));
  REQUIRE_FALSE(findings.empty());
  CHECK(findings.front().code == "power_needed");
  CHECK(findings.front().text.find("ATX 2.x") != std::string::npos);
  with.build.supply = PlannedSupply{asked.headroom_w, "", {}};
  CHECK(check_power(with.build, Catalog::builtin().rows(), findings).verdict == SupplyVerdict::enough);
}

TEST_CASE("cards beside that of a laptop are a fault, wherever they stand") {
  for (const auto& [gpus, at] : {std::pair(R"({"id":"rtx4090-laptop"},{"id":"rtx3090"})", "/gpus/1"),
                                 std::pair(R"({"id":"rtx3090"},{"id":"rtx4090-laptop"})", "/gpus/0"),
                                 std::pair(R"({"id":"rtx4090-laptop","count":2})", "/gpus/0")}) {
    const CheckedPlan plan =
        planned(parsed(std::string(R"({"gpus":[)") + gpus + R"(],"workloads":[{"model":"9b"}]})"));
    INFO(gpus);
    const auto found = found_in(plan);
    CHECK(std::find(found.begin(), found.end(), std::string("error laptop_takes_no_cards ") + at) !=
          found.end());
    CHECK_FALSE(plan.works());
  }
}

TEST_CASE("cards that no driver runs together are a fault of the older one") {
  const auto faults = [](const std::string& gpus) {
    std::vector<PlanFinding> found;
    report_drivers(parsed(R"({"gpus":[)" + gpus + R"(],"workloads":[{"model":"9b"}]})").build, found);
    std::string words;
    for (const PlanFinding& f : found) {
      CHECK(f.severity == Severity::error);
      words += f.pointer + " " + f.text + "\n";
    }
    return words;
  };
  const std::string k80 = R"({"id":"tesla-k80-per-gpu"})";
  const std::string three = faults(R"({"id":"rtx4090"},{"id":"rtx5090","count":2},)" + k80);
  INFO(three);
  CHECK(three.starts_with("/gpus/2 "));
  CHECK(three.find("RTX 4090 and NVIDIA GeForce RTX 5090: branch 470") != std::string::npos);
  CHECK(std::count(three.begin(), three.end(), '\n') == 1);
  CHECK(faults(k80 + R"(,{"id":"rtx5090"})").starts_with("/gpus/0 "));
  for (const char* other :
       {"rtx3090", "gtx1080ti", "rx7900xtx", "custom:memory=24GiB", "tesla-k80-per-gpu"}) {
    INFO(other);
    CHECK(faults(k80 + R"(,{"id":")" + other + R"("})").empty());
  }
  CHECK(faults(R"({"id":"tesla-p40"},{"id":"rtx5090"})").empty());
}

TEST_CASE("no card is proposed that no driver runs beside the others") {
  const auto other_card = [](const char* first) {
    const CheckedPlan plan = planned(
        parsed(std::string(R"({"gpus":[)") + first +
               R"({"id":"gtx1660super"}],"workloads":[{"model":"27b","quant":"q8_0","min_tok_s":30}]})"));
    std::string words;
    for (const PlanFix& fix : plan.workloads.front().fixes) {
      if (fix.kind == "other_card") words = fix.words;
    }
    return words;
  };
  CHECK(other_card("").find("RTX 5090") != std::string::npos);
  // It may stand in the place of the old card alone.
  CHECK(other_card(R"({"id":"tesla-k80-per-gpu"},)") ==
        "NVIDIA GeForce RTX 5090 instead of NVIDIA Tesla K80");
}

TEST_CASE("what is missing is never shown as nothing") {
  CHECK(short_amount(0.04) == "0.04");
  CHECK(short_amount(0.001) == "less than 0.01");
  CHECK(short_amount(0.999) == "1");
  CHECK(short_amount(0.52) == "0.52");
  CHECK(short_amount(3.25) == "3.3");
}
