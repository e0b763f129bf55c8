#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detect/facts.h"

namespace qwenfit {

/// One slot of system memory as its firmware describes it.
struct MemorySlot {
  std::string kind;  ///< `DDR5`
  Bytes size = 0;    ///< 0: empty
  std::uint32_t rate_mts = 0, width_bits = 0;
  std::string locator, bank;  ///< where it is
};

ToolCall dmidecode_query();
/// `dmidecode -t memory`.
std::vector<MemorySlot> read_dmidecode(std::string_view text);
/// `/run/udev/data/+dmi:id`, which needs no root.
std::vector<MemorySlot> read_udev_memory(std::string_view text);

/// The modules together; none when the slots are empty, of several kinds, or say nothing that is known.
std::optional<MemoryModules> sum_up(const std::vector<MemorySlot>& slots);
/// `2133 MT/s` and what else slots say in digits; 0 for anything no memory has.
std::uint32_t memory_rate(std::string_view text);

}  // namespace qwenfit
