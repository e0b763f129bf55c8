#pragma once

#include <map>
#include <ostream>
#include <string>

#include "catalog/tables.h"

namespace qwenfit {

/// Writes the rows, in listing order, and their look-up tables as constants. `tables` hold one row for every
/// TensorType.
void emit_rows(const Tables& tables, std::ostream& out);

/// Writes schema texts by name.
void emit_schemas(const std::map<std::string, std::string>& schemas, std::ostream& out);

}  // namespace qwenfit
