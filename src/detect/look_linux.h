#pragma once

#include "detect/facts.h"
#include "detect/probe.h"

namespace qwenfit {

void look_at_linux(const Probe& probe, MachineFacts& facts);

}  // namespace qwenfit
