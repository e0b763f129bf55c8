// `qwenfit claims`: which claims are selected.

#include <set>

#include <nlohmann/json.hpp>

#include "catch.h"
#include "cli/support.h"
#include "support/sampling.h"
#include "support/text.h"

using namespace qwenfit;
using nlohmann::json;

namespace {

std::set<std::string> claims_of(const std::string& filter) {
  const Ran ran = run_program(words("claims " + filter + " --json"));
  INFO(filter << ran.err);
  REQUIRE(ran.code == 0);
  std::set<std::string> ids;
  const json document = json::parse(ran.out);
  for (const json& claim : document.at("claims")) ids.insert(claim.at("id"));
  return ids;
}

}  // namespace

TEST_CASE("claims are selected by guide, by model, by machine and by verdict") {
  if (!is_sampled()) CHECK(claims_of("localrig").size() == 19);
  CHECK(claims_of("cm-042") == std::set<std::string>{"cm-042"});

  const auto of_cards = claims_of("--gpu rtx4090");
  CHECK(of_cards.count("cm-040") == 1);
  CHECK(of_cards.count("cm-055") == 1);  // of two
  CHECK(of_cards.count("cm-102") == 1);  // as what another is compared with
  CHECK(of_cards.count("cm-042") == 0);
  CHECK(claims_of("--gpu 2xrtx4090") == std::set<std::string>{"cm-051", "cm-055", "cm-103"});
  CHECK(claims_of("--cpu threadripper-pro-7995wx-256gb") == std::set<std::string>{"lr-086", "lr-087"});

  const auto of_model = claims_of("--model 4b");
  CHECK(of_model.count("cm-064") == 1);
  CHECK(of_model.count("cm-013") == 0);                        // of 14B
  CHECK(claims_of("--model 397b-a17b").count("cm-077") == 1);  // a tag

  const auto both = claims_of("--model 27b --gpu rtx3090 decode");
  CHECK(both == std::set<std::string>{"cm-038", "cm-047", "lr-099"});
}

TEST_CASE("every claim has one verdict to be selected by") {
  if (is_sampled()) return;
  std::size_t total = 0;
  for (const char* verdict : {"agrees", "differs", "impossible", "not_checkable"})
    total += claims_of(verdict).size();
  CHECK(total == 105);
}

TEST_CASE("a selection of nothing, a stranger and an option without use are told") {
  const Ran none = run_program(words(is_sampled() ? "claims --gpu rtx4090 flux" : "claims flux capacitor"));
  CHECK(none.code == 2);
  CHECK(has(none.err, "no claim of the guides"));
  const Ran stranger = run_program(words("claims --gpu rtx3091"));
  CHECK(stranger.code == 2);
  CHECK(has(stranger.err, "rtx3090"));
  CHECK(run_program(words("claims --gpu custom:memory=24GiB")).code == 2);
  CHECK(has(run_program(words("claims --ctx 8k")).err, "claims takes no --ctx"));
}
