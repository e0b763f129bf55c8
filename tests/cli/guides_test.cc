// The set-ups of the buying guides, with bounds from physics and measurements rather than from this program.

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "catch.h"
#include "cli/support.h"
#include "nlohmann/json.hpp"

using namespace qwenfit;
using nlohmann::json;

namespace {

json guide_setups() {
  std::ifstream in(QWENFIT_TEST_DATA "/guide_setups.json");
  return json::parse(in)["rows"];
}

std::vector<std::string> arguments(const json& row) {
  auto args = row["args"].get<std::vector<std::string>>();
  args.emplace_back("--quant");
  args.push_back(row.value("quant", "q4_k_m"));
  return args;
}

Ran run_json(std::vector<std::string> args) {
  args.emplace_back("--json");
  return run_program(args);
}

/// Notes about a guide's figure: codes, sorted.
std::vector<std::string> guide_notes(const json& result) {
  std::vector<std::string> codes;
  for (const json& note : result["notes"]) {
    const auto code = note["code"].get<std::string>();
    if (code.starts_with("guide_") && code != "guide_only") codes.push_back(code);
  }
  std::sort(codes.begin(), codes.end());
  return codes;
}

void check_question(const json& row) {
  const Ran ran = run_json(arguments(row));
  CHECK(ran.code == 2);
  const json names = json::parse(ran.out)["error"]["did_you_mean"];
  for (const json& choice : row["choices"])
    CHECK(std::find(names.begin(), names.end(), choice) != names.end());
}

void check_answer(const json& row) {
  const Ran ran = run_json(arguments(row));
  const json result = json::parse(ran.out)["results"].at(0);
  INFO(result.dump());
  const json& verdicts = row["verdict"];
  CHECK(std::find(verdicts.begin(), verdicts.end(), result["verdict"]) != verdicts.end());
  CHECK((ran.code == 1) == (result["verdict"] == "no_fit"));
  if (row.contains("tok_s")) {
    const double tok_s = result["speed"]["decode"]["tok_s"].get<double>();
    CHECK(tok_s >= row["tok_s"][0].get<double>());
    CHECK(tok_s <= row["tok_s"][1].get<double>());
    CHECK(result["speed"]["decode"]["high"].get<double>() <= row["tok_s"][1].get<double>() * 1.1);
  }
  if (row.contains("notes")) CHECK(guide_notes(result) == row["notes"].get<std::vector<std::string>>());
}

}  // namespace

TEST_CASE("the guides' set-ups answer with numbers, and with a note where the guide is wrong") {
  const json rows = guide_setups();
  for (std::size_t i = 0; i < rows.size(); i += std::min<std::size_t>(sample_stride(), 5)) {
    const json& row = rows[i];
    INFO(row["name"].get<std::string>());
    row.contains("choices") ? check_question(row) : check_answer(row);
  }
}

TEST_CASE("a guide's error about another quant than the best is told, with the quant") {
  for (const char* line : {"--gpu rtx5080 --model 27b", "--gpu 2xrtx4090 --model 122b-a10b"}) {
    const std::string screen = run_program(words(line)).out;
    INFO(screen);
    CHECK(screen.find(": the Compute Market guide") != std::string::npos);
  }
}

TEST_CASE("a guide's error is told on the first screen and explained") {
  for (const std::vector<std::string>& command : {std::vector<std::string>{}, {"explain"}}) {
    auto args = command;
    for (const char* arg : {"--gpu", "m3 max 128gb", "--model", "70b", "--quant", "q4_k_m"})
      args.emplace_back(arg);
    const Ran ran = run_program(args);
    CHECK(ran.out.find("LocalRig guide, 2026 (lr-092)") != std::string::npos);
  }
}

TEST_CASE("a guide is held to its word only where it speaks") {
  const std::vector<std::string> asked = {"--gpu", "m3 max 128gb", "--model", "70b", "--quant", "q4_k_m"};
  for (const std::vector<std::string>& other :
       {std::vector<std::string>{"--parallel", "4"}, {"--depth", "16k", "--ctx", "32k"}, {"--ctx", "64k"}}) {
    auto args = asked;
    args.insert(args.end(), other.begin(), other.end());
    CHECK(guide_notes(json::parse(run_json(args).out)["results"].at(0)).empty());
  }
  // Another quant, another machine.
  CHECK(
      guide_notes(
          json::parse(run_json({"--gpu", "m3 max 128gb", "--model", "70b", "--quant", "q8_0"}).out)["results"]
              .at(0))
          .empty());
  CHECK(guide_notes(json::parse(run_json({"--gpu", "rtx3090", "--gpu", "rtx4090", "--ram", "64GB", "--model",
                                          "122b-a10b", "--quant", "q4_k_m"})
                                    .out)["results"]
                        .at(0))
            .empty());
}
