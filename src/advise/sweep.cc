#include "advise/sweep.h"

#include <algorithm>

#include "advise/merit.h"
#include "memory/kv_cache.h"
#include "placement/layout.h"
#include "placement/plan.h"
#include "placement/served.h"
#include "placement/sliced.h"

namespace qwenfit {
namespace {

/// The context that a placement is looked for at first.
Tokens first_context(const Question& question, const Question::Answerable& subject, Tokens asked) {
  if (question.context_is_max) return kv_cells(1);
  return asked > 0 ? asked : std::min(kDefaultContext, subject.model.max_context);
}

/// The verdict, or one that says as much about where the weights are. Where that is llama.cpp's to choose, it
/// need not be known how fast it would be.
Verdict verdict_alone(const Scenario& s) {
  const ForcedPlacement& forced = s.settings.forced;
  const bool chosen = !is_served(s) && !is_sliced(s) && !s.machine->devices.empty() && !forced.gpu_layers &&
                      !forced.cpu_moe_layers && forced.tensor_split.empty();
  if (!chosen || s.build->basis == TensorBasis::guide) return estimate(s).verdict;
  return can_hold(s, Reach::devices) ? Verdict::tight : Verdict::offload;
}

Answer unanswered(const Question::Answerable& subject, std::size_t build) {
  Answer a{&subject, &subject.builds[build], subject.settings[build], {}, {}, &subject.speeds[build]};
  a.runtime = subject.runtimes[build].get();
  return a;
}

/// What was answered fits, also where the search for the largest went another way through tight buffers.
void take_context(const MaxContext& largest, Answer& a) {
  a.max_context = largest;
  const bool known = largest.tokens > 0 && a.estimate.verdict != Verdict::no_fit;
  if (known) a.max_context.tokens = std::max(largest.tokens, a.settings.context);
}

}  // namespace

Scenario scenario_of(const Question& question, const Answer& a) {
  return {&a.subject->model, a.build, &question.machine, a.subject->projector,
          a.settings,        a.speed, a.runtime};
}

bool same_build(const Build& a, const Build& b) {
  return a.quant_id == b.quant_id && a.publisher == b.publisher;
}

Answer answer_for(const Question& question, const Question::Answerable& subject, std::size_t build,
                  Explain explain) {
  Answer a = answer_without_context(question, subject, build, explain);
  find_context(question, a);
  return a;
}

Answer answer_without_context(const Question& question, const Question::Answerable& subject,
                              std::size_t build, Explain explain) {
  Answer a = unanswered(subject, build);
  Scenario scenario = scenario_of(question, a);
  scenario.settings.context = first_context(question, subject, scenario.settings.context);
  std::optional<MaxContext> largest;
  bool on_devices = false;
  if (question.context_is_max) {
    // The placement is chosen at the smallest context; the largest that it holds is then the one in force.
    Estimate smallest;
    smallest.verdict = verdict_alone(scenario);
    on_devices = is_on_devices(smallest.verdict);
    largest = max_context(scenario, smallest);
    // A context too short to work with is no reason to leave system RAM unused.
    const Tokens usual = std::min(kDefaultContext, subject.model.max_context);
    if (on_devices && largest->tokens < usual && question.machine.host.capacity) {
      smallest.verdict = Verdict::offload;
      on_devices = false;
      largest = max_context(scenario, smallest);
    }
    scenario.settings.context = std::max(largest->tokens, scenario.settings.context);
    scenario.settings.depth = std::min(scenario.settings.depth, scenario.settings.context);
  }
  a.settings = scenario.settings;
  a.estimate = estimate(scenario, explain);
  // Searched once: the largest context depends on the one in force by whether RAM may be used alone.
  a.context_found = largest && is_on_devices(a.estimate.verdict) == on_devices;
  if (a.context_found) take_context(*largest, a);
  return a;
}

void find_context(const Question& question, Answer& a) {
  if (a.context_found) return;
  take_context(max_context(scenario_of(question, a), a.estimate), a);
  a.context_found = true;
}

Answer answer_at_first_context(const Question& question, const Question::Answerable& subject,
                               std::size_t build) {
  Answer a = unanswered(subject, build);
  a.settings.context = first_context(question, subject, a.settings.context);
  a.settings.depth = std::min(a.settings.depth, a.settings.context);
  a.estimate = estimate(scenario_of(question, a));
  return a;
}

bool stays_on_devices(const Question& question, const Question::Answerable& subject, std::size_t build) {
  Scenario scenario = scenario_of(question, unanswered(subject, build));
  scenario.settings.context = first_context(question, subject, scenario.settings.context);
  return can_hold(scenario, Reach::devices);
}

Tokens largest_context(const Question& question, const Question::Answerable& subject, std::size_t build) {
  Scenario scenario = scenario_of(question, unanswered(subject, build));
  scenario.settings.context = first_context(question, subject, scenario.settings.context);
  Estimate in_ram;
  in_ram.verdict = Verdict::offload;
  return max_context(scenario, in_ram).tokens;
}

std::vector<Answer> sweep(const Question& question, Explain explain) {
  std::size_t builds = 0;
  for (const Question::Answerable& subject : question.models) builds += subject.builds.size();
  std::vector<Answer> answers;
  answers.reserve(builds);
  for (const Question::Answerable& subject : question.models) {
    for (std::size_t build = 0; build < subject.builds.size(); ++build)
      answers.push_back(answer_for(question, subject, build, explain));
  }
  return answers;
}

std::optional<std::size_t> best_answer(std::span<const Answer> answers) {
  std::vector<std::size_t> fitting;
  std::vector<Merit> merits;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Answer& a = answers[i];
    if (a.estimate.verdict == Verdict::no_fit) continue;
    const auto& quality = a.build->quality;
    fitting.push_back(i);
    merits.push_back(merit_of(*a.build, a.estimate, a.max_context.tokens,
                              quality ? std::optional(quality->mean_kld) : std::nullopt));
  }
  // Builds come largest first, so among equals the first has most bits.
  const auto best = recommended(merits);
  return best ? std::optional(fitting[*best]) : std::nullopt;
}

std::uint32_t all_gpu_layers(const Answer& answer) {
  const Architecture& a = answer.subject->model.architecture;
  return a.layers + (answer.build->has_mtp_block ? a.mtp_layers : 0) + 1;
}

std::vector<std::uint32_t> layers_by_device(const Answer& answer) {
  std::vector<std::uint32_t> counts;
  const Placement& placement = answer.estimate.placement;
  if (answer.estimate.guide_only) return counts;
  if (answer.settings.split_mode == SplitMode::tensor && placement.tensor_split.size() > 1) {
    counts.assign(placement.tensor_split.size(), placement.gpu_layers);
    return counts;
  }
  const Layout layout = lay_out(answer.subject->model.architecture, answer.build->has_mtp_block, placement);
  for (const DeviceSpan& span : layout.spans)
    counts.push_back(span.last - span.first + (span.mtp ? 1 : 0) + (span.output ? 1 : 0));
  return counts;
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
