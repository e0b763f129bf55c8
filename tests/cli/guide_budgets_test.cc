// The budget table of a buying guide: our pick beside the guide's, with the reason for each difference.

#include <fstream>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "advise/prices.h"
#include "catch.h"
#include "cli/support.h"

using namespace qwenfit;
using nlohmann::json;

namespace {

json guide_budgets() {
  std::ifstream in(QWENFIT_TEST_DATA "/guide_budgets.json");
  return json::parse(in).at("rows");
}

/// Model and machine that a line of `qwenfit buy` picks or recommends.
std::pair<json, json> picked(const std::string& args) {
  const json root = json::parse(run_program(words("buy " + args + " --json")).out);
  if (root.at("schema") == "qwenfit.buy/1") {
    for (const json& purchase : root.at("front")) {
      if (purchase.at("machine") == root.at("recommended"))
        return {purchase.at("runs").at(0).at("model"), purchase.at("machine")};
    }
    return {};
  }
  for (const json& row : root.at("models")) {
    if (row.at("model") == root.at("pick")) return {row.at("model"), row.at("purchase").at("machine")};
  }
  return {};
}

/// What so many of a device cost: `3xa100-pcie-80gb`.
std::optional<double> price_now(const std::string& machine) {
  const auto x = machine.find('x');
  const bool counted = x == 1 && machine[0] >= '0' && machine[0] <= '9';
  const Catalog& catalog = Catalog::builtin();
  const DeviceRow* device = catalog.device_by_id(counted ? machine.substr(x + 1) : machine);
  REQUIRE(device != nullptr);
  const auto price = price_of(*device, PriceWish::any, {}, catalog.rows().date);
  return price ? std::optional(price->usd() * (counted ? machine[0] - '0' : 1)) : std::nullopt;
}

}  // namespace

TEST_CASE("every budget of the guide has our pick, and a reason where it differs") {
  std::set<std::string> claims;
  for (const json& row : guide_budgets()) {
    const json& guide = row.at("guide");
    const auto args = row.at("args").get<std::string>();
    INFO(row.at("claim") << ": " << args);
    claims.insert(row.at("claim"));
    if (is_sampled() && args.find("mac") == std::string::npos && claims.size() > 1) continue;
    const auto [model, machine] = picked(args);
    CHECK(model == row.at("model"));
    CHECK(machine == row.at("machine"));
    const bool agrees = machine == guide.at("machine") && !guide.at("runs").is_null();
    CHECK(row.at("why").get<std::string>().empty() == agrees);

    CHECK(price_now(guide.at("machine")) == guide.at("usd").get<double>());
    if (guide.at("runs").is_null()) continue;
    const Ran ran = run_program(words("--gpu " + guide.at("machine").get<std::string>() + " --model " +
                                      guide.at("model").get<std::string>() + " --quant q4_k_m --quiet"));
    CHECK((ran.code == 0) == guide.at("runs").get<bool>());
  }
  CHECK(claims.size() == 8);
}
