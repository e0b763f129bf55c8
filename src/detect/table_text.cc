#include "detect/table_text.h"

#include <algorithm>
#include <charconv>

#include "catalog/names.h"
#include "query/sizes.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// Cells of a line that are read, and lines of a table.
constexpr std::size_t kMostCells = 64, kMostRows = 256;

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      if (cells.size() == kMostCells) break;
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  for (std::string& cell : cells) cell = std::string(trimmed(cell));
  return cells;
}

/// A heading without its unit: `memory.total` of `memory.total [MiB]`.
std::string heading_key(std::string_view heading) {
  return lower_case(trimmed(heading.substr(0, heading.find('['))));
}

std::optional<std::uint64_t> leading_number(std::string_view& text) {
  text = trimmed(text);
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end == text.data()) return std::nullopt;
  text = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
  return value;
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text, std::size_t most) {
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() < most) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view first_line(std::string_view text) {
  text = trimmed(text);
  return trimmed(text.substr(0, text.find('\n')));
}

CommaTable::CommaTable(std::string_view text, std::string_view heading) {
  for (const std::string_view line : lines_of(text)) {
    if (trimmed(line).empty()) continue;
    std::vector<std::string> cells = cells_of(line);
    if (headings_.empty()) {
      for (std::string& cell : cells) cell = heading_key(cell);
      if (contains(cells, heading)) headings_ = std::move(cells);
    } else if (rows_.size() < kMostRows) {
      rows_.push_back(std::move(cells));
    }
  }
}

std::string_view CommaTable::cell(std::size_t row, std::string_view heading) const {
  const auto at = std::find(headings_.begin(), headings_.end(), lower_case(heading));
  const auto index = static_cast<std::size_t>(at - headings_.begin());
  if (at == headings_.end() || row >= rows_.size() || index >= rows_[row].size()) return {};
  return known(rows_[row][index]);
}

std::string_view known(std::string_view value) {
  value = trimmed(value);
  std::string plain = lower_case(value);
  std::erase_if(plain, [](char c) { return c == '[' || c == ']'; });
  const bool none = plain == "n/a" || plain == "not supported" || plain == "unknown error" ||
                    plain == "unknown" || plain == "gpu is lost" || plain == "insufficient permissions" ||
                    plain == "gpu requires reset";
  return none ? std::string_view() : value;
}

std::optional<Bytes> mebibytes(std::string_view text) {
  const auto number = leading_number(text);
  const std::string unit = lower_case(text);
  if (!number || (!unit.empty() && unit != "mib")) return std::nullopt;
  const Bytes bytes = mul(*number, kMiB);
  return bytes <= kLargestSize ? std::optional(bytes) : std::nullopt;
}

std::optional<Bytes> memory_bytes(std::string_view text) {
  const auto number = parse_unsigned(trimmed(text));
  return number && *number <= kLargestSize ? number : std::nullopt;
}

std::uint32_t small_number(std::string_view text) {
  constexpr std::uint64_t kMost = 4096;
  const auto number = parse_unsigned(trimmed(text));
  return number && *number <= kMost ? static_cast<std::uint32_t>(*number) : 0;
}

std::optional<std::uint32_t> hexadecimal(std::string_view text) {
  constexpr std::size_t kDigits = 8;
  constexpr int kBase = 16;
  text = trimmed(text);
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  std::uint32_t value = 0;
  if (text.empty() || text.size() > kDigits) return std::nullopt;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value, kBase);
  return fault == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::string bus_address(std::string_view text) {
  const auto parts = split(trimmed(text), ':');
  if (parts.size() < 2 || parts.size() > 3) return {};
  const auto domain = parts.size() == 3 ? hexadecimal(parts[0]) : std::optional<std::uint32_t>(0);
  const auto bus = hexadecimal(parts[parts.size() - 2]);
  const auto slot = split(parts.back(), '.');
  const auto device = hexadecimal(slot.front());
  const auto function = slot.size() == 2 ? hexadecimal(slot[1]) : std::nullopt;
  if (!domain || !bus || !device || !function || *domain > 0xffff || *bus > 0xff || *device > 0x1f ||
      *function > 7)
    return {};
  const auto digits = [](std::uint32_t value, std::size_t count) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out(count, '0');
    for (std::size_t at = count; at > 0; --at, value >>= 4) out[at - 1] = kDigits[value & 15U];
    return out;
  };
  return digits(*domain, 4) + ":" + digits(*bus, 2) + ":" + digits(*device, 2) + "." + digits(*function, 1);
}

std::optional<std::string_view> value_after(std::string_view line, std::string_view key, char separator) {
  line = trimmed(line);
  if (!line.starts_with(key)) return std::nullopt;
  const std::string_view rest = trimmed(line.substr(key.size()));
  if (rest.empty() || rest.front() != separator) return std::nullopt;
  return trimmed(rest.substr(1));
}

}  // namespace qwenfit
