#pragma once

#include "query/build_cache.h"
#include "qwenfit/query.h"
#include "speed/measured.h"

namespace qwenfit {

/// Calibrates every build of the question that llama.cpp runs with the person's own rows, and says in the
/// question what was used. Error: `bad_file` when no row can be used, when the rows are of another machine,
/// or when one is faster than its machine can be.
Result<bool> apply_measurements(const OwnMeasurements& own, const Catalog& catalog, BuildCache& cache,
                                const Layouts& layouts, Question& question);

}  // namespace qwenfit
