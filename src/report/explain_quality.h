#pragma once

#include <cstddef>
#include <iosfwd>

#include "advise/sweep.h"
#include "qwenfit/catalog.h"

namespace qwenfit {

/// What an answer loses against the original: of its weights and of its KV cache, by which published figures
/// or which rule.
void print_quality(std::ostream& out, const Answer& answer, const Catalog& catalog, std::size_t width);

}  // namespace qwenfit
