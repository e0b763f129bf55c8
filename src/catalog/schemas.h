#pragma once

#include <string_view>

namespace qwenfit {

/// Text of a JSON schema that is compiled in, by the name of its file without ".schema.json": "data.models"
/// for data files, "qwenfit.fit" for documents. Empty when there is none.
std::string_view embedded_schema(std::string_view name);

}  // namespace qwenfit
