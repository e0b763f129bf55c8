#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "qwenfit/error.h"

namespace qwenfit {

/// A channel is 64 bits wide; desktops have two.
inline constexpr std::uint32_t kMemoryChannelBytes = 8, kUsualMemoryChannels = 2;

/// System memory named in place of a CPU: `ddr5-6000`, `ddr4-3200x4` (channels).
struct MemorySpec {
  std::string id;                    ///< as typed, lower case
  std::string name;                  ///< "DDR4-3200, 4 channels"
  double bandwidth_bytes_per_s = 0;  ///< rate x 8 bytes x channels, two channels when not said
  std::uint32_t channels = 0;        ///< 0: not said
};

/// None when `text` does not begin like a memory kind; an error when it does and goes on wrongly.
std::optional<Result<MemorySpec>> parse_memory_spec(std::string_view text);

}  // namespace qwenfit
