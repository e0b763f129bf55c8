#pragma once

#include <string_view>
#include <vector>

#include "query/model_files.h"
#include "qwenfit/catalog.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// The models a query names.
struct ModelWish {
  std::vector<const ModelRow*> rows;  ///< in the order typed, each once
  bool everything = false;            ///< every released Qwen 3.5: `all`, or no model named
};
/// `files`: where files are read; nullptr where only models of the catalog make sense.
Result<ModelWish> parse_models(const std::vector<std::string>& typed, const Catalog& catalog,
                               ModelFiles* files = nullptr);

/// The model as scenarios have it.
Model make_model(const ModelRow& row, const Catalog& catalog);
/// What `--vision` loads with the model; no bytes for a model without encoder.
Projector make_projector(const ModelRow& row);

}  // namespace qwenfit
