#include "detect/pci.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "detect/table_text.h"
#include "query/sizes.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// `10de:2204` of the last `[10de:2204]` of a line, and where it stands.
struct PciIds {
  std::uint32_t vendor = 0, device = 0;
  std::size_t at = 0;
};
std::optional<PciIds> ids_of(std::string_view line) {
  for (auto close = line.rfind(']'); close != line.npos && close > 0; close = line.rfind(']', close - 1)) {
    const auto open = line.rfind('[', close);
    if (open == line.npos) return std::nullopt;
    const auto parts = split(line.substr(open + 1, close - open - 1), ':');
    if (parts.size() == 2 && parts[0].size() == 4 && parts[1].size() == 4) {
      const auto vendor = hexadecimal(parts[0]), device = hexadecimal(parts[1]);
      if (vendor && device) return PciIds{*vendor, *device, open};
    }
  }
  return std::nullopt;
}

std::string address_of(std::string_view line) {
  return bus_address(line.substr(0, line.find(' ')));
}

/// Class 03: what draws or computes.
bool is_display(std::string_view line) {
  const auto open = line.find('[');
  return open != line.npos && line.substr(open).starts_with("[03");
}

std::optional<std::uint64_t> hexadecimal64(std::string_view text) {
  constexpr int kBase = 16;
  if (text.starts_with("0x")) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value, kBase);
  return fault == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional(value)
                                                                                   : std::nullopt;
}

}  // namespace

std::vector<CardFacts> read_lspci(std::string_view text) {
  std::vector<CardFacts> cards;
  for (const std::string_view line : lines_of(text)) {
    const auto ids = ids_of(line);
    const std::string bus = address_of(line);
    if (bus.empty() || !ids || !is_display(line)) continue;
    if (ids->vendor != kNvidiaVendor && ids->vendor != kAmdVendor && ids->vendor != kIntelVendor) continue;
    CardFacts card;
    card.bus = bus;
    card.vendor = ids->vendor;
    card.device = ids->device;
    const auto colon = line.find("]: ");
    if (colon != line.npos && colon + 3 < ids->at)
      card.names = {std::string(trimmed(line.substr(colon + 3, ids->at - colon - 3)))};
    cards.push_back(std::move(card));
  }
  return cards;
}

bool is_device_list(std::string_view text) {
  const auto lines = lines_of(text);
  return first_line(text).empty() || std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
           return !address_of(line).empty();
         });
}

std::string pci_device_name(std::string_view ids, std::uint32_t vendor, std::uint32_t device) {
  constexpr std::size_t kEveryLine = 1U << 20;
  bool in_vendor = false;
  for (const std::string_view line : lines_of(ids, kEveryLine)) {
    if (line.empty() || line.front() == '#' || line.starts_with("\t\t")) continue;
    const bool is_device = line.front() == '\t';
    const std::string_view entry = is_device ? line.substr(1) : line;
    const auto id = hexadecimal(entry.substr(0, 4));
    if (!is_device) {
      if (in_vendor) return {};
      in_vendor = id == vendor && entry.size() > 4 && entry[4] == ' ';
    } else if (in_vendor && id == device) {
      return std::string(trimmed(entry.substr(std::min<std::size_t>(4, entry.size()))));
    }
  }
  return {};
}

std::vector<std::string> alternatives(std::string_view name) {
  constexpr std::size_t kMost = 12;
  const auto close = name.rfind(']');
  const auto open = close == name.npos ? close : name.rfind('[', close);
  // `[AMD/ATI]` is the maker's.
  const bool listed = open != name.npos && name.substr(open, close - open + 1) != "[AMD/ATI]";
  if (!listed) return {std::string(trimmed(name))};
  std::vector<std::string> out;
  for (const std::string_view part : split(name.substr(open + 1, close - open - 1), '/')) {
    if (!part.empty() && out.size() < kMost) out.emplace_back(part);
  }
  return out;
}

std::uint32_t pcie_generation(std::string_view speed) {
  static constexpr std::array<std::pair<std::string_view, std::uint32_t>, 6> kSpeeds = {
      {{"2.5", 1}, {"5", 2}, {"8", 3}, {"16", 4}, {"32", 5}, {"64", 6}}};
  std::string_view number = trimmed(speed);
  number = number.substr(0, number.find(' '));
  if (number.ends_with(".0")) number.remove_suffix(2);
  const auto at =
      std::find_if(kSpeeds.begin(), kSpeeds.end(), [&](const auto& row) { return row.first == number; });
  return at == kSpeeds.end() ? 0 : at->second;
}

std::optional<Bytes> largest_region(std::string_view resource) {
  constexpr std::uint64_t kMemory = 0x200;  // IORESOURCE_MEM
  std::optional<Bytes> largest;
  for (const std::string_view line : lines_of(resource)) {
    const auto parts = split(trimmed(line), ' ');
    if (parts.size() != 3) continue;
    const auto start = hexadecimal64(parts[0]), end = hexadecimal64(parts[1]),
               flags = hexadecimal64(parts[2]);
    if (!start || !end || !flags || *end <= *start || (*flags & kMemory) == 0) continue;
    const Bytes size = add(*end - *start, 1);
    if (size <= kLargestSize && size > largest.value_or(0)) largest = size;
  }
  return largest;
}

}  // namespace qwenfit
