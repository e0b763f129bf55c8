#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/locate.h"
#include "qwenfit/catalog.h"

namespace qwenfit {

/// What is wrong at one place of one file, in plain words.
struct Finding {
  std::string file;
  std::string pointer;  ///< JSON pointer; empty for the file as a whole
  std::string text;
  TextPlace place = {0, 0};  ///< where the text cannot be read; line 0: the fault is of what it says
};
using Findings = std::vector<Finding>;

/// The finding as an error: `bad_file`, where = "file:pointer".
Error to_error(const Finding& finding);

/// Where a row was read; no file for a compiled-in row.
struct Place {
  std::string_view file;
  std::size_t row = 0;  ///< index into "rows" of the file
};
std::string row_pointer(const Place& place);

/// Rows of one kind and where each came from.
template <typename Row>
struct Table {
  std::vector<Row> rows;
  std::vector<Place> places;
};

/// Keeps what rows point to; never moves it.
struct Arena {
  std::deque<std::string> text;
  std::deque<std::vector<std::string_view>> names;
  std::deque<std::vector<GuideFigure>> guide;
  std::deque<std::vector<ReportedTotal>> reported;
  std::deque<std::vector<DeviceLimit>> limits;
  std::deque<std::vector<PriceRange>> prices;
  std::deque<std::vector<RuntimeKvType>> runtime_kv_types;
  std::deque<std::vector<ContextTier>> context_tiers;
  std::deque<std::vector<PassTier>> passes;
  std::deque<std::vector<Caveat>> caveats;
  std::deque<std::vector<QuantNeed>> quant_needs;

  std::string_view keep(std::string value) { return text.emplace_back(std::move(value)); }
};

/// All rows of a set of data files.
struct Tables {
  Table<ModelRow> models;
  Table<QuantRow> quants;
  Table<BuildRow> builds;
  Table<RepositoryRow> repositories;
  Table<ProjectorRow> projectors;
  Table<HeaderRow> headers;
  Table<DeviceRow> devices;
  Table<AmbiguousRow> ambiguous;
  Table<NeverExistedRow> never_existed;
  Table<BackendRow> backends;
  Table<ReserveRow> reserves;
  Table<MetalLimitRow> metal_limits;
  Table<ApuLimitRow> apu_limits;
  Table<RuntimeRow> runtimes;
  Table<RuntimeOptionRow> runtime_options;
  Table<SpeedParameterRow> speed_parameters;
  Table<SpeedOffsetRow> speed_offsets;
  Table<SpeedIntervalRow> speed_intervals;
  Table<MeasuredSpeedRow> measured_speeds;
  Table<LinkRow> links;
  Table<StorageRow> storages;
  Table<PowerRuleRow> power_rules;
  Table<SpeedWordsRow> speed_words;
  Table<DraftRow> drafts;
  Table<ClaimRow> claims;
  Table<QualityRow> quality;
  Table<QualityProtocolRow> quality_protocols;
  Table<QualityLevelRow> quality_levels;
  Table<QualityWordsRow> quality_words;
  Table<PowerRow> power;
  Table<PowerShareRow> power_shares;
  Table<HostPowerRow> host_power;
  Table<AdviceRow> advice;
  Table<TensorTypeRow> tensor_types;
};

/// Calls `f(kind, table)` for every kind of CatalogRows, in the order of its members; `kind` is the name in
/// "qwenfit.data.<kind>/1".
template <typename T, typename F>
void for_each_table(T& tables, F&& f) {
  f("models", tables.models);
  f("quants", tables.quants);
  f("builds", tables.builds);
  f("repositories", tables.repositories);
  f("projectors", tables.projectors);
  f("headers", tables.headers);
  f("devices", tables.devices);
  f("ambiguous", tables.ambiguous);
  f("never_existed", tables.never_existed);
  f("backends", tables.backends);
  f("reserves", tables.reserves);
  f("metal_limits", tables.metal_limits);
  f("apu_limits", tables.apu_limits);
  f("runtimes", tables.runtimes);
  f("runtime_options", tables.runtime_options);
  f("speed_parameters", tables.speed_parameters);
  f("speed_offsets", tables.speed_offsets);
  f("speed_intervals", tables.speed_intervals);
  f("measured_speeds", tables.measured_speeds);
  f("links", tables.links);
  f("storages", tables.storages);
  f("power_rules", tables.power_rules);
  f("speed_words", tables.speed_words);
  f("drafts", tables.drafts);
  f("claims", tables.claims);
  f("quality", tables.quality);
  f("quality_protocols", tables.quality_protocols);
  f("quality_levels", tables.quality_levels);
  f("quality_words", tables.quality_words);
  f("power", tables.power);
  f("power_shares", tables.power_shares);
  f("host_power", tables.host_power);
  f("advice", tables.advice);
}

/// Kinds that a fit wrote: their rows hold together only as a whole, so an overlay may not replace some.
bool is_calibration(std::string_view kind);
/// Kinds of measured speeds, which the calibration is fitted to and the program itself never reads.
bool is_benchmarks(std::string_view kind);
/// Kinds whose rows an overlay may replace or add: neither calibration nor what the program is built on.
bool is_overlayable(std::string_view kind);

/// What makes a row the same row: its id, or the fields that together identify it.
std::string key_of(const ModelRow& row);
std::string key_of(const QuantRow& row);
std::string key_of(const BuildRow& row);
std::string key_of(const RepositoryRow& row);
std::string key_of(const ProjectorRow& row);
std::string key_of(const HeaderRow& row);
std::string key_of(const DeviceRow& row);
std::string key_of(const AmbiguousRow& row);
std::string key_of(const NeverExistedRow& row);
std::string key_of(const BackendRow& row);
std::string key_of(const ReserveRow& row);
std::string key_of(const MetalLimitRow& row);
std::string key_of(const ApuLimitRow& row);
std::string key_of(const RuntimeRow& row);
std::string key_of(const RuntimeOptionRow& row);
std::string key_of(const SpeedParameterRow& row);
std::string key_of(const SpeedOffsetRow& row);
std::string key_of(const SpeedIntervalRow& row);
std::string key_of(const MeasuredSpeedRow& row);
std::string key_of(const LinkRow& row);
std::string key_of(const StorageRow& row);
std::string key_of(const PowerRuleRow& row);
std::string key_of(const SpeedWordsRow& row);
std::string key_of(const DraftRow& row);
std::string key_of(const ClaimRow& row);
std::string key_of(const QualityRow& row);
std::string key_of(const QualityProtocolRow& row);
std::string key_of(const QualityLevelRow& row);
std::string key_of(const QualityWordsRow& row);
std::string key_of(const PowerRow& row);
std::string key_of(const PowerShareRow& row);
std::string key_of(const HostPowerRow& row);
std::string key_of(const AdviceRow& row);
std::string key_of(const TensorTypeRow& row);

/// The rows as a catalog sees them.
CatalogRows rows_of(const Tables& tables);

/// Brings every table into the order that CatalogRows states: models and quants by `order`, builds by model,
/// quant and publisher, options of runtimes by runtime, program and name, calibration by key.
void sort_tables(Tables& tables);

}  // namespace qwenfit
