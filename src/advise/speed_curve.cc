#include "advise/speed_curve.h"

#include <algorithm>

namespace qwenfit {
namespace {

constexpr Tokens kCurveFills[] = {0,          1U << 10,   2U << 10,   4U << 10,  8U << 10,
                                  16U << 10,  32U << 10,  64U << 10,  96U << 10, 128U << 10,
                                  160U << 10, 192U << 10, 224U << 10, 256U << 10};

/// The largest context that is known to fit: beyond the one in force only where its memory was checked.
Tokens most_context(const Answer& a) {
  const bool unchecked = a.estimate.verdict == Verdict::offload && !host_is_checked(a.estimate);
  return unchecked ? a.settings.context : std::max(a.settings.context, a.max_context.tokens);
}

std::vector<Tokens> fills_of(const Answer& a) {
  const Tokens slots = std::max<std::uint32_t>(a.settings.parallel, 1);
  const Tokens most = std::max(a.settings.depth, most_context(a) / slots);
  std::vector<Tokens> fills = {a.settings.depth, std::max(a.settings.depth, a.settings.context / slots),
                               most};
  std::copy_if(std::begin(kCurveFills), std::end(kCurveFills), std::back_inserter(fills),
               [&](Tokens fill) { return fill <= most; });
  std::sort(fills.begin(), fills.end());
  fills.erase(std::unique(fills.begin(), fills.end()), fills.end());
  return fills;
}

}  // namespace

SpeedCurve speed_curve(const Question& question, const Answer& answer) {
  SpeedCurve curve{&answer, {}};
  const Estimate& e = answer.estimate;
  if (e.guide_only || e.verdict == Verdict::no_fit || !e.speed || !e.speed->decode) return curve;
  const Scenario asked = scenario_of(question, answer);
  for (const Tokens filled : fills_of(answer)) {
    Scenario scenario = asked;
    scenario.settings.depth = filled;
    scenario.settings.context =
        std::max(asked.settings.context, mul(filled, std::max<std::uint32_t>(asked.settings.parallel, 1)));
    const Estimate at = estimate(scenario);
    if (at.verdict != Verdict::no_fit && at.speed && at.speed->decode)
      curve.points.push_back({filled, *at.speed->decode});
  }
  return curve;
}

}  // namespace qwenfit
