#pragma once

#include <string>
#include <string_view>

namespace qwenfit {

/// `text` as one word of a POSIX shell: as it is where no character means anything there, else in single
/// quotes.
std::string shell_word(std::string_view text);

/// `owner/name` as Hugging Face spells repositories: letters, digits, `.`, `_` and `-`, neither part
/// beginning with `.` or `-`.
bool is_repository(std::string_view text);
/// Letters, digits, `.`, `_` and `-`, the first a letter or digit: a quant's name or a tag.
bool is_tag(std::string_view text);
/// A relative path without control characters that no program takes for an option, none of its parts `..`.
bool is_file_path(std::string_view text);
/// The path of a file that a person named, wherever it is: without control characters, and no option.
bool is_own_path(std::string_view text);

}  // namespace qwenfit
