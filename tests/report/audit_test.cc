#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "catch.h"
#include "cli/support.h"
#include "report/format.h"
#include "support/schema_check.h"
#include "support/sampling.h"
#include "support/text.h"

using namespace qwenfit;
using nlohmann::json;

namespace {

/// All of them; a few in a sampled run.
std::string some_claims() {
  return is_sampled() ? "claims --gpu rtx4090" : "claims";
}

}  // namespace

TEST_CASE("claims are the same in every format") {
  const Ran document = run_program(words(some_claims() + " --json"));
  REQUIRE(document.code == 0);
  CHECK(schema_faults("qwenfit.claims", document.out) == "");
  const json claims = json::parse(document.out).at("claims");
  REQUIRE((is_sampled() || claims.size() == 105));

  const std::string table = run_program(words(some_claims())).out;
  const std::string csv = run_program(words(some_claims() + " --csv")).out;
  const std::string markdown = run_program(words(some_claims() + " --markdown")).out;
  CHECK(static_cast<std::size_t>(std::count(csv.begin(), csv.end(), '\n')) == claims.size() + 1);
  std::map<std::string, int> counts;
  for (const json& claim : claims) {
    const auto id = claim.at("id").get<std::string>();
    INFO(id);
    ++counts[claim.at("verdict").get<std::string>()];
    CHECK(has(table, " " + id + "  "));
    CHECK(has(csv, "\n" + id + ","));
    CHECK(has(markdown, "| " + id + " |"));
    CHECK_FALSE(claim.at("why").get<std::string>().empty());
  }
  const std::string line = run_program(words(some_claims() + " --quiet")).out;
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  for (const auto& [verdict, count] : counts) {
    const std::string shown = verdict == "not_checkable" ? "not checkable" : verdict.substr(0, 5);
    CHECK(has(line, std::to_string(count) + " " + shown));
  }
}

TEST_CASE("the schema of claims refuses what the contract does not have") {
  json document = json::parse(run_program(words("claims cm-105 --json")).out);
  document["claims"][0]["verdict"] = "wrong";
  CHECK(schema_faults("qwenfit.claims", document.dump()) != "");
  document["claims"][0]["verdict"] = "agrees";
  CHECK(schema_faults("qwenfit.claims", document.dump()) == "");
  document["claims"][0]["figures"] = json::array();
  CHECK(schema_faults("qwenfit.claims", document.dump()) != "");
}

TEST_CASE("claims keep the width of the screen") {
  for (const unsigned width : {40U, 80U, 120U}) {
    Environment env;
    env.width = width;
    const std::string out = run_program(words(some_claims()), "", env).out;
    std::size_t begin = 0, widest = 0;
    for (std::size_t end = out.find('\n'); end != std::string::npos; end = out.find('\n', begin)) {
      widest = std::max(widest, display_width(out.substr(begin, end - begin)));
      begin = end + 1;
    }
    CHECK(widest <= width);
  }
}
