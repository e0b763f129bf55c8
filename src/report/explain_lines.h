#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>

/// Lines that the sections of an explanation share.
namespace qwenfit {

/// `label` on the left, two amounts flush right in columns of 19 and 9; a long label gets lines of its own.
void print_amount(std::ostream& out, std::string_view label, std::size_t indent, const std::string& exact,
                  const std::string& rounded, std::size_t width);
/// Where an amount comes from, below it: `= formula`, `from source`. Nothing for an empty text.
void print_derivation(std::ostream& out, std::string_view lead, std::string_view text, std::size_t width);

}  // namespace qwenfit
