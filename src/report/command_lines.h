#pragma once

#include <string>
#include <string_view>

namespace qwenfit {

/// A launch command on lines of at most `width` columns, indented by two, that a shell joins again. An option
/// and its value stay together; a plain word that is wider than the screen goes on at the start of the next
/// line, where the shell adds no space; a quoted one is never broken.
std::string command_lines(std::string_view command, std::size_t width);

}  // namespace qwenfit
