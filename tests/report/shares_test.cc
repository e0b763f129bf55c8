// The shares of devices in JSON, typed back.

#include <random>

#include "advise/sweep.h"
#include "catch.h"
#include "qwenfit/query.h"
#include "report/view.h"
#include "support/sampling.h"

using namespace qwenfit;

TEST_CASE("shares of devices lead to the same layers again") {
  Query query;
  query.gpu = {"16xrtx3090"};
  query.model = {"397b-a17b"};
  query.quant = {"q4_k_m"};
  const auto question = resolve(query, Catalog::builtin());
  REQUIRE(question);
  Answer answer = sweep(*question, Explain::no).front();
  std::mt19937 random(3);
  for (int run = 0; run < random_cases(3000, 10); ++run) {
    const std::size_t devices = 2 + random() % 15;
    std::vector<double> counts(devices, 0.0);
    for (std::uint32_t layer = 0; layer < answer.estimate.placement.gpu_layers; ++layer)
      counts[random() % (random() % devices + 1)] += 1;
    answer.estimate.placement.tensor_split = counts;
    const auto layers = layers_by_device(answer);
    answer.estimate.placement.tensor_split = device_shares(answer);
    double sum = 0;
    for (const double share : answer.estimate.placement.tensor_split) {
      CHECK(share >= 0);
      sum += share;
    }
    CHECK(sum == Approx(1));
    CHECK(layers_by_device(answer) == layers);
  }
}
