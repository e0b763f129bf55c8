#include "placement/split.h"

#include <algorithm>
#include <numeric>

#include "memory/kv_cache.h"
#include "memory/recurrent_state.h"
#include "placement/layout.h"

namespace qwenfit {
namespace {

/// Bytes that each layer takes on the device that gets it: blocks from `start`, the file's MTP block, the
/// output.
std::vector<double> layer_bytes(const Scenario& s, const Placement& placement) {
  const Architecture& a = s.model->architecture;
  const WeightTable& w = *s.build->weights;
  const Bytes kv =
      kv_cache_bytes_per_layer(a, kv_cells(s.settings.context), s.settings.kv_k, s.settings.kv_v);
  const Bytes state = mul(recurrent_state_bytes_per_layer(a), s.settings.parallel);
  const std::uint32_t all = layer_count(a, s.build->has_mtp_block);
  std::vector<double> bytes;
  for (std::uint32_t layer = all - std::min(placement.gpu_layers, all); layer < all; ++layer) {
    Bytes sum = 0;
    if (layer < a.layers) {
      sum = add(w.device[layer].dense, layer < placement.cpu_moe_layers ? 0 : w.device[layer].experts);
      sum = add(sum, a.is_full_attention(layer) ? kv : state);
    } else if (layer + 1 == all) {
      sum = w.output_device;
    } else if (s.settings.mtp) {
      sum = add(w.mtp_device.dense, w.mtp_device.experts);
    }
    bytes.push_back(static_cast<double>(sum));
  }
  return bytes;
}

double room(const Device& d) {
  const Bytes taken = add(d.runtime, d.display);
  return d.limit > taken ? static_cast<double>(d.limit - taken) : 0.0;
}

}  // namespace

std::vector<double> default_split(const Scenario& s, const Placement& placement) {
  const std::vector<Device>& devices = s.machine->devices;
  // Cards that differ only by the desktop on the first one are dealt equal shares.
  const bool equal = std::all_of(devices.begin(), devices.end(),
                                 [&](const Device& d) { return d.limit == devices.front().limit; });
  if (equal || s.build->weights == nullptr)
    return std::vector<double>(devices.size(), 1.0 / static_cast<double>(devices.size()));
  return balanced_split(s, placement);
}

std::vector<double> balanced_split(const Scenario& s, const Placement& placement) {
  const std::vector<Device>& devices = s.machine->devices;
  const std::vector<double> layers = layer_bytes(s, placement);
  const double all_bytes = std::accumulate(layers.begin(), layers.end(), 0.0);
  double all_room = 0;
  for (const Device& d : devices) all_room += room(d);

  std::vector<double> counts(devices.size(), 0.0);
  std::size_t next = 0;
  double placed = 0;
  double room_so_far = 0;
  for (std::size_t d = 0; d < devices.size(); ++d) {
    room_so_far += room(devices[d]);
    const double target = all_room > 0 ? all_bytes * room_so_far / all_room : 0;
    const bool last = d + 1 == devices.size();
    // A layer goes to the device in whose share its middle lies.
    while (next < layers.size() && (last || placed + layers[next] / 2 <= target)) {
      placed += layers[next++];
      counts[d] += 1;
    }
  }
  return counts;
}

}  // namespace qwenfit
