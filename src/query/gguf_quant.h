#pragma once

#include <string>

#include "query/model_files.h"

namespace qwenfit {

/// Tells which quant a file is, by its name, its metadata and its tensors; what the tensors contradict is not
/// believed. `stem`: of its name. `quant` stays null where the catalog has no stock quants.
void find_quant(const std::string& stem, const Catalog& catalog, GgufContents& contents);

}  // namespace qwenfit
