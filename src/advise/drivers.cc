#include "advise/drivers.h"

#include <algorithm>

#include "query/text.h"

namespace qwenfit {
namespace {

/// The options of such a row of `advice` are the least and the highest compute capability it is about.
bool is_about(const AdviceRow& row, double capability) {
  if (row.options.size() != 2) return false;
  const auto from = parse_decimal(row.options[0]), to = parse_decimal(row.options[1]);
  return from && to && capability >= *from && capability <= *to;
}

}  // namespace

DriverBranches driver_branches(const DeviceRow& device) {
  constexpr std::string_view kFirst = "first-driver-", kLast = "last-driver-";
  DriverBranches branches;
  if (!device.compute_capability) return branches;
  for (const AdviceRow& row : Catalog::builtin().rows().advice) {
    const bool first = row.id.starts_with(kFirst), last = row.id.starts_with(kLast);
    if ((!first && !last) || !row.value || !is_about(row, *device.compute_capability)) continue;
    if (first) branches.first = std::max(branches.first, *row.value);
    if (last) branches.last = std::min(branches.last, *row.value);
  }
  return branches;
}

bool share_a_driver(const DeviceRow& a, const DeviceRow& b) {
  const DriverBranches one = driver_branches(a), other = driver_branches(b);
  return one.first <= other.last && other.first <= one.last;
}

}  // namespace qwenfit
