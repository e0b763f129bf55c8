#include "catalog/parse.h"

#include "catalog/row_reader.h"

namespace qwenfit {
namespace {

template <typename Row>
void derive_any(const RowReader& reader, Arena& arena, Row& row) {
  if constexpr (requires { derive(reader, arena, row); }) derive(reader, arena, row);
}

/// First source, the row as written, and the file: the same for every kind.
template <typename Row>
void keep_origin(const RowReader& reader, const RowJson& object, std::string_view file, Arena& arena,
                 Row& row) {
  const RowJson* sources = reader.find("source");
  if (sources != nullptr && sources->is_array() && !sources->empty() && sources->front().is_string()) {
    row.source = arena.keep(sources->front().get<std::string>());
  }
  row.json = arena.keep(object.dump());
  row.origin = file;
}

template <typename Row>
void parse_table(const RowJson& rows, std::string_view file, Arena& arena, Table<Row>& table,
                 Findings& findings) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Place place{file, i};
    RowReader reader(rows[i], arena, file, row_pointer(place), findings);
    Row row;
    fields(reader, row);
    derive_any(reader, arena, row);
    if constexpr (requires { row.origin; }) keep_origin(reader, rows[i], file, arena, row);
    table.rows.push_back(row);
    table.places.push_back(place);
  }
}

}  // namespace

std::string kind_of(const nlohmann::json& document) {
  if (!document.is_object()) return "";
  const auto schema = document.find("schema");
  if (schema == document.end() || !schema->is_string()) return "";
  const std::string name = schema->get<std::string>();
  constexpr std::string_view head = "qwenfit.data.";
  constexpr std::string_view tail = "/1";
  if (!name.starts_with(head) || !name.ends_with(tail) || name.size() <= head.size() + tail.size()) return "";
  return name.substr(head.size(), name.size() - head.size() - tail.size());
}

bool has_table(std::string_view kind) {
  bool found = kind == "tensor_types";
  const Tables none;
  for_each_table(none, [&](std::string_view name, const auto&) { found = found || name == kind; });
  return found;
}

void parse_rows(const Document& document, std::string_view file, Arena& arena, Tables& tables,
                Findings& findings) {
  const RowJson value = RowJson::parse(document.text, nullptr, false);
  const std::string kind = kind_of(document.value);
  if (!value.is_object() || !value.contains("rows") || !value.at("rows").is_array()) {
    findings.push_back({std::string(file), "/rows", "expected a list of rows"});
    return;
  }
  const RowJson& rows = value.at("rows");
  for_each_table(tables, [&](std::string_view name, auto& table) {
    if (name == kind) parse_table(rows, file, arena, table, findings);
  });
  if (kind == "tensor_types") parse_table(rows, file, arena, tables.tensor_types, findings);
}

void derive(const RowReader& reader, Arena&, ModelRow& row) {
  const RowJson* vision = reader.find("vision");
  row.has_vision = vision != nullptr && vision->is_object();
}

void derive(const RowReader& reader, Arena&, QuantRow& row) {
  const RowJson* models = reader.find("models");
  row.moe_only = models != nullptr && models->is_string() && models->get<std::string>() == "moe";
}

}  // namespace qwenfit
