#pragma once

#include <cstdint>
#include <string_view>

namespace qwenfit {

enum class Backend : std::uint8_t { cuda, metal, vulkan, rocm, sycl, cpu, generic };
std::string_view backend_id(Backend backend);

/// Which back end's buffer rules apply: ROCm runs CUDA's code, Vulkan and SYCL have no extras of their own
/// (`generic`).
enum class ComputeRules : std::uint8_t { cuda, metal, cpu, generic };

}  // namespace qwenfit
