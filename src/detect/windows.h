#pragma once

#include <string_view>

#include "detect/facts.h"

namespace qwenfit {

/// One question to Windows for cards, memory, processor and what is free.
ToolCall powershell_query();
/// Its answer, JSON. Cards that `facts` has already, by name, get nothing added. `host`: memory and
/// processor too, not only cards. False where it is no answer.
bool read_powershell(std::string_view text, bool host, MachineFacts& facts);

}  // namespace qwenfit
