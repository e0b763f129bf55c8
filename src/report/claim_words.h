#pragma once

#include <string>
#include <vector>

#include "advise/sweep.h"
#include "report/view.h"

namespace qwenfit {

/// A note about a buying guide's figure for this very set-up that the calculation does not bear out.
struct ClaimNote {
  const GuideClaim* claim = nullptr;
  std::string code, text;
};
std::vector<ClaimNote> claim_notes(const Answer& answer);
/// Those of the answer shown, then those of other builds of its model, which they name.
std::vector<ClaimNote> claim_notes(const ModelAnswers& group, const Answer& shown);

}  // namespace qwenfit
