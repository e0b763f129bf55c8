#include "catalog/tables.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "catalog/ids.h"
#include "catalog/names.h"
#include "catalog/search_key.h"

namespace qwenfit {
namespace {

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const auto part : parts) {
    if (!out.empty()) out += ", ";
    out += part;
  }
  return out;
}

template <typename Row, typename Less>
void sort_table(Table<Row>& table, Less less) {
  std::vector<std::size_t> order(table.rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return less(table.rows[a], table.rows[b]); });
  Table<Row> sorted;
  for (const auto i : order) {
    sorted.rows.push_back(table.rows[i]);
    sorted.places.push_back(table.places[i]);
  }
  table = std::move(sorted);
}

template <typename Row>
void sort_by_key(Table<Row>& table) {
  sort_table(table, [](const Row& a, const Row& b) { return search_key(a) < search_key(b); });
}

}  // namespace

bool is_calibration(std::string_view kind) {
  return kind == "speed_parameters" || kind == "speed_offsets" || kind == "speed_intervals" ||
         kind == "measured_speeds";
}

bool is_benchmarks(std::string_view kind) {
  return kind == "benchmarks" || kind == "generic_benchmarks";
}

bool is_overlayable(std::string_view kind) {
  return !is_calibration(kind) && kind != "advice" && kind != "tensor_types";
}

Error to_error(const Finding& finding) {
  const TextPlace& place = finding.place;
  const std::string at =
      place.line > 0 ? ":" + std::to_string(place.line) + ":" + std::to_string(place.column) : "";
  const std::string where =
      printable(finding.file) + at + (finding.pointer.empty() ? "" : ":" + printable(finding.pointer));
  return {ErrorCode::bad_file, where + ": " + finding.text, where, {}};
}

std::string row_pointer(const Place& place) {
  return "/rows/" + std::to_string(place.row);
}

std::string key_of(const ModelRow& row) {
  return std::string(row.id);
}
std::string key_of(const QuantRow& row) {
  return std::string(row.id);
}
std::string key_of(const BuildRow& row) {
  return joined({row.model, row.quant, row.publisher});
}
std::string key_of(const RepositoryRow& row) {
  return joined({row.model, row.quant});
}
std::string key_of(const ProjectorRow& row) {
  return joined({row.model, row.publisher, row.type});
}
std::string key_of(const HeaderRow& row) {
  return std::string(row.id);
}
std::string key_of(const DeviceRow& row) {
  return std::string(row.id);
}
std::string key_of(const AmbiguousRow& row) {
  return device_key(row.name);
}
std::string key_of(const NeverExistedRow& row) {
  return device_key(row.name);
}
std::string key_of(const BackendRow& row) {
  return std::string(backend_id(row.id));
}
std::string key_of(const ReserveRow& row) {
  return std::string(row.id);
}
std::string key_of(const MetalLimitRow& row) {
  return joined({std::to_string(row.capacity / kGiB) + " GiB", row.os});
}
std::string key_of(const ApuLimitRow& row) {
  return joined({row.vendor, row.os, row.architecture.empty() ? "any architecture" : row.architecture});
}
std::string key_of(const RuntimeRow& row) {
  return std::string(row.id);
}
std::string key_of(const RuntimeOptionRow& row) {
  return joined({row.runtime, row.program, row.names.empty() ? std::string_view() : row.names.front()});
}
std::string key_of(const SpeedParameterRow& row) {
  return std::string(row.id);
}
std::string key_of(const SpeedOffsetRow& row) {
  return joined({speed_phase_id(row.phase), speed_basis_id(row.level), row.stack, row.key});
}
std::string key_of(const SpeedIntervalRow& row) {
  return joined({speed_phase_id(row.phase), speed_basis_id(row.level), machine_kind_id(row.machine)});
}
std::string key_of(const MeasuredSpeedRow& row) {
  return joined({speed_phase_id(row.phase), row.stack,
                 std::to_string(row.count) + " x " + std::string(row.device), row.model, row.quant});
}
std::string key_of(const LinkRow& row) {
  return std::string(row.id);
}
std::string key_of(const StorageRow& row) {
  return std::string(row.id);
}
std::string key_of(const PowerRuleRow& row) {
  return std::string(row.id);
}
std::string key_of(const SpeedWordsRow& row) {
  return std::string(row.id);
}
std::string key_of(const ClaimRow& row) {
  return std::string(row.id);
}
std::string key_of(const DraftRow& row) {
  return std::string(row.id);
}
std::string key_of(const QualityRow& row) {
  return joined({row.model, row.quant, row.publisher.empty() ? "any publisher" : row.publisher, row.kv,
                 row.metric, row.protocol});
}
std::string key_of(const QualityProtocolRow& row) {
  return joined({row.id, ids_of(row.kind)[static_cast<std::size_t>(row.kind)]});
}
std::string key_of(const QualityLevelRow& row) {
  return joined({ids_of(row.kind)[static_cast<std::size_t>(row.kind)], row.of, row.name,
                 row.context ? std::to_string(*row.context) : "any context"});
}
std::string key_of(const QualityWordsRow& row) {
  return std::string(row.id);
}
std::string key_of(const PowerRow& row) {
  return std::string(row.id);
}
std::string key_of(const PowerShareRow& row) {
  return std::string(row.id);
}
std::string key_of(const HostPowerRow& row) {
  return std::string(row.id);
}
std::string key_of(const AdviceRow& row) {
  return std::string(row.id);
}
std::string key_of(const TensorTypeRow& row) {
  return std::string(row.id);
}

CatalogRows rows_of(const Tables& t) {
  CatalogRows rows;
  rows.models = t.models.rows;
  rows.quants = t.quants.rows;
  rows.builds = t.builds.rows;
  rows.repositories = t.repositories.rows;
  rows.projectors = t.projectors.rows;
  rows.headers = t.headers.rows;
  rows.devices = t.devices.rows;
  rows.ambiguous = t.ambiguous.rows;
  rows.never_existed = t.never_existed.rows;
  rows.backends = t.backends.rows;
  rows.reserves = t.reserves.rows;
  rows.metal_limits = t.metal_limits.rows;
  rows.apu_limits = t.apu_limits.rows;
  rows.runtimes = t.runtimes.rows;
  rows.runtime_options = t.runtime_options.rows;
  rows.speed_parameters = t.speed_parameters.rows;
  rows.speed_offsets = t.speed_offsets.rows;
  rows.speed_intervals = t.speed_intervals.rows;
  rows.measured_speeds = t.measured_speeds.rows;
  rows.links = t.links.rows;
  rows.storages = t.storages.rows;
  rows.power_rules = t.power_rules.rows;
  rows.speed_words = t.speed_words.rows;
  rows.drafts = t.drafts.rows;
  rows.claims = t.claims.rows;
  rows.quality = t.quality.rows;
  rows.quality_protocols = t.quality_protocols.rows;
  rows.quality_levels = t.quality_levels.rows;
  rows.quality_words = t.quality_words.rows;
  rows.power = t.power.rows;
  rows.power_shares = t.power_shares.rows;
  rows.host_power = t.host_power.rows;
  rows.advice = t.advice.rows;
  return rows;
}

void sort_tables(Tables& tables) {
  sort_table(tables.models, [](const ModelRow& a, const ModelRow& b) { return a.order < b.order; });
  sort_table(tables.quants, [](const QuantRow& a, const QuantRow& b) { return a.order < b.order; });
  sort_table(tables.builds, [](const BuildRow& a, const BuildRow& b) {
    return std::tie(a.model, a.quant, a.publisher) < std::tie(b.model, b.quant, b.publisher);
  });
  sort_table(tables.devices,
             [](const DeviceRow& a, const DeviceRow& b) { return a.device_class < b.device_class; });
  sort_by_key(tables.runtime_options);
  sort_by_key(tables.speed_parameters);
  sort_by_key(tables.speed_offsets);
  sort_by_key(tables.speed_intervals);
  sort_by_key(tables.measured_speeds);
  sort_table(tables.speed_words, [](const SpeedWordsRow& a, const SpeedWordsRow& b) {
    return std::tie(a.phase, a.least_tok_s) < std::tie(b.phase, b.least_tok_s);
  });
  sort_table(tables.quality, [](const QualityRow& a, const QualityRow& b) {
    return std::tie(a.model, a.quant, a.publisher) < std::tie(b.model, b.quant, b.publisher);
  });
  sort_table(tables.quality_words,
             [](const QualityWordsRow& a, const QualityWordsRow& b) { return a.least_kld < b.least_kld; });
}

}  // namespace qwenfit
