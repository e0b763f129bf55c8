// What to buy and where models run, in every format.

#include <algorithm>
#include <sstream>

#include <nlohmann/json.hpp>

#include "catch.h"
#include "cli/support.h"
#include "report/format.h"
#include "support/sampling.h"
#include "support/schema_check.h"
#include "support/text.h"

using namespace qwenfit;
using nlohmann::json;

namespace {

long lines(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

json document(const std::string& schema, const std::string& line) {
  const Ran ran = run_program(words(line + " --json"));
  INFO(line << ": " << ran.err);
  CHECK(schema_faults(schema, ran.out) == "");
  return json::parse(ran.out);
}

}  // namespace

/// The first `few` of the questions where the build is slow: they ask about few machines.
void check_documents(const std::string& schema, const std::vector<const char*>& lines, std::size_t few) {
  const std::size_t count = is_sampled() ? few : lines.size();
  for (std::size_t i = 0; i < count; ++i) document(schema, lines[i]);
}

TEST_CASE("documents keep their schemas, with and without anything to buy") {
  check_documents("qwenfit.buy",
                  {"buy --model 397b-a17b --class mini-pc", "buy --model 27b --budget 20",
                   "buy --model 9b --class mac --new", "buy --model 27b",
                   "buy --model 27b,35b-a3b --budget 2000 --power-price 0.3 --api-price 2",
                   "buy --model 9b --from rtx3060-12gb --used", "buy --model 35b-a3b --from 2xrtx3060-12gb"},
                  3);
  check_documents("qwenfit.budget",
                  {"buy --budget 5", "buy --budget 3000 --class mini-pc", "buy --budget 500",
                   "buy --budget 1200 --from 2xrtx3060-12gb"},
                  2);
  check_documents(
      "qwenfit.lookup",
      {"--model 397b-a17b --class mini-pc", "--model 9b --class mini-pc", "--model 27b --min-tps 30 --used"},
      2);
}

TEST_CASE("purchases are the same on the screen, in CSV, Markdown and JSON") {
  const std::string line = few("buy --model 27b --budget 1500");
  const json root = document("qwenfit.buy", line);
  const std::string screen = run_program(words(line)).out;
  const std::string csv = run_program(words(line + " --csv")).out;
  const std::string markdown = run_program(words(line + " --markdown")).out;
  constexpr std::size_t kShown = 12;
  for (const char* list : {"front", "unsure"}) {
    std::size_t shown = 0;
    for (const json& purchase : root.at(list)) {
      const std::string name = purchase.at("machine");
      INFO(name);
      // Of the uncertain ones a screen shows the first.
      if (shown++ < kShown) CHECK(has(screen, name));
      CHECK(has(csv, std::string(list) + "," + name + ","));
      CHECK(has(markdown, "| " + name + " |"));
    }
  }
  CHECK(lines(csv) == 1 + static_cast<long>(root.at("front").size() + root.at("unsure").size()));
  const std::string quiet = run_program(words(line + " --quiet")).out;
  CHECK(lines(quiet) == 1);
  CHECK(has(quiet, root.at("recommended").get<std::string>()));
  CHECK(root.at("verdict").at(0).get<std::string>() + "\n" == quiet);
}

TEST_CASE("CSV and JSON of a look-up list every machine, the screen a dozen of each group") {
  const std::string line = few("--model 9b");
  const json root = document("qwenfit.lookup", line);
  std::size_t all = 0, best = 0;
  for (const json& group : root.at("groups")) {
    all += group.at("machines").size();
    for (const json& machine : group.at("machines")) best += machine.at("best").size();
  }
  CHECK(best <= 48);
  CHECK(lines(run_program(words(line + " --csv")).out) == 1 + static_cast<long>(all));
  CHECK(lines(run_program(words(line)).out) < 80);
  CHECK(lines(run_program(words(line + " --quiet")).out) == 1);
}

TEST_CASE("screens of purchases keep their width") {
  for (const unsigned width : {40U, 64U, 80U, 100U, 160U}) {
    Environment env;
    env.width = width;
    for (const char* line : {"buy --model 27b --api-price 1 --power-price 0.2", "buy --budget 1000",
                             "buy --model 9b --from rtx3060-12gb", "--model 27b"}) {
      std::istringstream screen(run_program(words(few(line)), "", env).out);
      for (std::string text; std::getline(screen, text);) {
        INFO("width " << width << ": " << text);
        CHECK(display_width(text) <= width);
      }
    }
  }
}

TEST_CASE("unknown prices are unknown, never zero") {
  const json root = document("qwenfit.lookup", few("--model 27b"));
  bool any_unknown = false;
  for (const json& group : root.at("groups")) {
    for (const json& machine : group.at("machines")) {
      CHECK(machine.at("price_usd").is_null() == machine.at("price_each").is_null());
      any_unknown = any_unknown || machine.at("price_usd").is_null();
    }
  }
  CHECK(any_unknown);
}
