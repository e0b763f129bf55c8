#include <filesystem>
#include <sstream>

#include "catalog/fields.h"
#include "catalog/generated.h"
#include "catalog/parse.h"
#include "catalog/schemas.h"
#include "catalog/validate.h"
#include "catch.h"

using namespace qwenfit;
namespace fs = std::filesystem;

namespace {

/// Writes every field of a row as text, so that rows can be compared and differences read.
class Dump {
 public:
  explicit Dump(std::ostream& out) : out_(out) {}
  template <typename Member>
  void operator()(const char* key, const Member& member) {
    out_ << key << "=";
    put(member);
    out_ << ";";
  }
  template <typename Member>
  void derived(const Member& member) {
    (*this)("", member);
  }

 private:
  template <typename T>
  void put(const T& value) {
    if constexpr (std::is_enum_v<T>)
      out_ << static_cast<unsigned>(value);
    else
      out_ << value;
  }
  template <Nested T>
  void put(const T& nested) {
    fields(*this, nested);
  }
  template <typename T>
  void put(const std::optional<T>& optional) {
    if (optional)
      put(*optional);
    else
      out_ << "none";
  }
  template <typename T>
  void put(std::span<const T> list) {
    for (const T& item : list) {
      put(item);
      out_ << ",";
    }
  }
  std::ostream& out_;
};

template <typename Row>
std::string dump(Row row) {
  if constexpr (requires { row.origin; }) row.origin = {};
  std::ostringstream out;
  out.precision(17);
  Dump writer(out);
  fields(writer, row);
  return out.str();
}

template <typename Row>
void check_equal(std::span<const Row> compiled, const Table<Row>& parsed) {
  REQUIRE(compiled.size() == parsed.rows.size());
  for (std::size_t i = 0; i < compiled.size(); ++i) CHECK(dump(compiled[i]) == dump(parsed.rows[i]));
}

std::string_view schema(std::string_view name) {
  return embedded_schema(name);
}

struct Files {
  std::deque<std::string> names;
  Arena arena;
  Tables tables;
  Findings findings;

  Files() {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(QWENFIT_DATA)) {
      const std::string path = entry.path().string();
      if (path.ends_with(".json") && !path.ends_with(".schema.json")) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
      const std::string& file = names.emplace_back(path.string());
      auto text = read_text(file, findings);
      if (!text) continue;
      const auto document = parse_document(file, std::move(*text), findings);
      if (document && validate_schema(*document, schema, findings) && has_table(kind_of(document->value))) {
        parse_rows(*document, file, arena, tables, findings);
      }
    }
    sort_tables(tables);
  }
};

}  // namespace

TEST_CASE("the compiled-in rows are the rows of the data files") {
  const Files files;
  for (const Finding& finding : files.findings) FAIL_CHECK(to_error(finding).message);
  const CatalogRows& rows = Catalog::builtin().rows();
  check_equal(rows.models, files.tables.models);
  check_equal(rows.quants, files.tables.quants);
  check_equal(rows.builds, files.tables.builds);
  check_equal(rows.projectors, files.tables.projectors);
  check_equal(rows.headers, files.tables.headers);
  check_equal(rows.devices, files.tables.devices);
  check_equal(rows.ambiguous, files.tables.ambiguous);
  check_equal(rows.never_existed, files.tables.never_existed);
  check_equal(rows.backends, files.tables.backends);
  check_equal(rows.reserves, files.tables.reserves);
  check_equal(rows.metal_limits, files.tables.metal_limits);
  check_equal(rows.apu_limits, files.tables.apu_limits);
  check_equal(rows.runtimes, files.tables.runtimes);
  check_equal(rows.speed_parameters, files.tables.speed_parameters);
  check_equal(rows.speed_offsets, files.tables.speed_offsets);
  check_equal(rows.speed_intervals, files.tables.speed_intervals);
  check_equal(rows.measured_speeds, files.tables.measured_speeds);
  check_equal(rows.links, files.tables.links);
  check_equal(rows.storages, files.tables.storages);
  check_equal(rows.power_rules, files.tables.power_rules);
  check_equal(rows.speed_words, files.tables.speed_words);
  check_equal(rows.drafts, files.tables.drafts);
  check_equal(rows.claims, files.tables.claims);
  check_equal(rows.quality, files.tables.quality);
  check_equal(rows.quality_protocols, files.tables.quality_protocols);
  check_equal(rows.quality_levels, files.tables.quality_levels);
  check_equal(rows.quality_words, files.tables.quality_words);
  check_equal(rows.advice, files.tables.advice);
  check_equal(rows.power, files.tables.power);
  check_equal(rows.power_shares, files.tables.power_shares);
  check_equal(rows.host_power, files.tables.host_power);
}

TEST_CASE("rows say where they come from") {
  const CatalogRows& rows = Catalog::builtin().rows();
  CHECK(rows.date >= "2026-01");
  for (const DeviceRow& row : rows.devices) {
    CHECK_FALSE(row.source.empty());
    CHECK_FALSE(row.date.empty());
    CHECK(row.origin.empty());
    CHECK(row.json.starts_with("{\"id\":\"" + std::string(row.id)));
  }
  for (const BuildRow& row : rows.builds) CHECK_FALSE(row.source.empty());
}

TEST_CASE("rows read as their file says") {
  const Catalog& catalog = Catalog::builtin();
  const ModelRow* model = catalog.model_by_id("qwen3.5-27b");
  REQUIRE(model != nullptr);
  CHECK(model->architecture.layers == 64);
  CHECK(model->architecture.full_attention_interval == 4);
  CHECK(model->has_vision);
  CHECK(model->max_context == 262144);
  const ModelRow* guide = catalog.model_by_id("qwen3.5-14b");
  REQUIRE(guide != nullptr);
  CHECK(guide->status == ModelStatus::guide_only);
  CHECK_FALSE(guide->guide.empty());
  CHECK_FALSE(guide->nearest_released.empty());
  const QuantRow* fp8 = catalog.quant_by_id("fp8");
  REQUIRE(fp8 != nullptr);
  REQUIRE(fp8->rule);
  CHECK(fp8->rule->linear_bits == 8);
  CHECK(fp8->rule->embedding == Storage::bf16);
  CHECK(fp8->rule->attention == Storage::linear);
  const QuantRow* q4 = catalog.quant_by_id("q4_k_m");
  REQUIRE(q4 != nullptr);
  CHECK(q4->mixture == Mixture::q4_k_m);
  CHECK(q4->mixture_exact);
  const auto builds = catalog.builds_of("qwen3.5-27b", "q4_k_m");
  CHECK(builds.size() >= 2);
  for (const BuildRow* build : builds) CHECK(build->quant == "q4_k_m");
  CHECK(catalog.builds_of("qwen3.5-27b", "no such quant").empty());
  CHECK(catalog.backend(Backend::cuda).compute_rules == ComputeRules::cuda);
  CHECK(catalog.backend(Backend::rocm).compute_rules == ComputeRules::cuda);
  CHECK(catalog.device_by_id("rtx3090")->capacity == 24 * kGiB);
  CHECK(catalog.device_by_id("RTX3090") == nullptr);
}

TEST_CASE("schemas of all data kinds are compiled in") {
  const Tables none;
  for_each_table(none, [](const char* kind, const auto&) {
    INFO(kind);
    CHECK_FALSE(embedded_schema("data." + std::string(kind)).empty());
  });
  CHECK(embedded_schema("data.nothing").empty());
  CHECK(embedded_schema("").empty());
}

TEST_CASE("meaning of the data files is sound") {
  const Files files;
  Findings findings;
  validate_keys(files.tables, findings);
  validate_meaning(files.tables, Scope::all_rows, findings);
  for (const Finding& finding : findings) FAIL_CHECK(to_error(finding).message);
}
