#pragma once

#include <cstdint>
#include <vector>

#include "advise/sweep.h"

namespace qwenfit {

/// How a guide's figure stands against the calculation.
enum class ClaimVerdict : std::uint8_t {
  agrees,
  too_fast,      ///< above the likely range
  impossible,    ///< above what memory allows
  too_slow,      ///< below the likely range
  does_not_fit,  ///< although the guide runs it
  needs_ram,     ///< said to fit, but only with a part in system RAM
  fits           ///< although the guide says not
};

struct ClaimCheck {
  const GuideClaim* claim = nullptr;  ///< of the answer's question
  ClaimVerdict verdict = ClaimVerdict::agrees;
};

/// One figure against one estimate of what it is about.
ClaimVerdict check_claim(const GuideClaim& claim, const Estimate& estimate);

/// The guides' claims on this very model, quant and machine. Guides speak of short contexts and one user:
/// other settings are not held against them.
std::vector<ClaimCheck> check_claims(const Answer& answer);

}  // namespace qwenfit
