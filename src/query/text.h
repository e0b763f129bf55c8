#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/error.h"

namespace qwenfit {

/// `text` without blanks at either end.
std::string_view trimmed(std::string_view text);
/// True if one of `list` is `name`.
template <typename List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}
/// ASCII letters in lower case.
std::string lower_case(std::string_view text);
/// The parts between separators, trimmed, empty ones included.
std::vector<std::string_view> split(std::string_view text, char separator);
/// Most bytes that a message shows of what was typed.
inline constexpr std::size_t kShownBytes = 60;
/// What was typed, for a message: in quotes, short, without control bytes.
std::string in_quotes(std::string_view typed, std::size_t most = kShownBytes);
/// Names joined by ", ".
std::string listed(const std::vector<std::string>& names);

/// A whole number without sign; none when anything else is there or it does not fit.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);
/// A number such as 24 or 1.5, without sign or exponent; always finite.
std::optional<double> parse_decimal(std::string_view text);
/// True for one or more digits.
bool is_digits(std::string_view text);

Error usage_error(std::string_view where, std::string message);
Error combination_error(std::string_view where, std::string message);
/// The value of `where` is not one of `known`; names the nearest.
Error value_error(std::string_view where, std::string_view typed, const std::vector<std::string_view>& known);

}  // namespace qwenfit
