#pragma once

#include <string>

namespace qwenfit {

/// What is wrong with `document` by data/schema/<name>.schema.json; empty when it is valid.
std::string schema_faults(const std::string& name, const std::string& document);

}  // namespace qwenfit
