#pragma once

#include <iosfwd>

#include "cli/options.h"

namespace qwenfit {

/// The help text; `Help::brief` begins with two examples. No line is longer than 80 columns.
void print_help(std::ostream& out, Help help);

}  // namespace qwenfit
