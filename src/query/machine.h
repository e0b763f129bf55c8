#pragma once

#include <cstddef>

#include "qwenfit/catalog.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// The machine of a query: devices, host and operating system.
Result<Machine> resolve_machine(const Query& query, const Catalog& catalog);

/// Takes devices away until there are `most`: the slowest at arithmetic, of equal ones the last.
void leave_out_slowest(std::size_t most, Machine& machine);

}  // namespace qwenfit
