#pragma once

#include <string>
#include <string_view>

#include "qwenfit/catalog.h"

/// What the name of a model's file says.
namespace qwenfit {

/// The file's name without folders, extension and the number of its part.
std::string stem_of(std::string_view path);

/// The model that the longest beginning of a stem names; nullptr: none.
const ModelRow* model_in(const std::string& stem, const Catalog& catalog);
/// The GGUF quant that the longest end of a stem names; nullptr: none.
const QuantRow* quant_in(const std::string& stem, const Catalog& catalog);

}  // namespace qwenfit
