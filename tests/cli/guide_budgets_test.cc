// The budget table of a buying guide: our pick beside the guide's, with the reasons for each difference.

#include <fstream>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "advise/offers.h"
#include "catch.h"
#include "cli/support.h"

using namespace qwenfit;
using nlohmann::json;

namespace {

json guide_budgets() {
  std::ifstream in(QWENFIT_TEST_DATA "/guide_budgets.json");
  return json::parse(in).at("rows");
}

/// What a line of `qwenfit buy` picks or recommends.
struct BudgetPick {
  json model, machine, budget;
  double tok_s = 0;
};

BudgetPick picked(const std::string& args) {
  const json root = json::parse(run_program(words("buy " + args + " --json")).out);
  BudgetPick pick{nullptr, nullptr, root.at("wish").at("budget_usd"), 0};
  const auto take = [&](const json& purchase) {
    pick.model = purchase.at("runs").at(0).at("model");
    pick.machine = purchase.at("machine");
    pick.tok_s = purchase.at("tok_s").get<double>();
  };
  if (root.at("schema") == "qwenfit.buy/1") {
    for (const json& purchase : root.at("front")) {
      if (purchase.at("machine") == root.at("recommended")) take(purchase);
    }
    return pick;
  }
  for (const json& row : root.at("models")) {
    if (row.at("model") == root.at("pick")) take(row.at("purchase"));
  }
  return pick;
}

/// So many of a device, as `3xa100-pcie-80gb`, at what they cost now.
Offer offer_of(const std::string& machine) {
  const auto x = machine.find('x');
  const bool counted = x == 1 && machine[0] >= '0' && machine[0] <= '9';
  const Catalog& catalog = Catalog::builtin();
  Offer offer;
  offer.device = catalog.device_by_id(counted ? machine.substr(x + 1) : machine);
  REQUIRE(offer.device != nullptr);
  if (counted) offer.count = static_cast<std::uint32_t>(machine[0] - '0');
  offer.price = price_of(*offer.device, PriceWish::any, {}, catalog.rows().date);
  return offer;
}

const ModelRow& model_of(const std::string& name) {
  const auto row = Catalog::builtin().model(name);
  REQUIRE(row);
  return **row;
}

/// tok/s of the guide's model on the guide's machine; 0 where it does not run.
double guides_tok_s(const json& guide) {
  const Ran ran = run_program(words("--gpu " + guide.at("machine").get<std::string>() + " --model " +
                                    guide.at("model").get<std::string>() + " --quant q4_k_m --json"));
  const json result = json::parse(ran.out).at("results").at(0);
  return ran.code == 0 ? result.at("speed").at("decode").at("tok_s").get<double>() : 0;
}

/// Whether a reason for a difference is true.
bool holds(const std::string& reason, const BudgetPick& ours, const json& guide) {
  const Offer theirs = offer_of(guide.at("machine"));
  const ModelRow& named = model_of(guide.at("model"));
  if (reason == "never_released") return named.status == ModelStatus::guide_only;
  if (reason == "larger_model")
    return !ours.model.is_null() && model_of(ours.model).total_params > named.total_params;
  if (reason == "costs_more")
    return theirs.price && within_budget(*theirs.cost(), ours.budget.get<double>()) == Within::no;
  if (reason == "no_sure_price") {
    const bool firm = theirs.price && theirs.price->firm();
    return !firm || (ours.budget.is_number() &&
                     within_budget(*theirs.cost(), ours.budget.get<double>()) == Within::perhaps);
  }
  if (reason == "faster") return ours.model == named.id && ours.tok_s > guides_tok_s(guide);
  FAIL("no such reason: " << reason);
  return false;
}

void check_price(const json& guide) {
  const auto cost = offer_of(guide.at("machine")).cost();
  const json& usd = guide.at("usd");
  CHECK(cost.has_value() == !usd.is_null());
  if (!cost || usd.is_null()) return;
  CHECK(cost->low == usd.at(0).get<double>());
  CHECK(cost->high == usd.at(1).get<double>());
}

}  // namespace

TEST_CASE("every budget of the guide has our pick, and reasons that are true where it differs") {
  std::set<std::string> claims;
  for (const json& row : guide_budgets()) {
    const json& guide = row.at("guide");
    const auto args = row.at("args").get<std::string>();
    INFO(row.at("claim") << ": " << args);
    claims.insert(row.at("claim"));
    if (is_sampled() && args.find("mac") == std::string::npos && claims.size() > 1) continue;
    const BudgetPick ours = picked(args);
    CHECK(ours.model == row.at("model"));
    CHECK(ours.machine == row.at("machine"));
    const bool agrees = ours.machine == guide.at("machine") && !guide.at("runs").is_null();
    CHECK(row.at("why").empty() == agrees);
    for (const json& reason : row.at("why")) {
      INFO(reason);
      CHECK(holds(reason, ours, guide));
    }

    check_price(guide);
    if (guide.at("runs").is_null()) continue;
    CHECK((guides_tok_s(guide) > 0) == guide.at("runs").get<bool>());
  }
  CHECK(claims.size() == 8);
}

TEST_CASE("a false reason for a difference is found out") {
  const json guide = {{"machine", "rtx3090"}, {"model", "27b"}, {"usd", {800, 800}}, {"runs", true}};
  const BudgetPick ours{"qwen3.5-9b", "rtx3060-12gb", 1000, 40};
  for (const char* reason : {"never_released", "larger_model", "costs_more", "no_sure_price", "faster"}) {
    INFO(reason);
    CHECK_FALSE(holds(reason, ours, guide));
  }
}
