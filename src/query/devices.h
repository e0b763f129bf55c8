#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "query/gpu_spec.h"
#include "qwenfit/catalog.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// What the person said about the machine as a whole, as far as devices need it.
struct Surroundings {
  Os os = Os::linux_os;
  std::string_view macos;            ///< `macos-15` or `macos-26` when said
  std::optional<Backend> backend;    ///< `--backend`, or what the GPUs have in common
  bool backend_of_gpu = false;       ///< the latter
  std::optional<Bytes> wired_limit;  ///< `--wired-limit-mb`
};

/// A device with every number the sum needs. Without the desktop's reserve: that is the machine's.
Result<Device> make_device(const GpuSpec& spec, const Surroundings& around, const Catalog& catalog);

/// The reserve of one kind for an operating system and, if rows name vendors, this vendor.
const ReserveRow* find_reserve(const Catalog& catalog, ReserveKind kind, Os os, std::string_view vendor);
/// Bytes the reserve takes of a memory of this size.
Bytes reserve_bytes(const ReserveRow& row, Bytes capacity);

}  // namespace qwenfit
