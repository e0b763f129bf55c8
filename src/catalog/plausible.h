#pragma once

#include "catalog/validate.h"

namespace qwenfit {

/// Checks figures that a slip makes absurd: gigabytes where bytes are asked for, the size of another model's
/// file, parameters that do not come out of the architecture. Real rows pass with room to spare.
void check_figures(const Tables& tables, Scope scope, Findings& findings);

}  // namespace qwenfit
