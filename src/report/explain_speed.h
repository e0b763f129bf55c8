#pragma once

#include <cstddef>
#include <iosfwd>
#include <span>
#include <vector>

#include "report/view.h"

namespace qwenfit {

/// Parts of one phase and what they leave unexplained of its time (next to zero unless parts are missing or
/// the ceiling holds the speed back).
struct PhaseParts {
  std::vector<const SpeedPart*> parts;
  double total_s = 0;        ///< what the rate says one step takes, without drafting
  double unaccounted_s = 0;  ///< total less the parts
};
PhaseParts phase_parts(const Answer& answer, SpeedPhase phase);

/// The section on speed: decode in ms per token, prefill in ms per prompt, what they rest on.
void print_speed(std::ostream& out, const Question& question, const Answer& answer,
                 std::span<const SpeedWordsRow> words, std::size_t width);

}  // namespace qwenfit
