#pragma once

#include <string>

#include "report/view.h"

namespace qwenfit {

/// A stacked bar of what one device holds, as wide as the screen, and its legend in GiB. The whole bar is the
/// usable memory, or the total where that is larger.
std::string memory_bar(const Question& question, const Answer& answer, const DeviceMemory& memory,
                       const Style& style);

}  // namespace qwenfit
