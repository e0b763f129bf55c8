#pragma once

#include <cstddef>
#include <iosfwd>

#include "advise/sweep.h"
#include "qwenfit/catalog.h"
#include "report/json_writer.h"

namespace qwenfit {

/// What an answer loses against the original: of its weights and of its KV cache, by which published figures
/// or which rule.
void print_quality(std::ostream& out, const Answer& answer, const Catalog& catalog, std::size_t width);

/// The same as `quality_parts` of the document: null where nothing is known.
void write_quality_parts(JsonWriter& w, const Answer& answer, const Catalog& catalog);

}  // namespace qwenfit
