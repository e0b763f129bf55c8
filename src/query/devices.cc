#include "query/devices.h"

#include <algorithm>
#include <cmath>

#include "query/limits.h"
#include "query/links.h"
#include "query/text.h"
#include "speed/arithmetic.h"

namespace qwenfit {
namespace {

struct ReportedFact {
  Bytes bytes = 0;
  FactBasis basis = FactBasis::estimated;
  std::string source;
};

/// `nvidia-smi` also counts what the driver keeps for itself, so its totals are no device totals.
bool is_driver_total(const ReportedTotal& entry) {
  return !entry.via.starts_with("nvidia-smi");
}

/// The reported total that comes nearest to this system and back end.
const ReportedTotal* nearest_total(const DeviceRow& row, Os os, Backend backend) {
  const ReportedTotal* best = nullptr;
  int best_score = -1;
  for (const auto& entry : row.reported) {
    const bool same_os = entry.os == os_id(os);
    if (!is_driver_total(entry) || (!same_os && entry.os != "any")) continue;
    const int score = (entry.via == backend_id(backend) ? 2 : 0) + (same_os ? 1 : 0);
    if (score > best_score) {
      best = &entry;
      best_score = score;
    }
  }
  return best;
}

ReportedFact less_driver_gap(Bytes total, std::string from, const DeviceRow& row, Os os,
                             const Catalog& catalog) {
  const ReserveRow* gap = find_reserve(catalog, ReserveKind::driver_gap, os, row.vendor);
  if (!gap) return {total, FactBasis::estimated, from};
  const Bytes reserved = std::min(reserve_bytes(*gap, total), total);
  return {total - reserved, FactBasis::estimated,
          std::move(from) + ", less what the driver keeps (" + std::string(gap->source) + ")"};
}

/// Total as the driver states it: reported, else nvidia-smi's or the nominal size less the driver's usual
/// share.
ReportedFact reported_total(const DeviceRow& row, Bytes capacity, Os os, Backend backend,
                            const Catalog& catalog) {
  if (const auto* entry = nearest_total(row, os, backend)) {
    return {entry->bytes, FactBasis::measured, std::string(entry->source)};
  }
  if (row.device_class == DeviceClass::mac)
    return {capacity, FactBasis::measured, "the whole pool of unified memory"};
  if (row.unified) return {capacity, FactBasis::estimated, "the whole pool of unified memory"};
  for (const auto& entry : row.reported) {
    if (entry.via == "nvidia-smi" && (entry.os == "any" || entry.os == os_id(os))) {
      return less_driver_gap(entry.bytes, "nvidia-smi total", row, os, catalog);
    }
  }
  return less_driver_gap(capacity, "nominal size", row, os, catalog);
}

/// Whether a vendor's devices run a back end at all.
bool runs_on(Backend backend, const DeviceRow& row) {
  const bool apple = row.vendor == "Apple";
  switch (backend) {
    case Backend::cuda:
      return row.vendor == "NVIDIA";
    case Backend::rocm:
      return row.vendor == "AMD";
    case Backend::sycl:
      return row.vendor == "Intel";
    case Backend::metal:
      return apple;
    case Backend::vulkan:
      return !apple;
    case Backend::generic:
      return true;
    case Backend::cpu:
      return false;
  }
  return false;
}

Result<Backend> choose_backend(const GpuSpec& spec, const Surroundings& around) {
  if (!spec.row) {
    if (around.backend && spec.backend && *around.backend != *spec.backend) {
      return combination_error("--backend", "--backend and backend= of the custom GPU differ; give one");
    }
    if (!spec.backend && around.backend == Backend::metal) {
      return combination_error(
          "--backend",
          "metal runs on Apple devices; name the Mac, such as --gpu m4-max-40c-128gb, or a "
          "planned one with --gpu custom:memory=128GiB,backend=metal");
    }
    return spec.backend ? *spec.backend : around.backend.value_or(Backend::generic);
  }
  if (!around.backend || *around.backend == spec.row->default_backend) return spec.row->default_backend;
  if (runs_on(*around.backend, *spec.row)) return *around.backend;
  const std::string usual(backend_id(spec.row->default_backend));
  const std::string refused =
      std::string(spec.row->name) + " does not run " + std::string(backend_id(*around.backend));
  if (around.backend_of_gpu)
    return combination_error("--gpu", refused + ", which backend= of the custom GPU asks for; drop it there");
  Error error =
      combination_error("--backend", refused + "; drop --backend, and its usual " + usual + " is taken");
  error.did_you_mean = {usual};
  return error;
}

Result<bool> check_os(const DeviceRow& row, Os os) {
  const bool mac = row.device_class == DeviceClass::mac;
  if (mac == (os == Os::macos)) return true;
  const std::string name(row.name);
  return combination_error("--os", mac ? name + " runs macos, not " + std::string(os_id(os)) + ": drop --os"
                                       : name + " is not a Mac; --os takes linux or windows with it");
}

/// Context of driver and runtime: a base plus a share per multiprocessor, or the usual figure when these are
/// unknown.
void set_runtime(const BackendRow& backend, std::uint32_t multiprocessors, Device& device) {
  const Bytes scaled = add(backend.context_base, mul(backend.context_per_multiprocessor, multiprocessors));
  const bool counted = backend.context_per_multiprocessor > 0 && multiprocessors > 0;
  device.runtime = counted || backend.context_default == 0 ? scaled : backend.context_default;
  device.runtime_inputs = counted ? std::to_string(backend.context_base) + " + " +
                                        std::to_string(multiprocessors) + " x " +
                                        std::to_string(backend.context_per_multiprocessor)
                                  : std::string(backend.name) + ", multiprocessors not counted";
  device.runtime_source = backend.source;
  device.backend_name = backend.device_name;
}

/// The link to the host as copies reach it: the one given, else the card's own slot.
void set_host_link(const GpuSpec& spec, const Catalog& catalog, Device& device) {
  const LinkRow* own = nullptr;
  if (spec.row != nullptr && !spec.row->unified)
    own = slot_link(spec.row->pcie_gen, spec.row->pcie_lanes, catalog);
  const LinkRow* link = spec.host_link != nullptr ? spec.host_link : own;
  if (link != nullptr) device.host_link_bytes_per_s = static_cast<double>(link->bytes_per_s);
  if (own != nullptr) device.own_link_bytes_per_s = static_cast<double>(own->bytes_per_s);
  if (spec.host_link != nullptr) device.links = spec.host_link->name;
}

/// A device the person described: its memory is what the driver says; a planned Mac has Metal's limit.
Result<Device> custom_device(const GpuSpec& spec, const Surroundings& around, Backend backend,
                             const Catalog& catalog) {
  const BackendRow& row = catalog.backend(backend);
  const bool mac = backend == Backend::metal;
  if (mac && around.os != Os::macos)
    return combination_error("--os",
                             "a Mac runs macos, not " + std::string(os_id(around.os)) + ": drop --os");
  if (mac && spec.host_link != nullptr)
    return combination_error("--gpu", "a Mac's memory is shared: nothing crosses PCIe; drop pcie=");
  if (!mac && around.os == Os::macos) {
    return combination_error("--os", "a custom GPU is not a Mac; --os takes linux or windows with it");
  }
  Device device;
  device.id = "custom";
  device.kind = mac ? DeviceKind::unified : DeviceKind::gpu;
  device.name = spec.name;
  device.backend = backend;
  device.rules = row.compute_rules;
  device.capacity = device.reported = device.limit = *spec.memory;
  device.reported_basis = device.limit_basis = FactBasis::given;
  device.reported_source = device.limit_source = "as given with --gpu";
  device.bandwidth_bytes_per_s = spec.bandwidth_bytes_per_s;
  device.tflops = spec.tflops;
  if (spec.tflops) device.matmul_flops = device.peak_flops = *spec.tflops * kTera;
  set_runtime(row, 0, device);
  set_host_link(spec, catalog, device);
  if (const auto limited = set_limit(nullptr, around, catalog, device); !limited) return limited.error();
  return device;
}

}  // namespace

const ReserveRow* find_reserve(const Catalog& catalog, ReserveKind kind, Os os, std::string_view vendor) {
  const ReserveRow* found = nullptr;
  for (const auto& row : catalog.rows().reserves) {
    if (row.kind != kind || row.os != os_id(os)) continue;
    if (row.vendor == vendor) return &row;
    if (row.vendor.empty()) found = &row;
  }
  return found;
}

Bytes reserve_bytes(const ReserveRow& row, Bytes capacity) {
  const double gib = static_cast<double>(capacity) / static_cast<double>(kGiB);
  return add(row.base, static_cast<Bytes>(std::llround(static_cast<double>(row.per_gib) * gib)));
}

Result<Device> make_device(const GpuSpec& spec, const Surroundings& around, const Catalog& catalog) {
  const auto backend = choose_backend(spec, around);
  if (!backend) return backend.error();
  if (!spec.row) return custom_device(spec, around, *backend, catalog);
  const BackendRow& rules = catalog.backend(*backend);
  const DeviceRow& row = *spec.row;
  if (const auto checked = check_os(row, around.os); !checked) return checked.error();

  Device device;
  device.id = row.id;
  device.name = row.name;
  device.kind = row.unified ? DeviceKind::unified : DeviceKind::gpu;
  device.backend = *backend;
  device.rules = rules.compute_rules;
  device.capacity = row.capacity ? *row.capacity : *spec.memory;
  device.bandwidth_bytes_per_s = row.bandwidth_bytes_per_s;
  device.matmul_flops = matmul_flops(row);
  device.peak_flops = peak_flops(row);
  set_host_link(spec, catalog, device);
  auto total = reported_total(row, device.capacity, around.os, *backend, catalog);
  device.reported = std::min(total.bytes, device.capacity);
  device.reported_basis = total.basis;
  device.reported_source = std::move(total.source);
  set_runtime(rules, row.multiprocessors, device);
  const auto limited = set_limit(&row, around, catalog, device);
  if (!limited) return limited.error();
  return device;
}

}  // namespace qwenfit
