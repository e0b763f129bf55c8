#include "catalog/generator/emit.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

#include "catalog/fields.h"
#include "catalog/ids.h"
#include "catalog/index.h"

namespace qwenfit {
namespace {

/// `text` as the inside of a string literal.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7F || c == '?') {
      std::array<char, 8> octal{};
      std::snprintf(octal.data(), octal.size(), "\\%03o", byte);
      out += octal.data();
    } else {
      out += c;
    }
  }
  return out;
}

std::string text_value(std::string_view text) {
  return text.empty() ? "{}" : "{\"" + escaped(text) + "\", " + std::to_string(text.size()) + "}";
}

/// The name of a type in the written source.
template <typename T>
constexpr const char* kTypeName = nullptr;
template <>
constexpr const char* kTypeName<ModelRow> = "ModelRow";
template <>
constexpr const char* kTypeName<QuantRow> = "QuantRow";
template <>
constexpr const char* kTypeName<BuildRow> = "BuildRow";
template <>
constexpr const char* kTypeName<RepositoryRow> = "RepositoryRow";
template <>
constexpr const char* kTypeName<ProjectorRow> = "ProjectorRow";
template <>
constexpr const char* kTypeName<HeaderRow> = "HeaderRow";
template <>
constexpr const char* kTypeName<DeviceRow> = "DeviceRow";
template <>
constexpr const char* kTypeName<AmbiguousRow> = "AmbiguousRow";
template <>
constexpr const char* kTypeName<NeverExistedRow> = "NeverExistedRow";
template <>
constexpr const char* kTypeName<BackendRow> = "BackendRow";
template <>
constexpr const char* kTypeName<ReserveRow> = "ReserveRow";
template <>
constexpr const char* kTypeName<MetalLimitRow> = "MetalLimitRow";
template <>
constexpr const char* kTypeName<ApuLimitRow> = "ApuLimitRow";
template <>
constexpr const char* kTypeName<RuntimeRow> = "RuntimeRow";
template <>
constexpr const char* kTypeName<RuntimeOptionRow> = "RuntimeOptionRow";
template <>
constexpr const char* kTypeName<SpeedParameterRow> = "SpeedParameterRow";
template <>
constexpr const char* kTypeName<SpeedOffsetRow> = "SpeedOffsetRow";
template <>
constexpr const char* kTypeName<SpeedIntervalRow> = "SpeedIntervalRow";
template <>
constexpr const char* kTypeName<MeasuredSpeedRow> = "MeasuredSpeedRow";
template <>
constexpr const char* kTypeName<LinkRow> = "LinkRow";
template <>
constexpr const char* kTypeName<StorageRow> = "StorageRow";
template <>
constexpr const char* kTypeName<PowerRuleRow> = "PowerRuleRow";
template <>
constexpr const char* kTypeName<SpeedWordsRow> = "SpeedWordsRow";
template <>
constexpr const char* kTypeName<DraftRow> = "DraftRow";
template <>
constexpr const char* kTypeName<ClaimRow> = "ClaimRow";
template <>
constexpr const char* kTypeName<QualityRow> = "QualityRow";
template <>
constexpr const char* kTypeName<QualityProtocolRow> = "QualityProtocolRow";
template <>
constexpr const char* kTypeName<QualityLevelRow> = "QualityLevelRow";
template <>
constexpr const char* kTypeName<QualityWordsRow> = "QualityWordsRow";
template <>
constexpr const char* kTypeName<PowerRow> = "PowerRow";
template <>
constexpr const char* kTypeName<PowerShareRow> = "PowerShareRow";
template <>
constexpr const char* kTypeName<HostPowerRow> = "HostPowerRow";
template <>
constexpr const char* kTypeName<DeviceForm> = "DeviceForm";
template <>
constexpr const char* kTypeName<PriceCondition> = "PriceCondition";
template <>
constexpr const char* kTypeName<PowerState> = "PowerState";
template <>
constexpr const char* kTypeName<PowerScope> = "PowerScope";
template <>
constexpr const char* kTypeName<PowerReading> = "PowerReading";
template <>
constexpr const char* kTypeName<AdviceRow> = "AdviceRow";
template <>
constexpr const char* kTypeName<FormatRule> = "FormatRule";
template <>
constexpr const char* kTypeName<PagedRule> = "PagedRule";
template <>
constexpr const char* kTypeName<PoolsRule> = "PoolsRule";
template <>
constexpr const char* kTypeName<GrowingRule> = "GrowingRule";
template <>
constexpr const char* kTypeName<MemoryModel> = "MemoryModel";
template <>
constexpr const char* kTypeName<VisionLoading> = "VisionLoading";
template <>
constexpr const char* kTypeName<ModelKind> = "ModelKind";
template <>
constexpr const char* kTypeName<ModelStatus> = "ModelStatus";
template <>
constexpr const char* kTypeName<DeviceClass> = "DeviceClass";
template <>
constexpr const char* kTypeName<Mixture> = "Mixture";
template <>
constexpr const char* kTypeName<TensorType> = "TensorType";
template <>
constexpr const char* kTypeName<Storage> = "Storage";
template <>
constexpr const char* kTypeName<Backend> = "Backend";
template <>
constexpr const char* kTypeName<ComputeRules> = "ComputeRules";
template <>
constexpr const char* kTypeName<ClaimKind> = "ClaimKind";
template <>
constexpr const char* kTypeName<ReserveKind> = "ReserveKind";
template <>
constexpr const char* kTypeName<SplitMode> = "SplitMode";
template <>
constexpr const char* kTypeName<OptionValue> = "OptionValue";
template <>
constexpr const char* kTypeName<SpeedPhase> = "SpeedPhase";
template <>
constexpr const char* kTypeName<SpeedBasis> = "SpeedBasis";
template <>
constexpr const char* kTypeName<MachineKind> = "MachineKind";

/// Writes the fields of rows as braced initialisers. Lists go into pools, one array for each type of item.
class Writer {
 public:
  template <typename Row>
  std::string row(const Row& row) {
    std::string out;
    std::swap(out, current_);
    fields(*this, row);
    std::swap(out, current_);
    return "{" + out + "}";
  }
  template <typename Member>
  void operator()(const char*, const Member& member) {
    append(value(member));
  }
  template <typename Member>
  void derived(const Member& member) {
    append(value(member));
  }

  void emit_pools(std::ostream& out) const {
    emit_pool(out, "std::string_view", "names", names_);
    emit_pool(out, "GuideFigure", "guide", guide_);
    emit_pool(out, "ReportedTotal", "reported", reported_);
    emit_pool(out, "DeviceLimit", "limits", limits_);
    emit_pool(out, "PriceRange", "prices", prices_);
    emit_pool(out, "RuntimeKvType", "runtime_kv_types", runtime_kv_types_);
    emit_pool(out, "ContextTier", "context_tiers", context_tiers_);
    emit_pool(out, "PassTier", "passes", passes_);
    emit_pool(out, "Caveat", "caveats", caveats_);
    emit_pool(out, "QuantNeed", "quant_needs", quant_needs_);
  }

 private:
  using Pool = std::vector<std::string>;

  void append(const std::string& text) { current_ += (current_.empty() ? "" : ", ") + text; }
  std::string value(std::string_view text) { return text_value(text); }
  std::string value(bool flag) { return flag ? "true" : "false"; }
  template <std::unsigned_integral T>
  std::string value(T number) {
    return std::to_string(number);
  }
  std::string value(double number) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.17g", number);
    return text.data();
  }
  template <typename Enum>
  requires std::is_enum_v<Enum> std::string value(Enum choice) {
    return std::string(kTypeName<Enum>) + "{" + std::to_string(static_cast<unsigned>(choice)) + "}";
  }
  template <Nested T>
  std::string value(const T& nested) {
    return row(nested);
  }
  template <typename T>
  std::string value(const std::optional<T>& optional) {
    if (!optional) return "std::nullopt";
    return (std::is_class_v<T> ? kTypeName<T> : "") + value(*optional);
  }
  std::string value(Names list) { return pooled(names_, "names", list); }
  std::string value(std::span<const GuideFigure> list) { return pooled(guide_, "guide", list); }
  std::string value(std::span<const ReportedTotal> list) { return pooled(reported_, "reported", list); }
  std::string value(std::span<const DeviceLimit> list) { return pooled(limits_, "limits", list); }
  std::string value(std::span<const PriceRange> list) { return pooled(prices_, "prices", list); }
  std::string value(std::span<const RuntimeKvType> list) {
    return pooled(runtime_kv_types_, "runtime_kv_types", list);
  }
  std::string value(std::span<const ContextTier> list) {
    return pooled(context_tiers_, "context_tiers", list);
  }
  std::string value(std::span<const PassTier> list) { return pooled(passes_, "passes", list); }
  std::string value(std::span<const Caveat> list) { return pooled(caveats_, "caveats", list); }
  std::string value(std::span<const QuantNeed> list) { return pooled(quant_needs_, "quant_needs", list); }

  template <typename T>
  std::string pooled(Pool& pool, const char* name, std::span<const T> list) {
    if (list.empty()) return "{}";
    const std::string at = std::to_string(pool.size());
    for (const T& item : list) pool.push_back(value(item));
    return "{" + std::string(name) + " + " + at + ", " + std::to_string(list.size()) + "}";
  }
  static void emit_pool(std::ostream& out, const char* type, const char* name, const Pool& pool) {
    out << "constexpr " << type << " " << name << "[] = {\n";
    for (const std::string& item : pool) out << item << ",\n";
    out << (pool.empty() ? "{}};\n" : "};\n");
  }

  std::string current_;
  Pool names_, guide_, reported_, limits_, prices_, runtime_kv_types_, context_tiers_, passes_, caveats_,
      quant_needs_;
};

/// The rows of one kind as an array named after the kind; nothing where there are none.
template <typename Row>
void emit_table(const char* kind, const Table<Row>& table, Writer& writer, std::ostream& out) {
  if (table.rows.empty()) return;
  out << "constexpr " << kTypeName<Row> << " " << kind << "[] = {\n";
  for (Row row : table.rows) {
    row.origin = {};
    out << writer.row(row) << ",\n";
  }
  out << "};\n";
}

void emit_names(const char* name, const std::vector<NameEntry>& entries, std::ostream& out) {
  out << "constexpr NameEntry " << name << "[] = {\n";
  for (const NameEntry& entry : entries) {
    out << "{" << text_value(entry.key) << ", " << entry.target << ", NameKind{"
        << static_cast<unsigned>(entry.kind) << "}},\n";
  }
  out << (entries.empty() ? "{}};\n" : "};\n");
}

std::string newest_date(const Tables& tables) {
  std::string_view newest;
  for_each_table(tables, [&](std::string_view, const auto& table) {
    for (const auto& row : table.rows) newest = std::max(newest, row.date);
  });
  return std::string(newest);
}

void emit_tensor_types(const Table<TensorTypeRow>& table, Writer& writer, std::ostream& out) {
  out << "constinit const std::array<TensorTypeRow, " << static_cast<std::size_t>(TensorType::count)
      << "> tensor_types = {{\n";
  for (const auto id : ids_of(TensorType{})) {
    for (const TensorTypeRow& row : table.rows) {
      if (row.id == id) out << writer.row(row) << ",\n";
    }
  }
  out << "}};\n";
}

}  // namespace

void emit_rows(const Tables& tables, std::ostream& out) {
  Writer writer;
  std::ostringstream arrays;
  for_each_table(tables,
                 [&](const char* kind, const auto& table) { emit_table(kind, table, writer, arrays); });
  const BuiltIndex index = build_index(rows_of(tables));
  out << "// Written by qwenfit_catalog_generator from data/.\n#include \"catalog/generated.h\"\n\n"
      << "namespace qwenfit::generated {\nnamespace {\n";
  writer.emit_pools(out);
  out << arrays.str();
  emit_names("model_names", index.models, out);
  emit_names("quant_names", index.quants, out);
  emit_names("device_names", index.devices, out);
  emit_names("device_bases", index.device_bases, out);
  out << "}  // namespace\n\nconstinit const CatalogRows rows = {";
  for_each_table(tables, [&](const char* kind, const auto& table) {
    out << (table.rows.empty() ? "{}" : kind) << ", ";
  });
  out << text_value(newest_date(tables)) << "};\n"
      << "constinit const CatalogIndex index = {model_names, quant_names, device_names, device_bases};\n";
  emit_tensor_types(tables.tensor_types, writer, out);
  out << "}  // namespace qwenfit::generated\n";
}

void emit_schemas(const std::map<std::string, std::string>& schemas, std::ostream& out) {
  out << "// Written by qwenfit_catalog_generator from data/schema/.\n#include \"catalog/generated.h\"\n\n"
      << "namespace qwenfit::generated {\nnamespace {\nconstexpr SchemaText texts[] = {\n";
  for (const auto& [name, text] : schemas)
    out << "{" << text_value(name) << ", " << text_value(text) << "},\n";
  out << "};\n}  // namespace\n\nconstinit const std::span<const SchemaText> schemas = texts;\n"
      << "}  // namespace qwenfit::generated\n";
}

}  // namespace qwenfit
