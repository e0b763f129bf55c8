#include "query/machine.h"

#include <algorithm>
#include <string>
#include <utility>

#include "query/devices.h"
#include "query/gpu_spec.h"
#include "query/links.h"
#include "query/memory_spec.h"
#include "query/numbers.h"
#include "query/sizes.h"
#include "query/text.h"

namespace qwenfit {
namespace {

bool is_none(std::string_view gpu) {
  return lower_case(trimmed(gpu)) == "none";
}

Result<std::vector<GpuSpec>> parse_gpus(const Query& query, const Catalog& catalog) {
  std::vector<GpuSpec> specs;
  if (query.gpu.size() == 1 && is_none(query.gpu.front())) return specs;
  std::uint32_t devices = 0;
  for (const auto& text : query.gpu) {
    auto spec = parse_gpu(text, catalog);
    if (!spec) return spec.error();
    devices += spec->count;
    if (devices > kMostDevices) {
      return usage_error("--gpu", "one machine takes at most " + std::to_string(kMostDevices) +
                                      " devices in all; name fewer");
    }
    specs.push_back(std::move(*spec));
  }
  return specs;
}

/// A Mac of the catalog, or a planned one: custom with backend=metal.
bool is_mac(const GpuSpec& spec) {
  return spec.row ? spec.row->device_class == DeviceClass::mac : spec.backend == Backend::metal;
}
bool is_unified(const GpuSpec& spec) {
  return spec.row ? spec.row->unified : is_mac(spec);
}
std::string name_of(const GpuSpec& spec) {
  return spec.row ? std::string(spec.row->name) : "a custom Mac";
}

Error differing_backends(Backend a, Backend b) {
  return combination_error(
      "--gpu", "backend=" + std::string(backend_id(a)) + " and backend=" + std::string(backend_id(b)) +
                   " differ, and the GPUs of a machine run under one back end; give one");
}

/// The back end under which all cards run together: what a custom one states, else the usual one of the cards
/// of the catalog, else, of different vendors, the one that all have. None where nothing says.
Result<std::optional<Backend>> common_backend(const std::vector<GpuSpec>& specs) {
  std::optional<Backend> stated, usual;
  bool differ = false;
  for (const GpuSpec& spec : specs) {
    if (spec.row) {
      differ = differ || (usual && *usual != spec.row->default_backend);
      usual = spec.row->default_backend;
    } else if (spec.backend) {
      if (stated && *stated != *spec.backend) return differing_backends(*stated, *spec.backend);
      stated = spec.backend;
    }
  }
  if (stated) return stated;
  return differ ? std::optional(Backend::vulkan) : usual;
}

Result<bool> resolve_os(const Query& query, const std::vector<GpuSpec>& specs, Surroundings& around) {
  const std::string os = lower_case(trimmed(query.os));
  if (os.empty()) {
    around.os = !specs.empty() && is_mac(specs.front()) ? Os::macos : Os::linux_os;
  } else if (os == "linux") {
    around.os = Os::linux_os;
  } else if (os == "windows") {
    around.os = Os::windows;
  } else if (os == "macos" || os == "macos-15" || os == "macos-26") {
    around.os = Os::macos;
    if (os == "macos-15") around.macos = "macos-15";
    if (os == "macos-26") around.macos = "macos-26";
  } else {
    return value_error("--os", query.os, {"linux", "windows", "macos", "macos-15", "macos-26"});
  }
  return true;
}

Result<Surroundings> resolve_surroundings(const Query& query, const std::vector<GpuSpec>& specs) {
  Surroundings around;
  if (const auto os = resolve_os(query, specs, around); !os) return os.error();
  if (!query.backend.empty()) {
    if (specs.empty() && lower_case(trimmed(query.backend)) == backend_id(Backend::cpu)) return around;
    const auto backend = parse_backend(query.backend, "--backend");
    if (!backend) return backend.error();
    if (specs.empty())
      return combination_error("--backend",
                               "--backend needs a GPU; a machine without one runs on its CPU: drop it");
    around.backend = *backend;
  } else {
    const auto common = common_backend(specs);
    if (!common) return common.error();
    around.backend = *common;
    around.backend_of_gpu = true;
  }
  if (!query.wired_limit_mb.empty()) {
    constexpr std::uint32_t kMostMib = 1u << 30;
    const auto mib = parse_count(query.wired_limit_mb, "--wired-limit-mb", 1, kMostMib);
    if (!mib) return mib.error();
    if (specs.empty())
      return combination_error("--wired-limit-mb",
                               "--wired-limit-mb is a setting of Macs; name the Mac with --gpu");
    around.wired_limit = *mib * kMiB;
  }
  return around;
}

/// Unified memory is one pool: one device, and no system RAM beside it.
Result<bool> check_unified(const Query& query, const std::vector<GpuSpec>& specs) {
  const auto unified = std::find_if(specs.begin(), specs.end(), is_unified);
  if (unified == specs.end()) return true;
  const std::string name = name_of(*unified);
  if (specs.size() > 1 || unified->count > 1) {
    return combination_error(
        "--gpu", name + " has unified memory and cannot be combined with another GPU: name one of them");
  }
  if (!query.ram.empty()) {
    return combination_error("--ram", name + " has unified memory: its RAM is counted already; drop --ram");
  }
  if (!query.cpu.empty() && is_mac(*unified)) {
    return combination_error("--cpu", name + " brings its own CPU; drop --cpu");
  }
  return true;
}

/// The row whose bandwidth stands in for that of a system memory nobody described.
constexpr std::string_view kUsualMemory = "cpu-2ch-ddr5-5600";

Result<bool> resolve_cpu(const Query& query, const Catalog& catalog, Host& host) {
  if (const DeviceRow* usual = catalog.device_by_id(kUsualMemory))
    host.bandwidth_bytes_per_s = static_cast<double>(usual->bandwidth_bytes_per_s.value_or(0));
  if (query.cpu.empty()) return true;
  if (const auto memory = parse_memory_spec(query.cpu)) {
    if (!*memory) return memory->error();
    host.cpu_id = (*memory)->id;
    host.cpu_name = (*memory)->name;
    host.bandwidth_bytes_per_s = (*memory)->bandwidth_bytes_per_s;
    host.bandwidth_assumed = false;
    return true;
  }
  const auto cpu = catalog.cpu(trimmed(query.cpu));
  if (!cpu) {
    Error error = cpu.error();
    if (error.where.empty()) error.where = "--cpu";
    return error;
  }
  host.cpu_id = (*cpu)->id;
  host.cpu_name = (*cpu)->name;
  if ((*cpu)->bandwidth_bytes_per_s) {
    host.bandwidth_bytes_per_s = static_cast<double>(*(*cpu)->bandwidth_bytes_per_s);
    host.bandwidth_assumed = false;
  }
  return true;
}

Result<Host> resolve_host(const Query& query, Os os, bool has_gpu, const Catalog& catalog) {
  Host host;
  if (const auto cpu = resolve_cpu(query, catalog, host); !cpu) return cpu.error();
  if (!query.ram.empty()) {
    const auto ram = parse_size(query.ram, "--ram");
    if (!ram) return ram.error();
    host.capacity = *ram;
  } else if (!has_gpu) {
    return usage_error("--ram",
                       "a machine without a GPU runs from system RAM; add its size, such as --ram 64GB");
  }
  for (const ReserveKind kind : {ReserveKind::os, ReserveKind::host_process}) {
    const ReserveRow* reserve = find_reserve(catalog, kind, os, "");
    if (!reserve) continue;
    host.os_reserve = add(host.os_reserve, reserve_bytes(*reserve, host.capacity.value_or(0)));
    if (!host.os_reserve_source.empty()) host.os_reserve_source += "; ";
    host.os_reserve_source += reserve->source;
  }
  return host;
}

/// Segment of cards that have no display outputs.
constexpr std::string_view kNoDisplay = "datacenter";

/// The desktop draws on the first device. On unified memory it is part of what the limit leaves to the
/// system.
void set_display(const Catalog& catalog, Machine& machine) {
  if (machine.headless || machine.devices.empty() || machine.devices.front().kind == DeviceKind::unified)
    return;
  Device& device = machine.devices.front();
  const DeviceRow* row = catalog.device_by_id(device.id);
  if (row != nullptr && row->segment == kNoDisplay) return;
  if (const auto* reserve = find_reserve(catalog, ReserveKind::display, machine.os, "")) {
    device.display = reserve_bytes(*reserve, device.capacity);
    device.display_source = reserve->source;
  }
}

/// "2x NVIDIA GeForce RTX 3090 + NVIDIA GeForce RTX 3060 12 GB"; without a GPU the CPU's name.
std::string machine_name(const Machine& machine) {
  if (machine.devices.empty()) return machine.host.cpu_name.empty() ? "CPU only" : machine.host.cpu_name;
  std::string name;
  for (std::size_t first = 0, next = 0; first < machine.devices.size(); first = next) {
    const Device& device = machine.devices[first];
    while (next < machine.devices.size() && machine.devices[next].id == device.id &&
           machine.devices[next].name == device.name && machine.devices[next].links == device.links)
      ++next;
    if (first > 0) name += " + ";
    if (next - first > 1) name += std::to_string(next - first) + "x ";
    name += device.name;
    if (!device.links.empty()) name += " (" + device.links + ")";
  }
  return name;
}

/// What a device is fast by: it computes first, and reads.
std::pair<double, Bytes> pace_of(const Device& device) {
  return {device.matmul_flops.value_or(0), device.bandwidth_bytes_per_s.value_or(0)};
}

}  // namespace

void arrange_devices(std::size_t most, Machine& machine) {
  auto& devices = machine.devices;
  std::stable_sort(devices.begin(), devices.end(),
                   [](const Device& a, const Device& b) { return pace_of(a) > pace_of(b); });
  if (most > 0 && devices.size() > most) {
    machine.left_out = static_cast<std::uint32_t>(devices.size() - most);
    devices.resize(most);
  }
  machine.name = machine_name(machine);
}

Result<Machine> resolve_machine(const Query& query, const Catalog& catalog) {
  if (query.gpu.empty() && query.ram.empty() && query.cpu.empty()) {
    return usage_error("--gpu",
                       "say which machine: add --gpu, or --ram for one without a GPU, such as --gpu rtx3090 "
                       "or --gpu none --ram 64GB");
  }
  const auto specs = parse_gpus(query, catalog);
  if (!specs) return specs.error();
  const auto around = resolve_surroundings(query, *specs);
  if (!around) return around.error();
  if (const auto checked = check_unified(query, *specs); !checked) return checked.error();

  Machine machine;
  machine.os = around->os;
  machine.headless = query.headless;
  for (const GpuSpec& spec : *specs) {
    auto device = make_device(spec, *around, catalog);
    if (!device) return device.error();
    machine.devices.insert(machine.devices.end(), spec.count, *device);
  }
  for (std::uint32_t i = 0; i < machine.devices.size(); ++i) machine.devices[i].named = i;
  if (const auto joined = join_devices(*specs, catalog, machine); !joined) return joined.error();
  auto host = resolve_host(query, machine.os, !machine.devices.empty(), catalog);
  if (!host) return host.error();
  machine.host = std::move(*host);
  const bool pooled = !machine.devices.empty() && machine.devices.front().kind == DeviceKind::unified;
  if (pooled && machine.devices.front().bandwidth_bytes_per_s) {
    machine.host.bandwidth_bytes_per_s = static_cast<double>(*machine.devices.front().bandwidth_bytes_per_s);
    machine.host.bandwidth_assumed = false;
  }
  set_display(catalog, machine);
  machine.name = machine_name(machine);
  return machine;
}

}  // namespace qwenfit
