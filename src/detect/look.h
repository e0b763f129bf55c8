#pragma once

#include "detect/facts.h"
#include "detect/probe.h"

namespace qwenfit {

/// Asks the computer's tools and files, and reads what they say. Nothing that is missing is an error.
MachineFacts look(const Probe& probe);

}  // namespace qwenfit
