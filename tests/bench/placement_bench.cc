#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "qwenfit/estimate.h"
#include "qwenfit/query.h"

// Times the choice of a placement on machines of up to 16 devices: microseconds for the first estimate() of
// threads that remember nothing yet (the median and the worst of nine), for further ones, and for
// max_context(), every name resolved beforehand. Arguments: model and quant, the largest of 60 layers if not
// given.

namespace qwenfit {
namespace {

constexpr double kMicro = 1e6;
constexpr double kLeastSeconds = 0.05;
constexpr std::uint64_t kLeastRuns = 3;
constexpr std::size_t kThreads = 9;

/// Processor time, which other programs on the machine do not lengthen much.
double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

struct Times {
  double mean_us = 0, worst_us = 0;
};

/// Runs `work` until it took long enough to be told from noise; `sink` keeps the result alive.
template <typename Work>
Times time_of(Work&& work, std::uint64_t& sink) {
  Times times;
  sink += work();
  std::uint64_t runs = 0;
  double total = 0;
  while (total < kLeastSeconds || runs < kLeastRuns) {
    const std::clock_t start = std::clock();
    sink += work();
    const double took = seconds_since(start);
    times.worst_us = std::max(times.worst_us, took * kMicro);
    total += took;
    ++runs;
  }
  times.mean_us = total * kMicro / static_cast<double>(runs);
  return times;
}

using Cards = std::vector<std::string>;

/// Cards of different sizes in turn.
Cards in_turn(std::uint32_t count, const Cards& kinds) {
  Cards all;
  for (std::uint32_t i = 0; i < count; ++i) all.push_back(kinds[i % kinds.size()]);
  return all;
}

std::string joined(const Cards& cards) {
  std::string text;
  for (const std::string& card : cards) text += (text.empty() ? "" : " ") + card;
  constexpr std::size_t kShown = 46;
  return text.size() > kShown ? text.substr(0, kShown - 3) + "..." : text;
}

std::string_view verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::fits:
      return "fits";
    case Verdict::tight:
      return "tight";
    case Verdict::offload:
      return "offload";
    case Verdict::no_fit:
      return "no_fit";
  }
  return "";
}

struct Case {
  Cards cards;
  std::string ram;
};

/// Equal and mixed cards; small ones before large ones, a desktop on the first, which buffers hardly fit.
std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::uint32_t devices : {1U, 2U, 4U, 8U, 16U}) {
    const std::string count = std::to_string(devices) + "x";
    for (const char* ram : {"", "64GB", "512GB"}) {
      all.push_back({{count + "rtx3090"}, ram});
      all.push_back({{count + "rtx3060-12gb"}, ram});
      all.push_back({in_turn(devices, {"rtx3090", "rtx3060-12gb", "rtx4060ti-16gb", "rtx5090"}), ram});
    }
  }
  all.push_back({{"8xgtx1050ti", "4xrtx3060-12gb", "rtx3090"}, "256GB"});
  all.push_back({{"12xgtx1050ti", "rtx5090", "3xrtx4060ti-16gb"}, "512GB"});
  all.push_back({{"4xrtx3060-12gb", "rtx3090"}, "256GB"});
  all.push_back({{"8xrtx3060-8gb", "8xrtx3090"}, "256GB"});
  return all;
}

int run_case(Resolver& resolver, const Case& c, const std::string& model, const std::string& quant,
             std::uint64_t& sink) {
  Query query;
  query.gpu = c.cards;
  query.model = {model};
  query.quant = {quant};
  query.ram = c.ram;
  auto question = resolver(query);
  if (!question) {
    std::fprintf(stderr, "%s\n", question.error().message.c_str());
    return 1;
  }
  const auto& subject = question->models.front();
  Scenario s{&subject.model,    &subject.builds.front(),  &question->machine,
             subject.projector, subject.settings.front(), &subject.speeds.front()};
  s.settings.context = std::min(kDefaultContext, subject.model.max_context);
  Estimate answer;
  std::array<double, kThreads> first_us{};
  for (double& us : first_us) {
    // A new thread has no buffers in mind.
    std::thread([&] {
      const std::clock_t start = std::clock();
      answer = estimate(s);
      us = seconds_since(start) * kMicro;
    }).join();
  }
  std::sort(first_us.begin(), first_us.end());
  const auto one = time_of(
      [&] {
        const Estimate e = estimate(s);
        return static_cast<std::uint64_t>(e.placement.gpu_layers) + e.devices.size();
      },
      sink);
  const auto largest = time_of([&] { return max_context(s, answer).tokens; }, sink);
  std::printf("%-46s %-6s %-8s %9.0f %8.0f %11.0f %8.0f %14.0f %8.0f\n", joined(c.cards).c_str(),
              c.ram.empty() ? "none" : c.ram.c_str(), std::string(verdict_word(answer.verdict)).c_str(),
              first_us[kThreads / 2], first_us.back(), one.mean_us, one.worst_us, largest.mean_us,
              largest.worst_us);
  return 0;
}

int run_all(const std::string& model, const std::string& quant) {
  Resolver resolver(Catalog::builtin());
  std::uint64_t sink = 0;
  std::printf("%s %s\n%-46s %-6s %-8s %9s %8s %11s %8s %14s %8s\n", model.c_str(), quant.c_str(), "cards",
              "RAM", "verdict", "first us", "worst", "estimate us", "worst", "max_context us", "worst");
  for (const Case& c : cases()) {
    if (const int failed = run_case(resolver, c, model, quant, sink); failed != 0) return failed;
  }
  // The results are used, so that no work can be left out.
  return sink == 0 ? 1 : 0;
}

}  // namespace
}  // namespace qwenfit

int main(int argc, char** argv) {
  return qwenfit::run_all(argc > 1 ? argv[1] : "397b-a17b", argc > 2 ? argv[2] : "q4_k_m");
}
