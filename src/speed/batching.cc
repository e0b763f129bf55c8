#include "speed/batching.h"

#include <algorithm>
#include <cmath>

#include "speed/speed.h"

namespace qwenfit {
namespace {

/// Devices that each have a run of layers.
bool takes_turns(const Scenario& s, const Work& work) {
  const auto busy = std::count_if(work.begin(), work.end(), [&](const SpecifiedTime& t) {
    return t.term == SpeedTerm::weights && t.row < s.machine->devices.size();
  });
  return busy > 1 && !tensor_parallel(s);
}

}  // namespace

double arithmetic_s(const Scenario& s, const Placement& placement, std::uint32_t tokens) {
  Work matrices = prefill_work(s, placement, {tokens, 0, tokens});
  std::erase_if(matrices, [](const SpecifiedTime& t) { return t.term != SpeedTerm::prompt_matmul; });
  return calibrated_s(matrices, *s.speed);
}

bool is_fixed(SpeedTerm term) {
  switch (term) {
    case SpeedTerm::layers:
    case SpeedTerm::expert_layers:
    case SpeedTerm::request:
    case SpeedTerm::all_reduce:
    case SpeedTerm::hop:
    case SpeedTerm::host_layers:
      return true;
    default:
      return false;
  }
}

double fixed_growth(const SpeedModel& model, std::uint32_t sequences) {
  return model.batching ? std::pow(sequences, model.batching->fixed_power) : sequences;
}

Work batched_work(const Scenario& s, const Placement& placement, const DecodeStep& step) {
  Work work = decode_work(s, placement, {step.depth, step.sequences, 1});
  const double growth = fixed_growth(*s.speed, step.sequences);
  for (SpecifiedTime& t : work) {
    if (!is_fixed(t.term)) continue;
    t.seconds *= growth;
    t.amount *= growth;
  }
  return work;
}

BatchedTime batched_time(const Scenario& s, const Placement& placement, const DecodeStep& step) {
  const SpeedModel& model = *s.speed;
  const Work alone = decode_work(s, placement, {step.depth, 1, 1});
  const double alone_s = calibrated_s(alone, model);
  if (step.sequences <= 1) return {alone_s};
  const BatchedTime in_turn{alone_s * step.sequences, "sequences x the time of one"};
  if (!model.batching) return in_turn;
  BatchedTime time{calibrated_s(batched_work(s, placement, step), model)};
  const auto at_least = [&](double seconds, const char* rule) {
    if (seconds > time.seconds) time = {seconds, rule};
  };
  at_least(arithmetic_s(s, placement, step.sequences),
           "arithmetic of as many tokens at the rate of a prompt");
  // Sequences that pass through the devices together leave all but one idle.
  if (takes_turns(s, alone))
    at_least(
        alone_s * std::pow(step.sequences, model.batching->layer_split_power),
        "the time of one sequence x a power of their number, as devices with layers of their own take turns");
  return time.seconds <= in_turn.seconds ? time : in_turn;
}

double batched_s(const Scenario& s, const Placement& placement, const DecodeStep& step) {
  return batched_time(s, placement, step).seconds;
}

}  // namespace qwenfit
