#include "detect/modules.h"

#include <algorithm>
#include <map>

#include "detect/table_text.h"
#include "query/memory_spec.h"
#include "query/sizes.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// Slots that a computer may have.
constexpr std::size_t kMostSlots = 64;

std::optional<std::uint64_t> first_number(std::string_view text) {
  text = trimmed(text);
  return parse_unsigned(text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size())));
}

std::uint32_t bits(std::string_view text) {
  constexpr std::uint64_t kMost = 1024;
  const auto number = first_number(text);
  return number && *number <= kMost ? static_cast<std::uint32_t>(*number) : 0;
}

/// `16 GB`, where the firmware means GiB.
Bytes module_size(std::string_view text) {
  const auto number = first_number(text);
  const std::string unit = lower_case(trimmed(text.substr(std::min(text.find(' '), text.size()))));
  const Bytes scale = unit.starts_with("t")   ? mul(kGiB, 1024)
                      : unit.starts_with("g") ? kGiB
                      : unit.starts_with("m") ? kMiB
                                              : 0;
  const Bytes bytes = mul(number.value_or(0), scale);
  return bytes <= kLargestSize ? bytes : 0;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || is_digits(std::string_view(&c, 1));
}

/// The part of a place's name that names its channel: up to `channel a`, or the letter of `dimm_a1`; empty
/// where it names none.
std::string channel_of(std::string_view place) {
  const std::string text = lower_case(place);
  const auto end_of = [&](std::string_view word) -> std::size_t {
    const auto at = text.find(word);
    if (at == text.npos) return text.npos;
    const auto next = text.find_first_not_of(" _-", at + word.size());
    return next != text.npos && is_letter(text[next]) ? next + 1 : text.npos;
  };
  if (const auto end = end_of("channel"); end != text.npos) return text.substr(0, end);
  if (const auto end = end_of("dimm"); end != text.npos && text[end - 1] >= 'a') return text.substr(0, end);
  const bool lettered =
      text.size() > 1 && text[0] >= 'a' && text[0] <= 'p' && is_letter(text[1]) && text[1] < 'a';
  return lettered ? text.substr(0, 1) : std::string();
}

/// Channels of 64 bits. Soldered memory is counted by its width; modules by the channels they are in, or
/// where the firmware names none, each for one while there are not more than usual.
std::uint32_t count_channels(const std::vector<MemorySlot>& full, bool soldered) {
  constexpr std::uint32_t kChannelBits = kMemoryChannelBytes * 8;
  std::map<std::string, std::uint32_t> channels;
  std::uint32_t width = 0;
  for (const MemorySlot& slot : full) {
    std::string channel = channel_of(slot.bank);
    if (channel.empty()) channel = channel_of(slot.locator);
    ++channels[channel];
    width += slot.width_bits;
  }
  if (soldered) return width / kChannelBits;
  if (!channels.contains("")) return static_cast<std::uint32_t>(channels.size());
  return full.size() <= kUsualMemoryChannels ? static_cast<std::uint32_t>(full.size()) : 0;
}

}  // namespace

ToolCall dmidecode_query() {
  return {{"dmidecode", "-t", "memory"}, 0};
}

std::uint32_t memory_rate(std::string_view text) {
  constexpr std::uint64_t kSlowest = 400, kFastest = 20000;
  const auto number = first_number(text);
  return number && *number >= kSlowest && *number <= kFastest ? static_cast<std::uint32_t>(*number) : 0;
}

std::vector<MemorySlot> read_dmidecode(std::string_view text) {
  std::vector<MemorySlot> slots;
  bool in_slot = false;
  std::uint32_t rated = 0;
  for (const std::string_view line : lines_of(text, std::size_t{1} << 16)) {
    if (trimmed(line) == "Memory Device" && slots.size() < kMostSlots) {
      slots.emplace_back();
      in_slot = true;
      rated = 0;
    } else if (trimmed(line).empty() || line.starts_with("Handle")) {
      in_slot = false;
    }
    if (!in_slot) continue;
    MemorySlot& slot = slots.back();
    if (const auto v = value_after(line, "Size", ':')) slot.size = module_size(*v);
    if (const auto v = value_after(line, "Type", ':')) slot.kind = *v;
    if (const auto v = value_after(line, "Locator", ':')) slot.locator = *v;
    if (const auto v = value_after(line, "Bank Locator", ':')) slot.bank = *v;
    if (const auto v = value_after(line, "Data Width", ':')) slot.width_bits = bits(*v);
    if (const auto v = value_after(line, "Speed", ':')) rated = memory_rate(*v);
    for (const std::string_view key : {"Configured Memory Speed", "Configured Clock Speed"}) {
      if (const auto v = value_after(line, key, ':')) slot.rate_mts = memory_rate(*v);
    }
    if (slot.rate_mts == 0) slot.rate_mts = rated;
  }
  return slots;
}

std::vector<MemorySlot> read_udev_memory(std::string_view text) {
  constexpr std::string_view kPrefix = "E:MEMORY_DEVICE_";
  std::map<std::uint64_t, MemorySlot> slots;
  std::map<std::uint64_t, std::uint32_t> rated;
  for (const std::string_view line : lines_of(text)) {
    if (!line.starts_with(kPrefix)) continue;
    const std::string_view rest = line.substr(kPrefix.size());
    const auto underscore = rest.find('_'), equals = rest.find('=');
    if (underscore == rest.npos || equals == rest.npos || equals < underscore) continue;
    const auto index = parse_unsigned(rest.substr(0, underscore));
    if (!index || *index >= kMostSlots) continue;
    const std::string_view key = rest.substr(underscore + 1, equals - underscore - 1);
    const std::string_view value = trimmed(rest.substr(equals + 1));
    MemorySlot& slot = slots[*index];
    if (key == "SIZE") slot.size = memory_bytes(value).value_or(0);
    if (key == "TYPE") slot.kind = value;
    if (key == "LOCATOR") slot.locator = value;
    if (key == "BANK_LOCATOR") slot.bank = value;
    if (key == "DATA_WIDTH") slot.width_bits = bits(value);
    if (key == "SPEED_MTS") rated[*index] = memory_rate(value);
    if (key == "CONFIGURED_SPEED_MTS") slot.rate_mts = memory_rate(value);
  }
  std::vector<MemorySlot> out;
  for (auto& [index, slot] : slots) {
    if (slot.rate_mts == 0) slot.rate_mts = rated[index];
    out.push_back(std::move(slot));
  }
  return out;
}

std::optional<MemoryModules> sum_up(const std::vector<MemorySlot>& slots) {
  std::vector<MemorySlot> full;
  for (const MemorySlot& slot : slots) {
    if (slot.size > 0) full.push_back(slot);
  }
  if (full.empty()) return std::nullopt;
  MemoryModules sum;
  sum.count = static_cast<std::uint32_t>(full.size());
  sum.kind = lower_case(full.front().kind);
  sum.rate_mts = full.front().rate_mts;
  for (const MemorySlot& slot : full) {
    sum.installed = add(sum.installed, slot.size);
    if (lower_case(slot.kind) != sum.kind) sum.kind.clear();
    sum.rate_mts = std::min(sum.rate_mts, slot.rate_mts);
  }
  sum.channels = count_channels(full, sum.kind.starts_with("lp"));
  const auto spec = parse_memory_spec(sum.kind + "-" + std::to_string(sum.rate_mts));
  if (!spec || !*spec) sum.kind.clear();
  return sum;
}

}  // namespace qwenfit
