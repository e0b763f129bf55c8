#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "placement/costs.h"

namespace qwenfit {

/// What was tried in vain to keep in system RAM, by how much of it there: devices that were short with more
/// there are short with less, and system RAM that was short with less is short with more. With whole layers
/// there the buffers are others than without, so the two do not speak for each other.
class Tried {
 public:
  explicit Tried(std::uint32_t layers)
      : devices_short_below_(layers + 1, 0), host_short_from_(layers + 1, kNone) {}

  void devices_were_short(const InRam& with) {
    const std::uint32_t least = with.layers == 0 ? 0 : 1;
    for (std::uint32_t layers = least; layers <= with.layers; ++layers)
      devices_short_below_[layers] = std::max(devices_short_below_[layers], experts_of(with) + 1);
  }
  void host_was_short(const InRam& with) {
    const std::size_t end = with.layers == 0 ? 1 : host_short_from_.size();
    for (std::size_t layers = with.layers; layers < end; ++layers)
      host_short_from_[layers] = std::min(host_short_from_[layers], experts_of(with));
  }
  bool is_hopeless(const InRam& wanted) const {
    const std::uint32_t experts = experts_of(wanted);
    return experts < devices_short_below_[wanted.layers] || experts >= host_short_from_[wanted.layers];
  }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  static std::uint32_t experts_of(const InRam& in_ram) {
    return std::max(in_ram.expert_layers, in_ram.layers);
  }

  // Layers with experts in system RAM, by how many are there whole.
  std::vector<std::uint32_t> devices_short_below_, host_short_from_;
};

}  // namespace qwenfit
