#pragma once

#include <vector>

#include "query/build_cache.h"
#include "query/quants.h"
#include "qwenfit/catalog.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// Publisher of sizes of never released models that no guide gives.
inline constexpr std::string_view kEstimatedPublisher = "estimated from released sizes";

/// The builds of one quant of a size that was never released: each guide's figure (of the publisher named, if
/// any), else the guide's parameter count at the mean bits per parameter of the released models of its
/// family. Empty when neither is known.
std::vector<Build> guide_builds(const ModelRow& model, const QuantChoice& choice, const Layouts& layouts,
                                const Catalog& catalog, BuildCache& cache);

}  // namespace qwenfit
