#pragma once

#include <cstdint>

#include "placement/layout.h"
#include "qwenfit/scenario.h"
#include "speed/work.h"

namespace qwenfit {

/// What a step of all sequences of `step` takes, one token each: `decode_work` with fixed times grown.
Work batched_work(const Scenario& scenario, const Placement& placement, const DecodeStep& step);

/// What a step of several sequences takes, and the rule that decides it, in words.
struct BatchedTime {
  double seconds = 0;
  const char* rule = nullptr;  ///< null: `batched_work` alone
};

/// Time of one step of all sequences of `step`, one token each: weights are read once, routed experts as many
/// as the sequences touch, caches and states of every sequence; fixed times grow less than the sequences.
/// Never less than the arithmetic takes at the rate that prompts reach. Without calibration nothing is
/// gained: the sequences take turns.
BatchedTime batched_time(const Scenario& scenario, const Placement& placement, const DecodeStep& step);
double batched_s(const Scenario& scenario, const Placement& placement, const DecodeStep& step);

/// Time of multiplying matrices for `tokens` tokens at the rate that prompts reach: the least of any step of
/// as many.
double arithmetic_s(const Scenario& scenario, const Placement& placement, std::uint32_t tokens);

/// Times per layer, per token or per hand-over, which do not depend on bytes.
bool is_fixed(SpeedTerm term);

/// What fixed times of a step grow by when `sequences` share it; 1 for one.
double fixed_growth(const SpeedModel& model, std::uint32_t sequences);

}  // namespace qwenfit
