#pragma once

#include <vector>

#include "placement/recorder.h"
#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

/// What every rule of memory does with the rows of a machine.
namespace qwenfit {

/// One empty row per device, then the host's; no parts.
void start_rows(const Machine& machine, Estimate& estimate);

/// The process's context on every device in use, and the desktop.
void add_device_overheads(const Machine& machine, Recorder& out);
void add_host_overheads(const Machine& machine, Recorder& out);

/// Rows with capacities. The pool of unified memory is counted once: what the host side takes is gone for the
/// device.
void add_limits(const Machine& machine, std::vector<DeviceMemory>& rows);

}  // namespace qwenfit
