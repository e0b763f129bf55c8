#include "qwenfit/catalog.h"

#include <algorithm>
#include <tuple>

#include "catalog/generated.h"
#include "catalog/lookup.h"
#include "catalog/overlay.h"
#include "catalog/search_key.h"

namespace qwenfit {

struct Catalog::Storage {
  Merged merged;
  BuiltIndex built;
  CatalogIndex index = generated::index;
};

Catalog::Catalog() : storage_(std::make_unique<Storage>()), rows_(generated::rows) {}
Catalog::Catalog(Catalog&&) noexcept = default;
Catalog& Catalog::operator=(Catalog&&) noexcept = default;
Catalog::~Catalog() = default;

const Catalog& Catalog::builtin() {
  static const Catalog catalog;
  return catalog;
}

Result<Catalog> Catalog::with_overlays(const std::vector<std::string>& paths) {
  Catalog catalog;
  Findings findings;
  catalog.overlays_ = overlay_files(paths, findings);
  if (!findings.empty()) return to_error(findings.front());
  if (catalog.overlays_.empty()) return catalog;
  Storage& storage = *catalog.storage_;
  merge_overlays(generated::rows, catalog.overlays_, storage.merged, findings);
  if (!findings.empty()) {
    Error error = to_error(findings.front());
    if (findings.size() > 1) error.message += " (and " + std::to_string(findings.size() - 1) + " more)";
    return error;
  }
  catalog.rows_ = rows_of(storage.merged.tables);
  catalog.rows_.date = generated::rows.date;
  storage.built = build_index(catalog.rows_);
  storage.index = storage.built.view();
  return catalog;
}

Result<const ModelRow*> Catalog::model(std::string_view name) const {
  return find_model(rows_, storage_->index, name);
}
Result<const DeviceRow*> Catalog::gpu(std::string_view name, Suggest suggest) const {
  return find_device(rows_, storage_->index, name, DeviceOption::gpu, suggest);
}
Result<const DeviceRow*> Catalog::cpu(std::string_view name, Suggest suggest) const {
  return find_device(rows_, storage_->index, name, DeviceOption::cpu, suggest);
}
Result<const QuantRow*> Catalog::quant(std::string_view name) const {
  return find_quant(rows_, storage_->index, name);
}

const ModelRow* Catalog::model_by_id(std::string_view id) const {
  return model_with_id(rows_, storage_->index, id);
}
const QuantRow* Catalog::quant_by_id(std::string_view id) const {
  return quant_with_id(rows_, storage_->index, id);
}
const DeviceRow* Catalog::device_by_id(std::string_view id) const {
  return device_with_id(rows_, storage_->index, id);
}

std::vector<const BuildRow*> Catalog::builds_of(std::string_view model_id, std::string_view quant_id) const {
  const auto before = [](const BuildRow& row, const std::tuple<std::string_view, std::string_view>& key) {
    return std::tie(row.model, row.quant) < key;
  };
  std::vector<const BuildRow*> found;
  auto at =
      std::lower_bound(rows_.builds.begin(), rows_.builds.end(), std::make_tuple(model_id, quant_id), before);
  for (; at != rows_.builds.end() && at->model == model_id && at->quant == quant_id; ++at)
    found.push_back(&*at);
  return found;
}

const BackendRow& Catalog::backend(Backend id) const {
  for (const BackendRow& row : rows_.backends) {
    if (row.id == id) return row;
  }
  static constexpr BackendRow kNone{};
  return kNone;
}

const SpeedParameterRow* Catalog::speed_parameter(std::string_view id) const {
  return row_with_key(rows_.speed_parameters, std::make_tuple(id));
}
const SpeedOffsetRow* Catalog::speed_offset(SpeedPhase phase, SpeedBasis level, std::string_view stack,
                                            std::string_view key) const {
  return row_with_key(rows_.speed_offsets, std::make_tuple(phase, level, stack, key));
}
const SpeedIntervalRow* Catalog::speed_interval(SpeedPhase phase, SpeedBasis level,
                                                MachineKind machine) const {
  return row_with_key(rows_.speed_intervals, std::make_tuple(phase, level, machine));
}
const MeasuredSpeedRow* Catalog::measured(SpeedPhase phase, std::string_view stack, std::string_view device,
                                          std::uint32_t count, std::string_view model,
                                          std::string_view quant) const {
  return row_with_key(rows_.measured_speeds, std::make_tuple(phase, stack, device, count, model, quant));
}

}  // namespace qwenfit
