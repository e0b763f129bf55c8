#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "advise/sweep.h"
#include "catch.h"
#include "qwenfit/estimate.h"
#include "qwenfit/query.h"
#include "speed/work.h"
#include "support/scenarios.h"

using namespace qwenfit;

namespace {

Query split_over(const std::vector<std::string>& gpus, const std::string& model, const std::string& cut) {
  Query query;
  query.gpu = gpus;
  query.model = {model};
  query.quant = {"q4_k_m"};
  query.ram = "256GB";
  query.cpu = "ddr5-6000";
  query.headless = true;
  query.tensor_split = cut;
  return query;
}

/// Tokens of a prompt per second.
double prompt_tok_s(const Query& query) {
  const auto question = resolve(query, Catalog::builtin());
  REQUIRE(question);
  const auto answers = sweep(*question);
  REQUIRE(answers.size() == 1);
  REQUIRE(answers.front().estimate.speed);
  return answers.front().estimate.speed->prefill->tok_s;
}

/// Seconds that matrices of a prompt take at the specified figures.
double matrices_s(const Query& query, const Prompt& prompt) {
  const auto question = resolve(query, Catalog::builtin());
  REQUIRE(question);
  const Scenario s = first_scenario(*question);
  double seconds = 0;
  for (const SpecifiedTime& t : prefill_work(s, estimate(s).placement, prompt)) {
    if (t.term == SpeedTerm::prompt_matmul) seconds += t.seconds;
  }
  return seconds;
}

std::string cut_of(const std::vector<unsigned>& layers) {
  std::string cut;
  for (const unsigned count : layers) cut += (cut.empty() ? "" : ",") + std::to_string(count);
  return cut;
}

}  // namespace

TEST_CASE("cards with equal parts work at once but for filling and emptying the pipeline") {
  // 64 blocks, and the output, which counts as a layer of the last card.
  const std::vector<std::pair<std::string, std::vector<unsigned>>> cuts = {
      {"2xrtx3090", {32, 33}}, {"4xrtx3090", {16, 16, 16, 17}}, {"8xrtx3090", {8, 8, 8, 8, 8, 8, 8, 9}}};
  for (const auto& [cards, layers] : cuts) {
    const double n = static_cast<double>(layers.size());
    std::vector<unsigned> first(layers.size(), 0);
    first[0] = 1;
    for (const unsigned passes : {1U, 2U, 8U, 64U}) {
      INFO(cards << ", passes " << passes);
      const Prompt prompt{512 * passes, 0, 512};
      const double one = matrices_s(split_over({cards}, "27b", cut_of(first)), prompt);
      const double all = matrices_s(split_over({cards}, "27b", cut_of(layers)), prompt);
      CHECK(one / all == Approx(passes * n / (passes + n - 1)).epsilon(0.02));
    }
  }
}

TEST_CASE("a card with nearly every layer is relieved of no more than the others have") {
  for (const char* cards : {"2xrtx3090", "2xrx7900xtx"}) {
    INFO(cards);
    const double one = prompt_tok_s(split_over({cards}, "27b", "1,0"));
    // The second card has the output alone, then 5 of 65 layers.
    const double output = prompt_tok_s(split_over({cards}, "27b", "64,1"));
    CHECK(output < one * 65 / 64);
    CHECK(output > one * 0.98);
    CHECK(prompt_tok_s(split_over({cards}, "27b", "60,5")) < one * 65 / 60);
    CHECK(prompt_tok_s(split_over({cards}, "27b", "1,64")) < one * 65 / 63);
  }
}

TEST_CASE("a layer that the busiest of equal cards gives away never slows a prompt") {
  const auto check = [](const std::string& cards, const std::string& model, std::vector<unsigned> layers,
                        const char* prompt) {
    double before = 0;
    while (true) {
      INFO(cards << ", " << model << " cut " << cut_of(layers) << ", prompt " << prompt);
      Query query = split_over({cards}, model, cut_of(layers));
      query.ctx = "64k";
      query.prompt = prompt;
      const double now = prompt_tok_s(query);
      CHECK(now >= before * (1 - 1e-9));
      before = now;
      const auto [least, most] = std::minmax_element(layers.begin(), layers.end());
      if (*most <= *least + 1) break;
      --*most;
      ++*least;
    }
  };
  for (const char* prompt : {"256", "4k", "32k"}) {
    check("2xrtx3090", "27b", {64, 1}, prompt);
    check("2xrtx3090", "27b", {1, 64}, prompt);
    check("3xrtx3090", "35b-a3b", {38, 2, 1}, prompt);
  }
}

TEST_CASE("cards of different makes go no faster than the busiest of them allows") {
  const std::vector<std::vector<std::string>> machines = {
      {"rtx3090", "rx7900xtx"}, {"rtx4090", "tesla-p40"}, {"arc-a770-16gb", "rtx3090"}};
  for (const auto& cards : machines) {
    const double first = prompt_tok_s(split_over(cards, "9b", "1,0"));
    const double second = prompt_tok_s(split_over(cards, "9b", "0,1"));
    // 32 blocks, and the output on the second card.
    for (const double blocks : {6.0, 16.0, 22.0, 28.0}) {
      const auto on_first = static_cast<unsigned>(blocks);
      INFO(cards[0] << ", " << cards[1] << ": " << on_first << " blocks on the first");
      const double allowed = std::min(first * 32 / blocks, second * 32 / (32 - blocks));
      const double now = prompt_tok_s(split_over(cards, "9b", cut_of({on_first, 33 - on_first})));
      CHECK(now < allowed * 1.01);
      CHECK(now > allowed / 2);
    }
  }
}

TEST_CASE("with a part in system RAM a second card makes no prompt faster") {
  Query layers = split_over({"2xrtx3090"}, "27b", "");
  layers.gpu_layers = "64";
  Query experts = split_over({"2xrtx3090"}, "35b-a3b", "");
  experts.cpu_moe = "1";
  for (Query query : {layers, experts}) {
    INFO(query.model.front());
    const auto tok_s = [&](const char* cut) {
      query.tensor_split = cut;
      return prompt_tok_s(query);
    };
    CHECK(tok_s("1,1") == Approx(tok_s("1,0")).epsilon(0.001));
    query.gpu_layers.clear();
    query.cpu_moe.clear();
    CHECK(tok_s("1,1") > 1.5 * tok_s("1,0"));
  }
}

TEST_CASE("a size that was never released is slowed by a part in system RAM too") {
  const auto seconds = [](const char* cards, const char* quant) {
    Query query = split_over({cards}, "70b", "");
    query.quant = {quant};
    return matrices_s(query, {4096, 0, 512});
  };
  CHECK(seconds("2xrtx3090", "q8_0") == Approx(seconds("rtx3090", "q8_0")));
  CHECK(seconds("4xrtx3090", "q8_0") < seconds("rtx3090", "q8_0") / 2);
}
