#include "query/limits.h"

#include <algorithm>
#include <cmath>

#include "query/text.h"

namespace qwenfit {
namespace {

void set(Device& device, Bytes bytes, FactBasis basis, std::string source) {
  device.limit = std::min(bytes, device.capacity);
  device.limit_basis = basis;
  device.limit_source = std::move(source);
}

FactBasis basis_of(bool measured) {
  return measured ? FactBasis::measured : FactBasis::estimated;
}

Bytes share_of(Bytes capacity, double fraction) {
  return static_cast<Bytes>(std::llround(static_cast<double>(capacity) * fraction));
}

/// The row of this macOS for the largest size not above `capacity`: sizes between two rows take the lower
/// share.
const MetalLimitRow* metal_row(const Catalog& catalog, Bytes capacity, std::string_view os) {
  const MetalLimitRow* best = nullptr;
  for (const auto& row : catalog.rows().metal_limits) {
    if (row.os != os || row.capacity > capacity) continue;
    if (!best || row.capacity > best->capacity) best = &row;
  }
  return best;
}

/// Plain `macos` means the newest system with a row for exactly this size, else the older one.
void set_metal_limit(const Catalog& catalog, std::string_view os, Device& device) {
  constexpr std::string_view kNewest = "macos-26", kOlder = "macos-15";
  const MetalLimitRow* row = metal_row(catalog, device.capacity, os.empty() ? kNewest : os);
  const bool exact = row && row->capacity == device.capacity;
  if (!exact && os != kOlder) {
    const MetalLimitRow* older = metal_row(catalog, device.capacity, kOlder);
    if (older && (!row || older->capacity > row->capacity)) row = older;
  }
  if (!row)
    return set(device, device.reported, FactBasis::estimated, "no Metal limit is known for this size");
  const std::string source = "Metal working set on " + std::string(row->os) + ": " + std::string(row->source);
  if (row->capacity == device.capacity) {
    const bool asked = os.empty() || row->os == os;
    return set(device, row->bytes, asked ? basis_of(row->measured) : FactBasis::estimated, source);
  }
  const double fraction = static_cast<double>(row->bytes) / static_cast<double>(row->capacity);
  set(device, share_of(device.capacity, fraction), FactBasis::estimated,
      "in proportion to the next smaller size; " + source);
}

/// The rule of the vendor and system whose architecture prefix is the longest that fits.
const ApuLimitRow* apu_rule(const Catalog& catalog, const DeviceRow& device, Os os) {
  const ApuLimitRow* best = nullptr;
  for (const auto& row : catalog.rows().apu_limits) {
    if (row.vendor != device.vendor || row.os != os_id(os) ||
        !device.architecture.starts_with(row.architecture))
      continue;
    if (!best || row.architecture.size() > best->architecture.size()) best = &row;
  }
  return best;
}

void set_shared_limit(const DeviceRow& row, Os os, const Catalog& catalog, Device& device) {
  for (const auto& limit : row.limits) {
    if (limit.os == os_id(os))
      return set(device, limit.bytes, basis_of(limit.measured), std::string(limit.source));
  }
  if (const auto* rule = apu_rule(catalog, row, os)) {
    return set(device, share_of(device.capacity, rule->fraction), FactBasis::estimated,
               "usual share of system memory: " + std::string(rule->source));
  }
  set(device, device.reported, FactBasis::estimated, "no limit is known; the reported total");
}

}  // namespace

Result<bool> set_limit(const DeviceRow* row, const Surroundings& around, const Catalog& catalog,
                       Device& device) {
  const bool mac = device.rules == ComputeRules::metal;
  if (around.wired_limit && !mac) {
    return combination_error("--wired-limit-mb",
                             "--wired-limit-mb is a setting of Macs; " + device.name + " is none: drop it");
  }
  if (around.wired_limit && *around.wired_limit > device.capacity) {
    return combination_error("--wired-limit-mb", "--wired-limit-mb is more than the " +
                                                     std::to_string(device.capacity / kMiB) + " MiB of " +
                                                     device.name + "; lower it");
  }
  if (around.wired_limit) {
    set(device, *around.wired_limit, FactBasis::given,
        "as given with --wired-limit-mb (iogpu.wired_limit_mb)");
  } else if (mac) {
    set_metal_limit(catalog, around.macos, device);
  } else if (row == nullptr) {
    set(device, device.reported, FactBasis::given, device.reported_source);
  } else if (row->unified && device.backend == Backend::cpu) {
    set(device, device.capacity, FactBasis::given, "the processor uses the whole pool");
  } else if (row->unified) {
    set_shared_limit(*row, around.os, catalog, device);
  } else {
    set(device, device.reported, device.reported_basis, device.reported_source);
  }
  return true;
}

}  // namespace qwenfit
