#pragma once

#include <string>

#include "qwenfit/model.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// Why nothing can be worked out for an architecture that a person's own file states: counts that are
/// missing, beyond any real model, or contradict each other. Empty when all is well.
std::string shape_fault(const Architecture& a, Tokens max_context);

/// "513 layers, and none of more than 512 is worked out, ...": MTP layers count. Empty when there are no
/// more.
std::string layers_beyond_limit(const Architecture& a);

}  // namespace qwenfit
