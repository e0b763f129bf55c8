#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "qwenfit/estimate.h"
#include "qwenfit/query.h"

// Times the choice of a placement on machines of up to 16 devices: microseconds for one estimate() and one
// max_context(), every name resolved beforehand. Arguments: model and quant, the largest of 60 layers if not
// given.

namespace qwenfit {
namespace {

constexpr double kMicro = 1e6;
constexpr double kLeastSeconds = 0.05;
constexpr std::uint64_t kLeastRuns = 3;

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

/// The same cards, or cards of different sizes in turn.
std::vector<std::string> cards(std::uint32_t count, bool mixed, const std::string& card) {
  if (!mixed) return {std::to_string(count) + "x" + card};
  const std::vector<std::string> kinds = {card, "rtx3060-12gb", "rtx4060ti-16gb", "rtx5090"};
  std::vector<std::string> all;
  for (std::uint32_t i = 0; i < count; ++i) all.push_back(kinds[i % kinds.size()]);
  return all;
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
  std::uint32_t devices = 1;
  std::string card;
  bool mixed = false;
  std::string ram;
};

int run_case(Resolver& resolver, const Case& c, const std::string& model, const std::string& quant,
             std::uint64_t& sink) {
  Query query;
  query.gpu = cards(c.devices, c.mixed, c.card);
  query.model = {model};
  query.quant = {quant};
  query.ram = c.ram;
  query.headless = true;
  auto question = resolver(query);
  if (!question) {
    std::fprintf(stderr, "%s\n", question.error().message.c_str());
    return 1;
  }
  const auto& subject = question->models.front();
  Scenario s{&subject.model,    &subject.builds.front(),  &question->machine,
             subject.projector, subject.settings.front(), &subject.speeds.front()};
  s.settings.context = std::min(kDefaultContext, subject.model.max_context);
  const Estimate answer = estimate(s);
  const auto one = time_of(
      [&] {
        const Estimate e = estimate(s);
        return static_cast<std::uint64_t>(e.placement.gpu_layers) + e.devices.size();
      },
      sink);
  const auto largest = time_of([&] { return max_context(s, answer).tokens; }, sink);
  std::printf("%7u  %-15s %-7s %-7s %12.1f %10.1f %14.1f %10.1f\n", c.devices,
              c.mixed ? "mixed" : c.card.c_str(), c.ram.empty() ? "none" : c.ram.c_str(),
              std::string(verdict_word(answer.verdict)).c_str(), one.mean_us, one.worst_us, largest.mean_us,
              largest.worst_us);
  return 0;
}

int run_all(const std::string& model, const std::string& quant) {
  Resolver resolver(Catalog::builtin());
  std::uint64_t sink = 0;
  std::printf("%s %s\n%7s  %-15s %-7s %-7s %12s %10s %14s %10s\n", model.c_str(), quant.c_str(), "devices",
              "cards", "RAM", "verdict", "estimate us", "worst", "max_context us", "worst");
  for (const std::uint32_t devices : {1U, 2U, 4U, 8U, 16U}) {
    for (const std::string ram : {"", "64GB", "512GB"}) {
      for (const Case& c : {Case{devices, "rtx3090", false, ram}, Case{devices, "rtx3060-12gb", false, ram},
                            Case{devices, "rtx3090", true, ram}}) {
        if (const int failed = run_case(resolver, c, model, quant, sink); failed != 0) return failed;
      }
    }
  }
  // The results are used, so that no work can be left out.
  return sink == 0 ? 1 : 0;
}

}  // namespace
}  // namespace qwenfit

int main(int argc, char** argv) {
  return qwenfit::run_all(argc > 1 ? argv[1] : "397b-a17b", argc > 2 ? argv[2] : "q4_k_m");
}
