#include "catalog/expectation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace qwenfit {
namespace {

using json = nlohmann::json;

constexpr std::array<const char*, 3> kCombiners = {"anyOf", "oneOf", "allOf"};
/// For what a schema says nothing about in words.
constexpr const char* kAnything = "another value";
constexpr int kMaxReferences = 16;

/// The target of a local "$ref", else the part itself.
const json* resolved(const json& schema, const json* part) {
  for (int i = 0; i < kMaxReferences && part != nullptr && part->is_object(); ++i) {
    const auto ref = part->find("$ref");
    if (ref == part->end() || !ref->is_string()) return part;
    const std::string pointer = ref->get<std::string>();
    if (!pointer.starts_with("#/")) return nullptr;
    const json* target = &schema;
    std::size_t at = 2;
    while (target != nullptr && at <= pointer.size()) {
      const auto end = std::min(pointer.find('/', at), pointer.size());
      const auto found = target->find(pointer.substr(at, end - at));
      target = target->is_object() && found != target->end() ? &*found : nullptr;
      at = end + 1;
    }
    part = target;
  }
  return part;
}

const json* member(const json& object, const std::string& key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

/// The schema of one step down: a key of an object or an item of a list.
const json* step_down(const json& schema, const json* part, const std::string& step, bool into_list) {
  part = resolved(schema, part);
  if (part == nullptr || !part->is_object()) return nullptr;
  if (into_list) {
    if (const json* items = member(*part, "items"); items != nullptr && items->is_object()) return items;
  } else {
    if (const json* properties = member(*part, "properties")) {
      if (const json* found = member(*properties, step)) return found;
    }
    if (const json* rest = member(*part, "additionalProperties"); rest != nullptr && rest->is_object())
      return rest;
  }
  for (const char* combiner : kCombiners) {
    const json* choices = member(*part, combiner);
    if (choices == nullptr || !choices->is_array()) continue;
    for (const json& choice : *choices) {
      if (const json* found = step_down(schema, &choice, step, into_list)) return found;
    }
  }
  return nullptr;
}

std::string number_text(const json& number) {
  if (number.is_number_integer() || number.is_number_unsigned()) return number.dump();
  const double value = number.get<double>();
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(),
                std::floor(value) == value && std::abs(value) < 1e15 ? "%.0f" : "%g", value);
  return text.data();
}

std::string range_text(const json& part, const char* least, const char* most, const char* unit) {
  const json* low = member(part, least);
  const json* high = member(part, most);
  const auto counted = [&](const json& n) {
    return number_text(n) + (*unit != '\0' ? " " + std::string(unit) : "");
  };
  if (low != nullptr && high != nullptr) return " from " + number_text(*low) + " to " + counted(*high);
  if (low != nullptr) return " of at least " + counted(*low);
  if (high != nullptr) return " of at most " + counted(*high);
  return "";
}

std::string number_words(const json& part, const std::string& noun) {
  std::string out = noun + range_text(part, "minimum", "maximum", "");
  if (const json* above = member(part, "exclusiveMinimum"); above != nullptr && above->is_number()) {
    out += " greater than " + number_text(*above);
  }
  if (const json* below = member(part, "exclusiveMaximum"); below != nullptr && below->is_number()) {
    out += " less than " + number_text(*below);
  }
  return out;
}

std::string pattern_words(const std::string& pattern) {
  if (pattern == "^[a-z0-9][a-z0-9._-]*$") return "lower-case letters, digits, '.', '_' and '-'";
  if (pattern == "^[^A-Z]+$") return "text in lower case";
  if (pattern.find("[0-9]{4}") != std::string::npos || pattern.find("20[0-9]{2}") != std::string::npos) {
    return "a date of the calendar, as YYYY-MM-DD or YYYY-MM";
  }
  return "text that matches " + pattern;
}

std::string type_words(const json& part, const std::string& type) {
  if (type == "integer") return number_words(part, "a whole number");
  if (type == "number") return number_words(part, "a number");
  if (type == "boolean") return "true or false";
  if (type == "object") return "an object";
  if (type == "null") return "null";
  if (type == "array") {
    const json* unique = member(part, "uniqueItems");
    const bool distinct = unique != nullptr && unique->is_boolean() && unique->get<bool>();
    return std::string("a list") + range_text(part, "minItems", "maxItems", "items") +
           (distinct ? ", each different" : "");
  }
  const json* pattern = member(part, "pattern");
  std::string out = pattern != nullptr ? pattern_words(pattern->get<std::string>()) : "text";
  const json* least = member(part, "minLength");
  const json* most = member(part, "maxLength");
  if (least != nullptr && *least == 1 && most == nullptr) return out + ", not empty";
  return out + range_text(part, "minLength", "maxLength", "characters");
}

std::string joined_or(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

std::string value_words(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

const json* schema_at(const json& schema, const json& document, const std::vector<std::string>& path) {
  const json* part = &schema;
  const json* value = &document;
  for (const std::string& step : path) {
    const bool into_list = value != nullptr && value->is_array();
    part = step_down(schema, part, step, into_list);
    if (part == nullptr) return nullptr;
    if (into_list) {
      const std::size_t index = std::stoul(step);
      value = index < value->size() ? &(*value)[index] : nullptr;
    } else {
      value = value != nullptr ? member(*value, step) : nullptr;
    }
  }
  return resolved(schema, part);
}

std::string expectation(const json& schema, const json& raw) {
  const json* part = resolved(schema, &raw);
  if (part == nullptr || !part->is_object()) return kAnything;
  std::vector<std::string> words;
  if (const json* constant = member(*part, "const")) return value_words(*constant);
  if (const json* choices = member(*part, "enum")) {
    for (const json& choice : *choices) words.push_back(value_words(choice));
    return words.size() > 1 ? "one of " + joined_or(words) : joined_or(words);
  }
  const json* type = member(*part, "type");
  if (type != nullptr && type->is_string()) words.push_back(type_words(*part, type->get<std::string>()));
  if (type != nullptr && type->is_array()) {
    for (const json& one : *type) words.push_back(type_words(*part, one.get<std::string>()));
  }
  for (const char* combiner : kCombiners) {
    if (const json* choices = member(*part, combiner); choices != nullptr && choices->is_array()) {
      for (const json& choice : *choices) {
        if (std::string said = expectation(schema, choice); said != kAnything)
          words.push_back(std::move(said));
      }
    }
  }
  if (words.empty()) return kAnything;
  const json* examples = member(*part, "examples");
  const bool shown = examples != nullptr && examples->is_array() && !examples->empty();
  return joined_or(words) + (shown ? ", such as " + examples->front().dump() : "");
}

std::vector<std::string_view> known_keys(const json& part) {
  std::vector<std::string_view> keys;
  if (const json* properties = member(part, "properties")) {
    for (const auto& [key, unused] : properties->items()) keys.push_back(key);
  }
  return keys;
}

std::string_view key_also_called(const json& part, std::string_view name) {
  const json* properties = member(part, "properties");
  if (properties == nullptr) return {};
  for (const auto& [key, property] : properties->items()) {
    const json* others = member(property, "x-also");
    if (others == nullptr) continue;
    const auto same = [&](const json& other) {
      return other.is_string() && other.get<std::string>() == name;
    };
    if (std::any_of(others->begin(), others->end(), same)) return key;
  }
  return {};
}

}  // namespace qwenfit
