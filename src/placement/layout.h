#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "qwenfit/estimate.h"
#include "qwenfit/model.h"

namespace qwenfit {

/// The main blocks [first, last) that one device holds, and whether the MTP block or the output is among its
/// layers.
struct DeviceSpan {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  bool mtp = false;
  bool output = false;

  bool empty() const { return first == last && !mtp && !output; }
};

/// Which device holds which block.
struct Layout {
  std::uint32_t host_blocks = 0;     ///< main blocks [0, host_blocks) stay on the host
  std::uint32_t cpu_moe_layers = 0;  ///< experts of blocks [0, cpu_moe_layers) stay on the host
  bool mtp_on_host = false;
  bool output_on_host = false;
  bool all_started = false;       ///< the runtime starts on every device, also where it holds nothing
  bool cache_in_ram = false;      ///< KV cache and recurrent state of every block lie on the host
  std::vector<DeviceSpan> spans;  ///< one per device

  /// Devices without a layer are kept from llama.cpp by their names, where these are known; the first
  /// computes for what lies in system RAM.
  bool uses(std::size_t row) const {
    return all_started || !spans[row].empty() || (row == 0 && !full_offload());
  }
  std::size_t used() const {
    std::size_t count = 0;
    for (std::size_t row = 0; row < spans.size(); ++row) {
      if (uses(row)) ++count;
    }
    return count;
  }
  /// 0 where none is.
  std::size_t first_used() const {
    for (std::size_t row = 0; row < spans.size(); ++row) {
      if (uses(row)) return row;
    }
    return 0;
  }

  /// Everything but the token embedding is on devices.
  bool full_offload() const {
    return host_blocks == 0 && cpu_moe_layers == 0 && !output_on_host && !cache_in_ram;
  }
};

/// Layers as `--gpu-layers` counts them: main blocks, the file's MTP block, the output.
std::uint32_t layer_count(const Architecture& a, bool file_has_mtp);

/// Blocks by device as llama.cpp deals them: the last `gpu_layers` layers, in runs in proportion to
/// `tensor_split`. Source: llama-model.cpp, load_tensors (upper bound of the cumulative split, in single
/// precision).
Layout lay_out(const Architecture& a, bool file_has_mtp, const Placement& placement);

}  // namespace qwenfit
