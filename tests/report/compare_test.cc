#include <algorithm>
#include <sstream>

#include <nlohmann/json.hpp>

#include "catch.h"
#include "cli/support.h"
#include "support/schema_check.h"
#include "support/text.h"

using namespace qwenfit;
using nlohmann::json;

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
  const json& first = root.at("standings").at(0);
  CHECK(first.at("quant") == "q4_k_m");
  CHECK(first.at("max_context_tokens").at(0).get<int>() > 0);
  CHECK(first.at("max_context_tokens").at(1).is_null());
  const Ran csv = run_program(words(line + " --csv"));
  CHECK(std::count(csv.out.begin(), csv.out.end(), '\n') == 5);
  CHECK(has(run_program(words(line + " --markdown")).out, "| rtx3060-8gb |"));
  std::istringstream rows(csv.out);
  std::string head, row;
  std::getline(rows, head);
  CHECK(
      head.ends_with("compared_quant,compared_file_bytes,compared_max_context_tokens,compared_decode_tok_s"));
  std::getline(rows, row);
  CHECK(has(row, ",q4_k_m," + first.at("file_bytes").at(0).dump() + "," +
                     first.at("max_context_tokens").at(0).dump() + ","));
  const Ran markdown = run_program(words(line + " --markdown"));
  for (const json& sentence : root.at("verdict")) CHECK(has(markdown.out, sentence.get<std::string>()));
  CHECK(has(run_program(words(line)).out, "fits on none of them."));
}
