#pragma once

#include <string>
#include <vector>

#include "advise/sweep.h"

namespace qwenfit {

/// A note about a buying guide's figure for this very set-up that the calculation does not bear out.
struct ClaimNote {
  std::string code, text;
};
std::vector<ClaimNote> claim_notes(const Answer& answer);

}  // namespace qwenfit
