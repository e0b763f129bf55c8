#include "catalog/overlay.h"

#include <algorithm>
#include <filesystem>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "catalog/parse.h"
#include "catalog/schemas.h"
#include "catalog/validate.h"

namespace qwenfit {
namespace {

template <typename Row>
void copy_table(Table<Row>& table, std::span<const Row> rows) {
  table.rows.assign(rows.begin(), rows.end());
  table.places.assign(rows.size(), Place{});
}

void copy_base(const CatalogRows& base, Tables& tables) {
  copy_table(tables.models, base.models);
  copy_table(tables.quants, base.quants);
  copy_table(tables.builds, base.builds);
  copy_table(tables.repositories, base.repositories);
  copy_table(tables.projectors, base.projectors);
  copy_table(tables.headers, base.headers);
  copy_table(tables.devices, base.devices);
  copy_table(tables.ambiguous, base.ambiguous);
  copy_table(tables.never_existed, base.never_existed);
  copy_table(tables.backends, base.backends);
  copy_table(tables.reserves, base.reserves);
  copy_table(tables.metal_limits, base.metal_limits);
  copy_table(tables.apu_limits, base.apu_limits);
  copy_table(tables.runtimes, base.runtimes);
  copy_table(tables.runtime_options, base.runtime_options);
  copy_table(tables.speed_parameters, base.speed_parameters);
  copy_table(tables.speed_offsets, base.speed_offsets);
  copy_table(tables.speed_intervals, base.speed_intervals);
  copy_table(tables.measured_speeds, base.measured_speeds);
  copy_table(tables.links, base.links);
  copy_table(tables.storages, base.storages);
  copy_table(tables.power_rules, base.power_rules);
  copy_table(tables.speed_words, base.speed_words);
  copy_table(tables.drafts, base.drafts);
  copy_table(tables.claims, base.claims);
  copy_table(tables.quality, base.quality);
  copy_table(tables.quality_protocols, base.quality_protocols);
  copy_table(tables.quality_levels, base.quality_levels);
  copy_table(tables.quality_words, base.quality_words);
  copy_table(tables.advice, base.advice);
}

/// Whether a row was written without the key, which is not the same as with an empty list.
bool lacks_key(std::string_view row_json, const char* key) {
  const auto row = nlohmann::json::parse(row_json, nullptr, false);
  return row.is_object() && !row.contains(key);
}

/// Puts `row` in the place of `old`. One that says nothing of aliases keeps those of the row it replaces.
template <typename Row>
void replace_row(Row& old, const Row& row) {
  const Row before = old;
  old = row;
  if constexpr (requires { row.aliases; }) {
    if (row.aliases.empty() && lacks_key(row.json, "aliases")) old.aliases = before.aliases;
  }
}

/// Rows of `overlay` replace those of `table` with the same key, in their place, or are added.
template <typename Row>
void lay_over(Table<Row>& table, const Table<Row>& overlay) {
  if (overlay.rows.empty()) return;
  std::unordered_map<std::string, std::size_t> at;
  for (std::size_t i = 0; i < table.rows.size(); ++i) at.emplace(key_of(table.rows[i]), i);
  for (std::size_t i = 0; i < overlay.rows.size(); ++i) {
    const auto [found, is_new] = at.emplace(key_of(overlay.rows[i]), table.rows.size());
    if (is_new) {
      table.rows.push_back(overlay.rows[i]);
      table.places.push_back(overlay.places[i]);
    } else {
      replace_row(table.rows[found->second], overlay.rows[i]);
      table.places[found->second] = overlay.places[i];
    }
  }
}

/// Why rows of this kind are of no use as an overlay; empty: they are.
std::string why_not(const std::string& kind) {
  const std::string own = "give your own measurements with --measured FILE";
  if (is_calibration(kind)) return "\"" + kind + "\" is calibration, which an overlay cannot change; " + own;
  if (is_benchmarks(kind))
    return "\"" + kind +
           "\" is what the calibration is fitted to, and no part of the catalog; take it out and " + own +
           " (the output of llama-bench -o json)";
  if (has_table(kind) && !is_overlayable(kind))
    return "\"" + kind + "\" is part of the program, which an overlay cannot change";
  return "";
}

/// Reads and checks one file alone.
Tables read_overlay(const std::string& file, Arena& arena, Findings& findings) {
  Tables tables;
  auto text = read_text(file, findings);
  if (!text) return tables;
  const auto document = parse_document(file, std::move(*text), findings);
  if (!document) return tables;
  if (std::string reason = why_not(kind_of(document->value)); !reason.empty()) {
    findings.push_back({file, "/schema", std::move(reason)});
    return tables;
  }
  const auto of_rows = [](std::string_view name) {
    const std::string_view kind = name.substr(std::min(name.find('.') + 1, name.size()));
    return has_table(kind) ? embedded_schema(name) : std::string_view();
  };
  if (validate_schema(*document, of_rows, findings)) {
    parse_rows(*document, arena.keep(file), arena, tables, findings);
    validate_keys(tables, findings);
  }
  return tables;
}

/// Whether a person keeps a catalog file under this name: no editor's lock, no folder, nothing hidden. A link
/// that leads nowhere is one, so that it is told.
bool is_catalog_file(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  if (path.extension() != ".json" || path.filename().string().starts_with('.')) return false;
  std::error_code code;
  const fs::file_type type = fs::status(path, code).type();
  return type == fs::file_type::regular || type == fs::file_type::not_found || type == fs::file_type::none;
}

}  // namespace

std::vector<std::string> overlay_files(const std::vector<std::string>& paths, Findings& findings) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code code;
    if (!fs::is_directory(path, code)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (fs::directory_iterator at(path, code), end; !code && at != end; at.increment(code)) {
      if (is_catalog_file(at->path())) inside.push_back(at->path().string());
    }
    if (code)
      findings.push_back({path, "", "the folder cannot be read; allow it (chmod u+rx), or name another"});
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

bool merge_overlays(const CatalogRows& base, const std::vector<std::string>& files, Merged& merged,
                    Findings& findings) {
  copy_base(base, merged.tables);
  for (const std::string& file : files) {
    Tables overlay = read_overlay(file, merged.arena, findings);
    lay_over(merged.tables.models, overlay.models);
    lay_over(merged.tables.quants, overlay.quants);
    lay_over(merged.tables.builds, overlay.builds);
    lay_over(merged.tables.repositories, overlay.repositories);
    lay_over(merged.tables.projectors, overlay.projectors);
    lay_over(merged.tables.headers, overlay.headers);
    lay_over(merged.tables.devices, overlay.devices);
    lay_over(merged.tables.ambiguous, overlay.ambiguous);
    lay_over(merged.tables.never_existed, overlay.never_existed);
    lay_over(merged.tables.backends, overlay.backends);
    lay_over(merged.tables.reserves, overlay.reserves);
    lay_over(merged.tables.metal_limits, overlay.metal_limits);
    lay_over(merged.tables.apu_limits, overlay.apu_limits);
    lay_over(merged.tables.runtimes, overlay.runtimes);
    lay_over(merged.tables.runtime_options, overlay.runtime_options);
    lay_over(merged.tables.links, overlay.links);
    lay_over(merged.tables.storages, overlay.storages);
    lay_over(merged.tables.power_rules, overlay.power_rules);
    lay_over(merged.tables.speed_words, overlay.speed_words);
    lay_over(merged.tables.drafts, overlay.drafts);
    lay_over(merged.tables.claims, overlay.claims);
    lay_over(merged.tables.quality, overlay.quality);
    lay_over(merged.tables.quality_protocols, overlay.quality_protocols);
    lay_over(merged.tables.quality_levels, overlay.quality_levels);
    lay_over(merged.tables.quality_words, overlay.quality_words);
  }
  if (!findings.empty()) return false;
  validate_meaning(merged.tables, Scope::overlay_rows, findings);
  sort_tables(merged.tables);
  return true;
}

}  // namespace qwenfit
