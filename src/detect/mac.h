#pragma once

#include <string_view>
#include <vector>

#include "detect/facts.h"

namespace qwenfit {

/// What a Mac is asked.
ToolCall profiler_query();
ToolCall sysctl_query();
ToolCall vm_stat_query();

/// `system_profiler -json SPHardwareDataType SPDisplaysDataType`: chip, GPU cores, memory, displays.
/// False where it is no answer.
bool read_profiler(std::string_view text, MachineFacts& facts);
/// `sysctl` of the names of `sysctl_query`: a line each, those the system does not have left out.
/// False where it does not even have the size of the memory.
bool read_sysctl(std::string_view text, MachineFacts& facts);
/// Memory that `vm_stat` counts as free or to be freed.
std::optional<Bytes> read_vm_stat(std::string_view text);

}  // namespace qwenfit
