#pragma once

#include <cstddef>

#include "qwenfit/catalog.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// The machine of a query: devices, host and operating system.
Result<Machine> resolve_machine(const Query& query, const Catalog& catalog);

/// Puts devices in the order in which runtimes take them: the fastest at arithmetic first, as CUDA numbers
/// them. Of more than `most` the slowest are left out; 0: no limit.
void arrange_devices(std::size_t most, Machine& machine);

}  // namespace qwenfit
