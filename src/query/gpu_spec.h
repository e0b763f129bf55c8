#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/catalog.h"

namespace qwenfit {

/// Accelerators one machine may have, all `--gpu` options together.
inline constexpr std::uint32_t kMostDevices = 16;

/// One `--gpu` taken apart: `[Nx]ID`, `[Nx]ID:pcie=3x4,nvlink`, `[Nx]ID:memory=32GiB` or
/// `[Nx]custom:memory=24GiB,...`.
struct GpuSpec {
  std::uint32_t count = 1;
  const DeviceRow* row = nullptr;  ///< none for `custom`
  std::optional<Bytes> memory;
  std::optional<Bytes> bandwidth_bytes_per_s;
  std::optional<Backend> backend;
  std::optional<double> tflops;
  const LinkRow* host_link = nullptr;  ///< none: the card's own slot
  std::optional<bool> nvlink;          ///< none: on where it is part of the board
  std::string name;                    ///< for `custom`
};

/// Takes one `--gpu` apart and looks its name up. `none` is not a device: callers handle it first.
Result<GpuSpec> parse_gpu(std::string_view text, const Catalog& catalog);

/// The text without a leading count: `rtx3090` of `2xrtx3090`.
std::string_view uncounted(std::string_view text, const Catalog& catalog);

/// Keys that may follow `ID:` of a device; of a custom one for nullptr.
std::vector<std::string_view> gpu_keys(const DeviceRow* row);
/// False where the key alone says enough.
bool gpu_key_needs_value(std::string_view key);

/// A back end by id; `cpu` is refused with advice. `where` is the option.
Result<Backend> parse_backend(std::string_view text, std::string_view where);

}  // namespace qwenfit
