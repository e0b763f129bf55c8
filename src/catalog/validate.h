#pragma once

#include <functional>
#include <string_view>

#include "catalog/document.h"
#include "catalog/index.h"
#include "catalog/tables.h"

namespace qwenfit {

/// Text of the schema with this name ("data.models"), empty when there is none.
using SchemaSource = std::function<std::string_view(std::string_view name)>;

/// Checks a document against the schema of its kind. Returns true when it is valid; otherwise every fault is
/// a finding that says what was expected, with the nearest known key for an unknown one.
bool validate_schema(const Document& document, const SchemaSource& schemas, Findings& findings);

/// The same against the schema `schema_text`, whose name is for messages.
bool validate_against(std::string_view schema_text, std::string_view name, const Document& document,
                      Findings& findings);

/// Which rows a semantic check speaks about.
enum class Scope : bool { all_rows, overlay_rows };

inline bool in_scope(Scope scope, const Place& place) {
  return scope == Scope::all_rows || !place.file.empty();
}

/// Checks that no two rows of `tables` are the same row (see key_of).
void validate_keys(const Tables& tables, Findings& findings);

/// Checks what a schema cannot say: references that exist, names that lead to one row only, shapes that make
/// sense. Rows of `tables` without a file are compiled-in ones: they are trusted and only serve as targets.
void validate_meaning(const Tables& tables, Scope scope, Findings& findings);

}  // namespace qwenfit
