#include "report/explain.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "report/fixture.h"
#include "report/format.h"
#include "report/golden.h"
#include "support/schema_check.h"

using namespace qwenfit;

namespace {

std::string explanation(const Case& c, unsigned width) {
  std::ostringstream out;
  print_explain(out, c.question, c.answers.front(), Catalog::builtin(), {false, width, true});
  return out.str();
}

}  // namespace

TEST_CASE("an explanation is as agreed") {
  const std::string text = explanation(explained(), 80);
  check_golden("explain.txt", text.substr(0, text.find("\nCatalog rows\n")));
}

TEST_CASE("no line of an explanation is wider than the screen") {
  for (const auto& [name, c] : all_cases()) {
    for (unsigned width = 40; width <= 160; width += 5) {
      std::istringstream in(explanation(c, width));
      for (std::string line; std::getline(in, line);) {
        INFO(name << " at " << width << ": " << line);
        REQUIRE(display_width(line) <= width);
      }
    }
  }
}

TEST_CASE("printed parts sum to printed terms and terms to the total") {
  std::istringstream in(explanation(explained(), 100));
  const auto bytes_in = [](const std::string& line) {
    const std::string digits = line.substr(100 - 28, 19);
    Bytes value = 0;
    for (const char c : digits) {
      if (c >= '0' && c <= '9') value = value * 10 + static_cast<Bytes>(c - '0');
    }
    return value;
  };
  Bytes device = 0;
  Bytes term = 0;
  Bytes parts = 0;
  std::size_t totals = 0;
  for (std::string line; std::getline(in, line);) {
    const bool amount = line.size() == 100 && line.find_first_not_of("0123456789.<") < 100;
    if (line.ends_with("GiB") && line.find("bytes") != std::string::npos) {
      device = term = parts = 0;
    } else if (amount && line.starts_with("    ") && line[4] != ' ') {
      parts += bytes_in(line);
    } else if (amount && line.starts_with("  total")) {
      CHECK(parts == term);
      CHECK(bytes_in(line) == device);
      ++totals;
      term = parts = 0;
    } else if (amount && line.starts_with("  ") && line[2] != ' ') {
      CHECK(parts == term);
      term = bytes_in(line);
      device += term;
      parts = 0;
      if (totals > 0 && line.starts_with("  nominal")) term = 0;
      if (line.starts_with("  nominal") || line.starts_with("  reported") || line.starts_with("  usable") ||
          line.starts_with("  free")) {
        term = 0;
      }
    }
  }
  CHECK(totals == 2);
}

TEST_CASE("parts that do not add up are said to be missing") {
  Case c = explained();
  c.answers.front().estimate.parts.pop_back();
  const auto terms = terms_of(c.answers.front().estimate, 1);
  CHECK(terms.back().unaccounted > 0);
  CHECK(explanation(c, 80).find("not accounted for") != std::string::npos);
}

TEST_CASE("the explanation as a document is valid and its parts sum to the terms") {
  for (const auto& [name, c] : all_cases()) {
    INFO(name);
    std::ostringstream out;
    print_explain_json(out, c.question, c.answers.front(), Catalog::builtin(), sample_info());
    CHECK(schema_faults("qwenfit.explain", out.str()) == "");
  }
  const Case c = explained();
  std::ostringstream out;
  print_explain_json(out, c.question, c.answers.front(), Catalog::builtin(), sample_info());
  const auto document = nlohmann::json::parse(out.str());
  Bytes sum = 0;
  for (const auto& part : document["parts"]) {
    if (part["device"] == "rtx3090") sum += part["bytes"].get<Bytes>();
  }
  CHECK(sum == document["result"]["memory"]["devices"][0]["total_bytes"].get<Bytes>());
}

TEST_CASE("an explanation names the catalog rows it rests on") {
  const Case c = single_gpu();
  const auto origins = origins_of(c.question, c.answers[3], Catalog::builtin());
  std::vector<std::string> kinds;
  for (const Origin& origin : origins) {
    kinds.push_back(origin.kind);
    CHECK(origin.overlay.empty());
    CHECK_FALSE(origin.source.empty());
  }
  CHECK(kinds == std::vector<std::string>{"model", "quant", "build", "device"});
}
