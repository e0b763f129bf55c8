#pragma once

#include <optional>
#include <string>

#include "catalog/document.h"
#include "catalog/tables.h"

namespace qwenfit {

/// A file of benchmark rows; none where it is of another kind or cannot be read.
std::optional<Document> benchmark_document(const std::string& path);

/// Checks benchmark rows, which the program itself never reads: form, names of the catalog, ids given twice.
void check_benchmarks(const Document& document, const CatalogRows& rows, Findings& findings);

}  // namespace qwenfit
