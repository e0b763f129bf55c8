#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace qwenfit {

/// The text under a key of an object; empty where there is none.
inline std::string text_at(const nlohmann::json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace qwenfit
