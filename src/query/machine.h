#pragma once

#include "qwenfit/catalog.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// The machine of a query: devices, host and operating system.
Result<Machine> resolve_machine(const Query& query, const Catalog& catalog);

}  // namespace qwenfit
