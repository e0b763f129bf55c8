#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "qwenfit/units.h"

namespace qwenfit {

/// A line of `/proc/meminfo`, such as `MemTotal`.
std::optional<Bytes> meminfo_bytes(std::string_view meminfo, std::string_view key);

struct ProcessorFacts {
  std::string name;  ///< empty where the system gives none, as on ARM
  std::uint32_t sockets = 1;
};
ProcessorFacts read_cpuinfo(std::string_view text);

/// The limit of a container in `memory.max` or `memory.limit_in_bytes`; none where there is none.
std::optional<Bytes> container_limit(std::string_view text);

}  // namespace qwenfit
