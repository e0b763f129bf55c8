#include <string>
#include <vector>

#include "advise/sweep.h"
#include "catch.h"
#include "qwenfit/estimate.h"
#include "qwenfit/query.h"
#include "speed/work.h"
#include "support/scenarios.h"

using namespace qwenfit;

namespace {

double prefill(const std::string& gpu, const std::string& model, const std::string& ram,
               const std::string& split_mode, double* decode = nullptr) {
  Query query;
  query.gpu = {gpu};
  query.model = {model};
  query.quant = {"q4_k_m"};
  query.ram = ram;
  query.split_mode = split_mode;
  const auto question = resolve(query, Catalog::builtin());
  REQUIRE(question);
  const auto answers = sweep(*question);
  REQUIRE(answers.front().estimate.speed);
  if (decode != nullptr) *decode = answers.front().estimate.speed->decode->tok_s;
  return answers.front().estimate.speed->prefill->tok_s;
}

}  // namespace

TEST_CASE("a narrow slot slows prompts that need it, and no token after them") {
  // Weights in system RAM are copied for long prompts.
  double wide_decode = 0, narrow_decode = 0;
  const double wide = prefill("rtx3090", "122b-a10b", "128GB", "", &wide_decode);
  const double narrow = prefill("rtx3090:pcie=3x4", "122b-a10b", "128GB", "", &narrow_decode);
  CHECK(narrow < 0.7 * wide);
  CHECK(prefill("rtx3090:pcie=3x1", "122b-a10b", "128GB", "") < narrow);
  CHECK(narrow_decode == Approx(wide_decode).epsilon(0.1));
  // All on the card: nothing crosses.
  CHECK(prefill("rtx3090:pcie=3x1", "9b", "", "") == prefill("rtx3090", "9b", "", ""));
}

TEST_CASE("devices that share layers exchange activations over their slowest link") {
  const double own = prefill("2xrtx3090", "27b", "", "tensor");
  const double narrow = prefill("2xrtx3090:pcie=3x4", "27b", "", "tensor");
  CHECK(narrow < 0.95 * own);
  CHECK(prefill("2xrtx3090:pcie=3x1", "27b", "", "tensor") < narrow);
  CHECK(prefill("2xrtx3090:pcie=3x1,nvlink", "27b", "", "tensor") == own);
  CHECK(prefill("2xrtx3090:pcie=3x4", "27b", "", "layer") == prefill("2xrtx3090", "27b", "", "layer"));
  double own_decode = 0, narrow_decode = 0;
  prefill("2xrtx3090", "27b", "", "tensor", &own_decode);
  prefill("2xrtx3090:pcie=3x1", "27b", "", "tensor", &narrow_decode);
  // 64 layers x 2 sums x 5120 x 4 bytes: 2.6 MB a token, over 0.78 GB/s instead of 25.
  CHECK(1 / narrow_decode - 1 / own_decode == Approx(0.0033).epsilon(0.1));
}

TEST_CASE(
    "the first card multiplies for a prompt with what lies in system RAM, whichever card has the layer") {
  Query query;
  query.gpu = {"rtx3090", "rtx3060-12gb"};
  query.model = {"122b-a10b"};
  query.quant = {"q4_k_m"};
  query.ram = "128GB";
  query.tensor_split = "1,1";
  // Operations of the matrices, by card.
  const auto operations = [&](const char* cpu_moe) {
    query.cpu_moe = cpu_moe;
    const auto question = resolve(query, Catalog::builtin());
    REQUIRE(question);
    const Scenario s = first_scenario(*question);
    const Work work = prefill_work(s, estimate(s).placement, {4096, 0, 512});
    std::vector<double> by_card(2, 0.0);
    for (const SpecifiedTime& t : work) {
      if (t.term == SpeedTerm::prompt_matmul) by_card.at(t.row) += t.amount;
    }
    return by_card;
  };
  const auto none = operations("0"), half = operations("24"), all = operations("48");
  CHECK(none[0] + none[1] == Approx(all[0] + all[1]));
  CHECK(none[0] + none[1] == Approx(half[0] + half[1]));
  // The first half of the layers is on the first card.
  CHECK(half[0] == Approx(none[0]).epsilon(0.05));
  CHECK(all[1] < 0.7 * none[1]);
  CHECK(all[0] > 1.3 * none[0]);
}

TEST_CASE("loading takes as long as storage, or where it is slower the card's link") {
  const auto load = [](const char* gpu, const char* storage) {
    Query query;
    query.gpu = {gpu};
    query.model = {"27b"};
    query.quant = {"q4_k_m"};
    query.storage = storage;
    const auto question = resolve(query, Catalog::builtin());
    REQUIRE(question);
    return *sweep(*question).front().estimate.speed->load_s;
  };
  CHECK(load("rtx3090", "nvme-gen4") == load("rtx3090:pcie=3x16", "nvme-gen4"));
  CHECK(load("rtx3090:pcie=3x1", "nvme-gen4") > 2 * load("rtx3090", "nvme-gen4"));
  CHECK(load("rtx3090:pcie=3x1", "hdd") == load("rtx3090", "hdd"));
}
