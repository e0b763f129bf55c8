#pragma once

#include <iosfwd>
#include <string_view>

namespace qwenfit {

/// The manual page in roff, made of the tables and texts of the help. `date` is that of the catalog.
void print_man_page(std::ostream& out, std::string_view version, std::string_view date);

}  // namespace qwenfit
