#include <cstdint>
#include <cstdio>
#include <ctime>
#include <sstream>
#include <string>
#include <vector>

#include "cli/run.h"
#include "qwenfit/estimate.h"
#include "qwenfit/query.h"

// How many answers a second one core gives in process: estimate() on scenarios whose names are resolved, each
// at another context than the one before, and lines of `qwenfit batch` from JSON to JSON.

namespace qwenfit {
namespace {

constexpr double kLeastSeconds = 1;

/// Processor time, which other programs on the machine do not lengthen much.
double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

/// Runs of `work` a second times what one of them answers.
template <typename Work>
double rate_of(std::size_t answers, Work&& work) {
  work();
  std::size_t runs = 0;
  const std::clock_t start = std::clock();
  double took = 0;
  for (; took < kLeastSeconds; took = seconds_since(start)) {
    work();
    ++runs;
  }
  return static_cast<double>(runs * answers) / took;
}

struct Case {
  const char* name;
  std::vector<std::string> gpu;
  const char* ram;
  const char* model;
};

int estimates(const Case& c, std::uint64_t& sink) {
  constexpr std::size_t kContexts = 64;
  Query query;
  query.gpu = c.gpu;
  query.ram = c.ram;
  query.model = {c.model};
  const auto question = resolve(query, Catalog::builtin());
  if (!question) {
    std::fprintf(stderr, "%s\n", question.error().message.c_str());
    return 1;
  }
  const auto& subject = question->models.front();
  std::vector<Scenario> scenarios;
  for (std::size_t i = 0; i < subject.builds.size(); ++i) {
    scenarios.push_back({&subject.model, &subject.builds[i], &question->machine, subject.projector,
                         subject.settings[i], &subject.speeds[i], subject.runtimes[i].get()});
  }
  const double rate = rate_of(kContexts * scenarios.size(), [&] {
    for (std::size_t context = 1; context <= kContexts; ++context) {
      for (Scenario& s : scenarios) {
        s.settings.context = context * 256;
        sink += estimate(s).devices.size();
      }
    }
  });
  std::printf("estimate()  %-40s %10.0f scenarios a second\n", c.name, rate);
  return 0;
}

/// Lines that ask for one build each; no two are the same.
std::string batch_lines(std::size_t count) {
  std::ostringstream lines;
  constexpr const char* kCards[] = {"rtx3090", "rtx4090", "rtx5090", "rtx3060-12gb", "rx7900xtx"};
  constexpr const char* kModels[] = {"27b", "9b", "4b", "35b-a3b"};
  constexpr const char* kQuants[] = {"q4_k_m", "q5_k_m", "q6_k", "q8_0"};
  for (std::size_t i = 0; i < count; ++i) {
    lines << R"({"id":)" << i << R"(,"gpu":")" << kCards[i % 5] << R"(","model":")" << kModels[i / 5 % 4]
          << R"(","quant":")" << kQuants[i / 20 % 4] << R"(","ctx":)" << 2048 + 256 * (i / 80) << "}\n";
  }
  return lines.str();
}

int batch(std::uint64_t& sink) {
  constexpr std::size_t kLines = 4000;
  const std::string lines = batch_lines(kLines);
  int code = 0;
  const double rate = rate_of(kLines, [&] {
    std::istringstream in(lines);
    std::ostringstream out, err;
    code |= run({"batch", "--catalog", "none"}, in, out, err, {});
    sink += out.str().size();
  });
  std::printf("batch       %-40s %10.0f lines a second\n", "one build a line, JSON in and out", rate);
  return code;
}

int run_all() {
  const Case cases[] = {{"27b on one RTX 3090", {"rtx3090"}, "", "27b"},
                        {"35b-a3b on one RTX 3060 and system RAM", {"rtx3060-12gb"}, "64GB", "35b-a3b"},
                        {"122b-a10b on four RTX 3090", {"4xrtx3090"}, "", "122b-a10b"}};
  std::uint64_t sink = 0;
  for (const Case& c : cases) {
    if (const int failed = estimates(c, sink); failed != 0) return failed;
  }
  const int code = batch(sink);
  // The results are used, so that no work can be left out.
  return sink == 0 ? 1 : code;
}

}  // namespace
}  // namespace qwenfit

int main() {
  return qwenfit::run_all();
}
