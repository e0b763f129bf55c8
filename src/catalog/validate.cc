#include "catalog/validate.h"

#include <map>
#include <set>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "catalog/dates.h"
#include "catalog/expectation.h"
#include "catalog/names.h"
#include "catalog/nearest.h"
#include "catalog/parse.h"

namespace qwenfit {
namespace {

using json = nlohmann::json;
using Path = std::vector<std::string>;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

constexpr std::size_t kMaxFindings = 200;  ///< of one document: more help nobody

std::string pointer_of(const Path& path) {
  std::string out;
  for (const std::string& step : path) {
    out += '/';
    for (const char c : step)
      out += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
  }
  return out;
}

const json* value_at(const json& document, const Path& path) {
  const json* value = &document;
  for (const std::string& step : path) {
    if (value->is_array()) {
      const std::size_t index = std::stoul(step);
      if (index >= value->size()) return nullptr;
      value = &(*value)[index];
    } else {
      const auto found = value->find(step);
      if (!value->is_object() || found == value->end()) return nullptr;
      value = &*found;
    }
  }
  return value;
}

/// Steps of a valijson context ("<root>", "[rows]", "[0]", ...).
Path path_of(const std::vector<std::string>& context) {
  Path path;
  for (const std::string& step : context) {
    if (step.size() >= 2 && step.front() == '[' && step.back() == ']')
      path.push_back(step.substr(1, step.size() - 2));
  }
  return path;
}

std::string shown(const json& value) {
  if (value.is_string()) return "\"" + printable(value.get<std::string>()) + "\"";
  if (value.is_object()) return "an object";
  if (value.is_array()) return value.empty() ? "an empty list" : "a list";
  return printable(value.dump());
}

/// Turns the places where valijson found a fault into findings in plain words.
class Reporter {
 public:
  Reporter(const json& schema, const Document& document, Findings& findings)
      : schema_(schema), document_(document), findings_(findings) {}

  void report(const valijson::ValidationResults& results) {
    for (const auto& error : results) paths_.insert(path_of(error.context));
    for (const Path& path : paths_) {
      const json* value = value_at(document_.value, path);
      const json* part = schema_at(schema_, document_.value, path);
      if (value == nullptr || part == nullptr) continue;
      const std::size_t before = findings_.size();
      if (value->is_object()) report_keys(path, *value, *part);
      if (findings_.size() == before && !has_deeper(path)) {
        add(pointer_of(path), "expected " + expectation(schema_, *part) + ", found " + shown(*value));
      }
    }
    if (reported_ == 0) add("", "expected a document as its schema describes");
  }

 private:
  /// valijson reports every enclosing list and object of a faulty value as well.
  bool has_deeper(const Path& path) const {
    const auto next = paths_.upper_bound(path);
    return next != paths_.end() && next->size() > path.size() &&
           std::equal(path.begin(), path.end(), next->begin());
  }
  void report_keys(const Path& path, const json& object, const json& part) {
    const auto known = known_keys(part);
    if (known.empty()) return;
    for (const auto& [key, unused] : object.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      Path at = path;
      at.push_back(key);
      std::string text = "unknown key \"" + printable(key) + "\"";
      const std::string_view meant = key_also_called(part, key);
      const auto nearest = meant.empty() ? nearest_names(key, known, 1) : std::vector{std::string(meant)};
      if (!nearest.empty()) text += ", the nearest known one is \"" + nearest.front() + "\"";
      add(pointer_of(at), text);
    }
    const auto required = part.find("required");
    if (required == part.end() || !required->is_array()) return;
    for (const json& key : *required) {
      if (!key.is_string() || object.contains(key.get<std::string>())) continue;
      const json* inner = part.at("properties").contains(key.get<std::string>())
                              ? &part.at("properties").at(key.get<std::string>())
                              : nullptr;
      const std::string what = inner != nullptr ? ": " + expectation(schema_, *inner) : "";
      add(pointer_of(path), "expected key \"" + key.get<std::string>() + "\"" + what);
    }
  }
  void add(std::string pointer, std::string text) {
    ++reported_;
    if (reported_ <= kMaxFindings) findings_.push_back({document_.file, std::move(pointer), std::move(text)});
  }

  const json& schema_;
  const Document& document_;
  Findings& findings_;
  std::set<Path> paths_;
  std::size_t reported_ = 0;
};

std::string schema_name(std::string_view kind) {
  return "\"qwenfit.data." + std::string(kind) + "/1\"";
}

/// The kinds that people mean by a name that is none: what they also call one, else those spelled like it.
std::vector<std::string> kinds_meant(const std::string& typed, const std::vector<std::string_view>& kinds,
                                     const SchemaSource& schemas) {
  constexpr std::string_view head = "qwenfit.data.";
  std::string name = typed.starts_with(head) ? typed.substr(head.size()) : typed;
  name = name.substr(0, name.find('/'));
  for (const std::string_view kind : kinds) {
    const json schema = json::parse(schemas("data." + std::string(kind)), nullptr, false);
    if (!schema.is_object() || !schema.contains("x-also")) continue;
    for (const json& other : schema.at("x-also")) {
      if (other == name) return {std::string(kind)};
    }
  }
  return nearest_names(name, kinds);
}

/// What a file's "schema" can be instead of what it is.
std::string kinds_instead(const json& document, const SchemaSource& schemas) {
  std::vector<std::string_view> kinds;
  const Tables none;
  for_each_table(none, [&](std::string_view kind, const auto&) {
    if (is_overlayable(kind)) kinds.push_back(kind);
  });
  const auto typed = document.find("schema");
  const bool is_text = typed != document.end() && typed->is_string();
  const auto meant =
      is_text ? kinds_meant(typed->get<std::string>(), kinds, schemas) : std::vector<std::string>();
  std::string out;
  for (const std::string& kind : meant) out += (out.empty() ? "" : " or ") + schema_name(kind);
  if (!out.empty()) return out + ", found " + shown(*typed);
  for (const std::string_view kind : kinds) out += (out.empty() ? "" : ", ") + std::string(kind);
  return schema_name("KIND") + ", the kind being one of " + out;
}

}  // namespace

bool validate_schema(const Document& document, const SchemaSource& schemas, Findings& findings) {
  if (!document.value.is_object()) {
    findings.push_back({document.file, "", "expected an object with the keys \"schema\" and \"rows\""});
    return false;
  }
  const std::string kind = kind_of(document.value);
  const std::string_view text = kind.empty() ? std::string_view() : schemas("data." + kind);
  if (text.empty()) {
    findings.push_back({document.file, "/schema", "expected " + kinds_instead(document.value, schemas)});
    return false;
  }
  if (!validate_against(text, "data." + kind, document, findings)) return false;
  const std::size_t before = findings.size();
  check_dates(document, findings);
  return findings.size() == before;
}

bool validate_against(std::string_view schema_text, std::string_view name, const Document& document,
                      Findings& findings) {
  try {
    const json schema_json = json::parse(schema_text);
    valijson::Schema schema;
    valijson::SchemaParser parser;
    parser.populateSchema(Adapter(schema_json), schema);
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(schema, Adapter(document.value), &results)) return true;
    Reporter(schema_json, document, findings).report(results);
  } catch (const std::exception&) {
    findings.push_back({document.file, "", "the schema " + std::string(name) + " cannot be applied"});
  }
  return false;
}

}  // namespace qwenfit
