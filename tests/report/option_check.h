#pragma once

#include <span>
#include <string>
#include <string_view>

#include "qwenfit/catalog.h"

namespace qwenfit {

/// What is wrong with a launch command by the table of options: the shell's words, programs, options, how
/// many values they take and which; empty when nothing is. Shares no code with what writes the commands.
std::string command_fault(std::string_view command, std::string_view runtime,
                          std::span<const RuntimeOptionRow> options);

}  // namespace qwenfit
