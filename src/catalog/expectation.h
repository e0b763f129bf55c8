#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace qwenfit {

/// The part of a schema that speaks about the value at `path` (keys and list indices from the document's
/// root); nullptr when no part does. Follows properties, items, anyOf/oneOf/allOf and references within the
/// schema.
const nlohmann::json* schema_at(const nlohmann::json& schema, const nlohmann::json& document,
                                const std::vector<std::string>& path);

/// What a schema expects, in plain words without articles of JSON: "a whole number from 1 to 1024, or null".
std::string expectation(const nlohmann::json& schema, const nlohmann::json& part);

/// Properties that the schema knows for an object.
std::vector<std::string_view> known_keys(const nlohmann::json& part);

/// The property that people also call `name`: it stands in the list "x-also" of the property. Empty: none.
std::string_view key_also_called(const nlohmann::json& part, std::string_view name);

}  // namespace qwenfit
