#include "placement/rows.h"

#include <algorithm>

namespace qwenfit {

void start_rows(const Machine& machine, Estimate& estimate) {
  const std::size_t host = machine.devices.size();
  estimate.devices.assign(host + 1, {});
  estimate.parts.clear();
  for (std::size_t row = 0; row < host; ++row) {
    estimate.devices[row].device = row;
    estimate.devices[row].kind = machine.devices[row].kind;
  }
  estimate.devices[host].kind = DeviceKind::host;
}

void add_device_overheads(const Machine& machine, Recorder& out) {
  for (std::size_t row = 0; row < machine.devices.size(); ++row) {
    const Device& d = machine.devices[row];
    out.add(row, Term::runtime, out.in_use(row) ? d.runtime : 0, [&] {
      return PartText{"driver and runtime context of the process", "base + multiprocessors x bytes each",
                      d.runtime_inputs, d.runtime_source};
    });
    // The desktop of a device that is not in use stays in its own memory.
    out.add(row, Term::display, out.in_use(row) ? d.display : std::min(d.display, d.limit), [&] {
      return PartText{"desktop", "reserve on the device that was named first",
                      "desktop on " + std::string(os_id(machine.os)), d.display_source};
    });
  }
}

void add_host_overheads(const Machine& machine, Recorder& out) {
  out.add(machine.devices.size(), Term::display, machine.host.os_reserve, [&] {
    return PartText{"operating system and other programs", "reserve", std::string(os_id(machine.os)),
                    machine.host.os_reserve_source};
  });
}

void add_limits(const Machine& machine, std::vector<DeviceMemory>& rows) {
  const std::size_t host = machine.devices.size();
  for (std::size_t row = 0; row < host; ++row) {
    const Device& d = machine.devices[row];
    rows[row].capacity = d.capacity;
    rows[row].reported = d.reported;
    rows[row].usable = d.limit;
    if (d.kind == DeviceKind::unified) {
      const Bytes beside = rows[host].total();
      rows[row].usable = std::min(d.limit, d.capacity > beside ? d.capacity - beside : 0);
    }
  }
  rows[host].capacity = machine.host.capacity;
  rows[host].usable = machine.host.capacity;
}

}  // namespace qwenfit
