#pragma once

#include <nlohmann/json.hpp>

#include "catalog/document.h"
#include "catalog/tables.h"

namespace qwenfit {

/// The kind of a data file, from its "schema": "qwenfit.data.<kind>/1". Empty when it names none.
std::string kind_of(const nlohmann::json& document);

/// True when rows of this kind have a table.
bool has_table(std::string_view kind);

/// Adds the rows of a validated document to the table of its kind. Text goes into `arena`; `file` must
/// outlive the tables. Values of an unexpected type are findings, never exceptions.
void parse_rows(const Document& document, std::string_view file, Arena& arena, Tables& tables,
                Findings& findings);

}  // namespace qwenfit
