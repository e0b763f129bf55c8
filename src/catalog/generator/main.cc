#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "catalog/generator/emit.h"
#include "catalog/ids.h"
#include "catalog/parse.h"
#include "catalog/validate.h"

namespace fs = std::filesystem;
using namespace qwenfit;

namespace {

constexpr std::string_view kSchemaSuffix = ".schema.json";

/// The *.json files below `folder` in name order, with or without those of the folder "schema".
std::vector<fs::path> json_files(const fs::path& folder, bool schemas) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const bool is_schema = entry.path().string().ends_with(kSchemaSuffix);
    if (entry.is_regular_file() && entry.path().extension() == ".json" && is_schema == schemas) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

using Schemas = std::map<std::string, std::string>;

/// Schema texts without white space, by name.
Schemas read_schemas(const fs::path& data, Findings& findings) {
  Schemas schemas;
  for (const fs::path& path : json_files(data, true)) {
    auto text = read_text(path.string(), findings);
    if (!text) continue;
    const auto value = nlohmann::ordered_json::parse(*text, nullptr, false);
    if (value.is_discarded()) {
      findings.push_back({path.string(), "", "expected valid JSON"});
      continue;
    }
    const std::string file = path.filename().string();
    schemas[file.substr(0, file.size() - kSchemaSuffix.size())] = value.dump();
  }
  return schemas;
}

/// What the catalog is made of; `files` and `arena` hold what the rows point to.
struct Input {
  std::deque<std::string> files;
  Arena arena;
  Tables tables;
};

void read_rows(const fs::path& data, const Schemas& schemas, Input& input, Findings& findings) {
  const auto schema_text = [&](std::string_view name) -> std::string_view {
    const auto found = schemas.find(std::string(name));
    return found == schemas.end() ? std::string_view() : std::string_view(found->second);
  };
  for (const fs::path& path : json_files(data, false)) {
    const std::string& file = input.files.emplace_back(path.string());
    auto text = read_text(file, findings);
    if (!text) continue;
    const auto document = parse_document(file, std::move(*text), findings);
    if (!document || !validate_schema(*document, schema_text, findings)) continue;
    if (has_table(kind_of(document->value))) parse_rows(*document, file, input.arena, input.tables, findings);
  }
}

void check_tensor_types(const Tables& tables, Findings& findings) {
  for (const auto id : ids_of(TensorType{})) {
    const auto& rows = tables.tensor_types.rows;
    if (std::any_of(rows.begin(), rows.end(), [&](const TensorTypeRow& row) { return row.id == id; }))
      continue;
    findings.push_back({"quants/tensor_types.json", "/rows", "expected a row for " + std::string(id)});
  }
}

bool write_file(const fs::path& path, const std::function<void(std::ostream&)>& emit) {
  std::ofstream out(path, std::ios::binary);
  emit(out);
  out.close();
  if (!out) std::cerr << path.string() << ": cannot be written\n";
  return static_cast<bool>(out);
}

int generate(const fs::path& data, const fs::path& out) {
  Findings findings;
  Input input;
  std::error_code code;
  if (!fs::is_directory(data, code)) {
    std::cerr << data.string() << ": expected a folder\n";
    return 1;
  }
  const Schemas schemas = read_schemas(data, findings);
  read_rows(data, schemas, input, findings);
  if (findings.empty()) {
    sort_tables(input.tables);
    check_tensor_types(input.tables, findings);
    validate_keys(input.tables, findings);
    validate_meaning(input.tables, Scope::all_rows, findings);
  }
  for (const Finding& finding : findings) std::cerr << to_error(finding).message << "\n";
  if (!findings.empty()) return 1;
  fs::create_directories(out, code);
  const bool written =
      write_file(out / "catalog_rows.cc", [&](std::ostream& o) { emit_rows(input.tables, o); }) &&
      write_file(out / "catalog_schemas.cc", [&](std::ostream& o) { emit_schemas(schemas, o); });
  return written ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: qwenfit_catalog_generator DATA_DIR OUT_DIR\n", stderr);
    return 2;
  }
  try {
    return generate(argv[1], argv[2]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "the catalog cannot be generated: %s\n", e.what());
    return 1;
  }
}
