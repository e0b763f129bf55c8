#pragma once

#include <string>

#include "catalog/tables.h"

namespace qwenfit {

/// Checks a file of benchmark rows, which the program itself never reads: form, names of the catalog, ids
/// given twice. False where the file is of another kind or cannot be read; then nothing is found either.
bool check_benchmarks(const std::string& path, const CatalogRows& rows, Findings& findings);

}  // namespace qwenfit
