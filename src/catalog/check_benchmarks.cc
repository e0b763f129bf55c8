#include "catalog/check_benchmarks.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <span>

#include "catalog/document.h"
#include "catalog/names.h"
#include "catalog/parse.h"
#include "catalog/schemas.h"
#include "catalog/validate.h"

namespace qwenfit {
namespace {

using nlohmann::json;

/// A key that names a row of the catalog, and the rows' ids.
struct Reference {
  const char* key;
  const char* what;
  std::vector<std::string_view> ids;
};

template <typename Row>
Reference reference(const char* key, const char* what, std::span<const Row> rows) {
  Reference out{key, what, {}};
  for (const Row& row : rows) out.ids.push_back(row.id);
  return out;
}

void check_row(const json& row, const std::string& pointer, const std::vector<Reference>& references,
               const std::string& file, Findings& findings) {
  for (const auto& [key, what, ids] : references) {
    const auto found = row.find(key);
    if (found == row.end() || !found->is_string()) continue;
    const auto id = found->get<std::string>();
    if (std::find(ids.begin(), ids.end(), id) != ids.end()) continue;
    const auto nearest = nearest_names(id, ids, 1);
    findings.push_back({file, pointer + "/" + key,
                        "no " + std::string(what) + " has the id \"" + printable(id) + "\"" +
                            (nearest.empty() ? "" : ", the nearest is \"" + nearest.front() + "\"")});
  }
}

}  // namespace

std::optional<Document> benchmark_document(const std::string& path) {
  std::error_code code;
  if (!std::filesystem::is_regular_file(path, code)) return std::nullopt;
  Findings unread;
  auto text = read_text(path, unread);
  if (!text) return std::nullopt;
  auto document = parse_document(path, std::move(*text), unread);
  if (!document || !is_benchmarks(kind_of(document->value))) return std::nullopt;
  return document;
}

void check_benchmarks(const Document& document, const CatalogRows& rows, Findings& findings) {
  if (!validate_schema(document, embedded_schema, findings)) return;
  std::vector<Reference> references = {reference("device", "device", rows.devices),
                                       reference("runtime", "runtime", rows.runtimes)};
  if (kind_of(document.value) == "benchmarks") {
    references.push_back(reference("model", "model", rows.models));
    references.push_back(reference("quant", "quant", rows.quants));
    references.push_back(reference("cpu", "device", rows.devices));
  }
  std::set<std::string> seen;
  const json& list = document.value.at("rows");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string pointer = "/rows/" + std::to_string(i);
    check_row(list[i], pointer, references, document.file, findings);
    const auto id = list[i].at("id").get<std::string>();
    if (!seen.insert(id).second)
      findings.push_back(
          {document.file, pointer + "/id", "\"" + printable(id) + "\" is here twice; give it another"});
  }
}

}  // namespace qwenfit
