#pragma once

#include <cstddef>
#include <iosfwd>

#include "advise/sweep.h"
#include "qwenfit/catalog.h"

namespace qwenfit {

/// The runtime of an answer: versions, what it takes by itself, the pool, and what to know, with sources.
void print_runtime(std::ostream& out, const Answer& answer, const Catalog& catalog, std::size_t width);

}  // namespace qwenfit
