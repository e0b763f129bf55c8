#include "advise/sweep.h"

#include <algorithm>

#include "advise/merit.h"
#include "memory/kv_cache.h"

namespace qwenfit {
namespace {

Answer answer(const Question& question, const Question::Answerable& subject, std::size_t build,
              Explain explain) {
  Answer a{&subject, &subject.builds[build], subject.settings[build], {}, {}, &subject.speeds[build]};
  a.runtime = subject.runtimes[build].get();
  Scenario scenario = scenario_of(question, a);
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

}  // namespace

Scenario scenario_of(const Question& question, const Answer& a) {
  return {&a.subject->model, a.build, &question.machine, a.subject->projector,
          a.settings,        a.speed, a.runtime};
}

std::vector<Answer> sweep(const Question& question, Explain explain) {
  std::vector<Answer> answers;
  for (const Question::Answerable& subject : question.models) {
    for (std::size_t build = 0; build < subject.builds.size(); ++build)
      answers.push_back(answer(question, subject, build, explain));
  }
  return answers;
}

std::optional<std::size_t> best_answer(std::span<const Answer> answers) {
  std::optional<std::size_t> best;
  Merit best_merit;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Answer& a = answers[i];
    if (a.estimate.verdict == Verdict::no_fit) continue;
    const auto& quality = a.build->quality;
    const Merit merit = merit_of(*a.build, a.estimate, a.max_context.tokens,
                                 quality ? std::optional(quality->mean_kld) : std::nullopt);
    // Builds come largest first, so among equals the first has most bits.
    if (best && !preferred(merit, best_merit)) continue;
    best = i;
    best_merit = merit;
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
