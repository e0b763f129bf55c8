#include "placement/guide_split.h"

#include <algorithm>

#include "qwenfit/estimate.h"

namespace qwenfit {

std::vector<Bytes> guide_split(const Scenario& s) {
  const auto& devices = s.machine->devices;
  const Bytes weights = s.build->guide_weights;
  Bytes limits = 0;
  for (const Device& d : devices) limits = add(limits, d.limit);
  const bool to_ram = s.machine->host.capacity && weights > limits;
  const auto room = [&](const Device& d) { return to_ram ? d.limit - fit_margin(d.limit) : d.limit; };
  Bytes rooms = 0;
  for (const Device& d : devices) rooms = add(rooms, room(d));
  const Bytes on_devices = devices.empty() ? 0 : to_ram ? std::min(weights, rooms) : weights;
  std::vector<Bytes> split;
  Bytes placed = 0;
  for (const Device& d : devices) {
    const double share = static_cast<double>(room(d)) / static_cast<double>(std::max<Bytes>(rooms, 1));
    const bool last = split.size() + 1 == devices.size();
    const Bytes rest = on_devices - placed;
    split.push_back(last ? rest
                         : std::min(rest, static_cast<Bytes>(share * static_cast<double>(on_devices))));
    placed += split.back();
  }
  split.push_back(weights - on_devices);
  return split;
}

}  // namespace qwenfit
