#include "report/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace qwenfit {
namespace {

constexpr double kLargestShown = 99999.9;

/// One decimal of `value` >= 0, never a zero for something.
std::string one_decimal(double value) {
  if (value > kLargestShown) return ">99999";
  if (value > 0 && value < 0.05) return "<0.1";
  return fmt::format("{:.1f}", value);
}

constexpr double kLargestSpeed = 9'999'999;

/// `value` >= 0 with `decimals`; more than three digits are rounded to three that are not zero.
std::string rounded(double value, int decimals) {
  if (!std::isfinite(value)) return std::string(kUnknown);
  if (value > 0 && value < 0.005) return "<0.01";
  if (value > kLargestSpeed) return ">9,999,999";
  if (value < 999.5) return fmt::format("{:.{}f}", value, decimals);
  const double step = std::pow(10.0, std::floor(std::log10(value)) - 2);
  return grouped(static_cast<std::uint64_t>(std::llround(value / step) * std::llround(step)));
}

struct TimeUnit {
  double seconds = 1;
  const char* name = "s";
};

TimeUnit unit_for(double seconds) {
  constexpr double kMinute = 60;
  constexpr double kHour = 3600;
  if (seconds < 2 * kMinute) return {};
  return seconds < 2 * kHour ? TimeUnit{kMinute, "min"} : TimeUnit{kHour, "h"};
}

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  ///< 0: not UTF-8 here
};

CodePoint code_point_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 && lead < 0xF5   ? 4
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                                                           : 0;
  if (length == 0 || at + length > text.size()) return {};
  char32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return {};
    value = (value << 6) | (byte(at + i) & 0x3FU);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, length};
}

/// Letters that take two columns, after Unicode's East Asian Width.
bool is_wide(char32_t c) {
  if (c < 0x1100) return false;
  return c <= 0x115F || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
}

/// Every byte is a letter of one column.
bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; });
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

std::size_t columns_of(char32_t c) {
  return is_wide(c) ? 2 : 1;
}

/// Bytes at the start of `text` that take at most `width` columns, at least one letter.
std::size_t prefix_bytes(std::string_view text, std::size_t width) {
  std::size_t at = 0;
  std::size_t used = 0;
  while (at < text.size()) {
    const CodePoint c = code_point_at(text, at);
    const std::size_t columns = columns_of(c.value);
    if (at > 0 && used + columns > width) break;
    used += columns;
    at += std::max<std::size_t>(c.bytes, 1);
  }
  return at;
}

}  // namespace

std::string gib(Bytes bytes) {
  return one_decimal(static_cast<double>(bytes) / static_cast<double>(kGiB));
}

std::string short_gib(SignedBytes free) {
  const double deficit = -static_cast<double>(free) / static_cast<double>(kGiB);
  return one_decimal(std::ceil(std::max(deficit, 0.0) * 10) / 10);
}

std::string gib(SignedBytes bytes) {
  if (bytes >= 0) return gib(static_cast<Bytes>(bytes));
  const std::string deficit = short_gib(bytes);
  return deficit.front() == '>' ? "<-" + deficit.substr(1) : "-" + deficit;
}

std::string gib(std::optional<Bytes> bytes) {
  return bytes ? gib(*bytes) : std::string(kUnknown);
}
std::string gib(std::optional<SignedBytes> bytes) {
  return bytes ? gib(*bytes) : std::string(kUnknown);
}

std::string gb(std::optional<Bytes> bytes) {
  return bytes ? one_decimal(static_cast<double>(*bytes) / 1e9) : std::string(kUnknown);
}

std::string mib(Bytes bytes) {
  return one_decimal(static_cast<double>(bytes) / static_cast<double>(kMiB));
}

std::string estimated(double value) {
  return rounded(value, value < 0.995 ? 2 : value < 9.95 ? 1 : 0);
}

std::string three_digits(double value) {
  return rounded(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

std::string percent(double share) {
  return std::isfinite(share) ? fmt::format("{:.0f}", share * 100) : std::string(kUnknown);
}

std::string duration(double seconds) {
  const TimeUnit unit = unit_for(seconds);
  return fmt::format("{} {}", estimated(seconds / unit.seconds), unit.name);
}

std::string duration(double seconds, double low, double high) {
  const TimeUnit unit = unit_for(seconds);
  return fmt::format("{} ({}-{})", duration(seconds), estimated(low / unit.seconds),
                     estimated(high / unit.seconds));
}

std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string tokens_exact(Tokens tokens) {
  return tokens >= 1024 && tokens % 1024 == 0 ? grouped(tokens / 1024) + "k" : grouped(tokens);
}

std::string tokens_at_most(Tokens tokens) {
  return tokens >= 1024 ? grouped(tokens / 1024) + "k" : std::to_string(tokens);
}

std::string clean(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }))
    return std::string(text);
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = code_point_at(text, at);
    if (c.bytes == 0 || is_control(c.value)) {
      result += '?';
    } else {
      result += text.substr(at, c.bytes);
    }
    at += std::max<std::size_t>(c.bytes, 1);
  }
  return result;
}

std::size_t display_width(std::string_view text) {
  if (is_ascii(text)) return text.size();
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = code_point_at(text, at);
    width += columns_of(c.value);
    at += std::max<std::size_t>(c.bytes, 1);
  }
  return width;
}

std::string cut(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width < 2) return "~";
  std::string kept(text.substr(0, prefix_bytes(text, width - 1)));
  return kept + "~";
}

std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t indent) {
  std::vector<std::string> lines;
  const std::string margin(indent, ' ');
  std::string line;
  std::size_t used = 0;  // columns of the line
  bool has_word = false;
  const auto finish = [&] {
    lines.push_back(std::move(line));
    line = margin;
    used = indent;
    has_word = false;
  };
  const auto take = [&](std::string_view part, std::size_t columns) {
    line += part;
    used += columns;
  };
  // Leading spaces of the text are the first line's own indent.
  const std::size_t first = std::min(text.find_first_not_of(' '), text.size());
  take(std::string(first, ' '), first);
  for (std::size_t at = first; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    std::string_view word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) {
      if (has_word && used < width) take(" ", 1);
      continue;
    }
    std::size_t columns = display_width(word);
    if (has_word && used + 1 + columns > width) finish();
    if (has_word) take(" ", 1);
    while (used + columns > width) {
      const std::string_view part = word.substr(0, prefix_bytes(word, width > used ? width - used : 1));
      take(part, display_width(part));
      word.remove_prefix(part.size());
      columns = display_width(word);
      finish();
    }
    take(word, columns);
    has_word = has_word || !word.empty();
  }
  if (has_word || lines.empty()) lines.push_back(line);
  return lines;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string result;
  for (const std::string& line : wrap(text, width, indent)) result += line + "\n";
  return result;
}

std::string joined(const std::vector<std::string>& items, std::string_view last) {
  std::string result;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) result += i + 1 == items.size() ? fmt::format(" {} ", last) : ", ";
    result += items[i];
  }
  return result;
}

}  // namespace qwenfit
