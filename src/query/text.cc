#include "query/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "catalog/names.h"
#include "qwenfit/catalog.h"

namespace qwenfit {
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string in_quotes(std::string_view typed, std::size_t most) {
  const bool cut = typed.size() > most;
  return "\"" + printable(whole_characters(typed, most)) + (cut ? "...\"" : "\"");
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  std::uint64_t value = 0;
  if (!is_digits(text)) return std::nullopt;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_decimal(std::string_view text) {
  if (text.empty() || !(is_digit(text.front()) || text.front() == '.')) return std::nullopt;
  double value = 0;
  const auto [end, fault] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (fault != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

Error usage_error(std::string_view where, std::string message) {
  return {ErrorCode::usage, std::move(message), std::string(where), {}};
}

Error combination_error(std::string_view where, std::string message) {
  return {ErrorCode::bad_combination, std::move(message), std::string(where), {}};
}

Error value_error(std::string_view where, std::string_view typed,
                  const std::vector<std::string_view>& known) {
  std::string message = std::string(where) + " " + in_quotes(typed) + " is not known; it takes ";
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (i > 0) message += i + 1 == known.size() ? " or " : ", ";
    message += known[i];
  }
  return {ErrorCode::unknown_option_value, std::move(message), std::string(where),
          nearest_names(typed, known)};
}

}  // namespace qwenfit
