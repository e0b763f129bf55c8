#include "advise/sweep.h"

#include <algorithm>
#include <array>

#include "memory/kv_cache.h"

namespace qwenfit {
namespace {

Answer answer(const Question& question, const Question::Answerable& subject, std::size_t build,
              Explain explain) {
  Answer a{&subject, &subject.builds[build], subject.settings[build], {}, {}, &subject.speeds[build]};
  Scenario scenario{&subject.model, a.build, &question.machine, subject.projector, a.settings, a.speed};
  if (question.context_is_max) {
    // The placement is chosen at the smallest context; the largest that it holds is then the one in force.
    scenario.settings.context = kv_cells(1);
    const Tokens largest = max_context(scenario, estimate(scenario)).tokens;
    scenario.settings.context = std::max(largest, scenario.settings.context);
  } else if (scenario.settings.context == 0) {
    scenario.settings.context = std::min(kDefaultContext, subject.model.max_context);
  }
  a.settings = scenario.settings;
  a.estimate = estimate(scenario, explain);
  a.max_context = max_context(scenario, a.estimate);
  return a;
}

/// More bits than this cost memory and speed for no difference that published comparisons can measure; fewer
/// than the least lose quality that people notice.
constexpr std::uint32_t kMostUsefulBits = 8;
constexpr std::uint32_t kLeastUsefulBits = 4;

/// Smaller is better, compared from the left. Within the useful bits a fit comes before a tight one, and that
/// before experts in system RAM, of which the fewest bits are read fastest; then fits of fewer bits; whole
/// layers in system RAM, which are slow, come last.
std::array<std::uint32_t, 4> rank(const Answer& a) {
  const Estimate& e = a.estimate;
  const std::uint32_t bits = a.build->bits;
  const bool offload = e.verdict == Verdict::offload;
  const std::uint32_t tier = offload && e.placement.cpu_moe_layers == 0 ? 2 : bits < kLeastUsefulBits ? 1 : 0;
  return {tier, static_cast<std::uint32_t>(e.verdict), bits > kMostUsefulBits ? 1U : 0U, offload ? bits : 0U};
}

}  // namespace

std::vector<Answer> sweep(const Question& question, Explain explain) {
  std::vector<Answer> answers;
  for (const Question::Answerable& subject : question.models) {
    for (std::size_t build = 0; build < subject.builds.size(); ++build)
      answers.push_back(answer(question, subject, build, explain));
  }
  return answers;
}

std::optional<std::size_t> best_answer(const std::vector<Answer>& answers) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].estimate.verdict == Verdict::no_fit) continue;
    // Builds come largest first, so among equals the first has most bits.
    if (!best || rank(answers[i]) < rank(answers[*best])) best = i;
  }
  return best;
}

bool anything_fits(const std::vector<Answer>& answers) {
  return std::any_of(answers.begin(), answers.end(), [](const Answer& a) {
    switch (a.estimate.verdict) {
      case Verdict::fits:
      case Verdict::tight:
        return true;
      case Verdict::offload:
        return host_is_checked(a.estimate);
      default:
        return false;
    }
  });
}

}  // namespace qwenfit
