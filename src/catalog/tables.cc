#include "catalog/tables.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "catalog/ids.h"
#include "catalog/names.h"

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

}  // namespace

Error to_error(const Finding& finding) {
  const std::string where =
      printable(finding.file) + (finding.pointer.empty() ? "" : ":" + printable(finding.pointer));
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
std::string key_of(const TensorTypeRow& row) {
  return std::string(row.id);
}

CatalogRows rows_of(const Tables& t) {
  CatalogRows rows;
  rows.models = t.models.rows;
  rows.quants = t.quants.rows;
  rows.builds = t.builds.rows;
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
}

}  // namespace qwenfit
