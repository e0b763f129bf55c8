#pragma once

#include <string_view>
#include <vector>

#include "qwenfit/query.h"

namespace qwenfit {

/// What buying guides say of a model on this machine, with any quant.
std::vector<GuideClaim> guide_claims(std::string_view model_id, const Machine& machine,
                                     const Catalog& catalog);

}  // namespace qwenfit
