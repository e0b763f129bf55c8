#pragma once

#include <algorithm>
#include <span>
#include <tuple>

#include "qwenfit/catalog.h"

namespace qwenfit {

/// What rows of the calibration and options of runtimes are sorted by and looked up with.
inline auto search_key(const SpeedParameterRow& row) {
  return std::tie(row.id);
}
inline auto search_key(const SpeedOffsetRow& row) {
  return std::tie(row.phase, row.level, row.stack, row.key);
}
inline auto search_key(const SpeedIntervalRow& row) {
  return std::tie(row.phase, row.level, row.machine);
}
inline auto search_key(const MeasuredSpeedRow& row) {
  return std::tie(row.phase, row.stack, row.device, row.count, row.model, row.quant);
}
inline auto search_key(const RuntimeOptionRow& row) {
  return std::make_tuple(row.runtime, row.program,
                         row.names.empty() ? std::string_view() : row.names.front());
}

/// The row with this key among rows sorted by it, or nullptr.
template <typename Row, typename Key>
const Row* row_with_key(std::span<const Row> rows, const Key& key) {
  const auto at = std::lower_bound(rows.begin(), rows.end(), key, [](const Row& row, const Key& wanted) {
    return search_key(row) < wanted;
  });
  return at != rows.end() && search_key(*at) == key ? &*at : nullptr;
}

}  // namespace qwenfit
