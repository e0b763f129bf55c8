#include <algorithm>

#include <nlohmann/json.hpp>

#include "catch.h"
#include "cli/support.h"
#include "report/schema_check.h"
#include "support/text.h"

using namespace qwenfit;
using nlohmann::json;

namespace {}  // namespace

TEST_CASE("a comparison is the same in every format") {
  const std::string line = "compare rtx3090 rtx3060-8gb --model 27b,397b-a17b";
  const Ran document = run_program(words(line + " --json"));
  CHECK(schema_faults("qwenfit.compare", document.out) == "");
  const json root = json::parse(document.out);
  for (const json& machine : root.at("machines")) {
    CHECK(machine.at("results").size() == 2);
    const json fit = {{"schema", "qwenfit.fit/1"},        {"version", root.at("version")},
                      {"catalog", root.at("catalog")},    {"status", "fits"},
                      {"results", machine.at("results")}, {"advice", nullptr}};
    CHECK(schema_faults("qwenfit.fit", fit.dump()) == "");
  }
  CHECK(root.at("standings").at(1).at("leader").is_null());
  const Ran csv = run_program(words(line + " --csv"));
  CHECK(std::count(csv.out.begin(), csv.out.end(), '\n') == 5);
  CHECK(has(run_program(words(line + " --markdown")).out, "| rtx3060-8gb |"));
  CHECK(has(run_program(words(line)).out, "Qwen3.5-397B-A17B fits on none of them."));
}
