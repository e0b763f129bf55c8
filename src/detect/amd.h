#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "detect/facts.h"

namespace qwenfit {

ToolCall rocm_query();
/// Cards of `rocm-smi ... --json` or `--csv`, whatever its age.
std::vector<CardFacts> read_rocm(std::string_view text);

/// The name that `amdgpu.ids` (of libdrm) has for a device and its revision; empty: none.
std::string amd_marketing_name(std::string_view ids, std::uint32_t device, std::uint32_t revision);

}  // namespace qwenfit
