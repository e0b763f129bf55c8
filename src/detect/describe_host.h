#pragma once

#include "detect/describe.h"

namespace qwenfit {

/// `linux`, `windows`, `macos` or a macOS with rules of its own.
std::string os_option(const MachineFacts& facts);
/// System memory and its kind. `pooled`: the memory is one pool, and counted already.
void describe_host(Detection& detection, bool pooled);
/// What firmware keeps of the system memory for a processor's own graphics.
Bytes kept_for_graphics(const Detection& detection);
/// Tools that were there and did not answer.
void note_tools(Detection& detection);

}  // namespace qwenfit
