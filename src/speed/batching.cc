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

double batched_s(const Scenario& s, const Placement& placement, const DecodeStep& step) {
  const SpeedModel& model = *s.speed;
  const Work alone = decode_work(s, placement, {step.depth, 1, 1});
  const double alone_s = calibrated_s(alone, model);
  if (step.sequences <= 1) return alone_s;
  if (!model.batching) return alone_s * step.sequences;
  const Work work = batched_work(s, placement, step);
  double seconds = std::max(calibrated_s(work, model), arithmetic_s(s, placement, step.sequences));
  // Sequences that pass through the devices together leave all but one idle.
  if (takes_turns(s, alone))
    seconds = std::max(seconds, alone_s * std::pow(step.sequences, model.batching->layer_split_power));
  return std::min(seconds, alone_s * step.sequences);
}

}  // namespace qwenfit
