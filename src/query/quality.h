#pragma once

#include <optional>
#include <string_view>

#include "qwenfit/catalog.h"
#include "qwenfit/quality.h"

namespace qwenfit {

/// What a build of `model` loses by its weights; none where the catalog says nothing about it. `publisher` is
/// empty when it is not known.
std::optional<WeightQuality> weight_quality(const ModelRow& model, const QuantRow& quant,
                                            std::string_view publisher, const Catalog& catalog);

}  // namespace qwenfit
