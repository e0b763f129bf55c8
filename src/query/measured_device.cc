#include "query/measured_device.h"

#include <algorithm>

#include "catalog/names.h"
#include "query/driver_names.h"
#include "query/numbers.h"
#include "query/text.h"
#include "speed/calibration.h"

namespace qwenfit {
namespace {

using Ids = std::vector<std::string>;

/// llama.cpp's names of its back ends.
constexpr std::pair<std::string_view, Backend> kBackendNames[] = {
    {"cuda", Backend::cuda}, {"rocm", Backend::rocm},     {"hip", Backend::rocm}, {"metal", Backend::metal},
    {"mtl", Backend::metal}, {"vulkan", Backend::vulkan}, {"sycl", Backend::sycl}};

std::vector<Backend> gpu_backends(const BenchRow& row) {
  std::vector<Backend> found;
  const std::string names = lower_case(row.backends);
  for (const auto name : split(names, ',')) {
    for (const auto& [known, backend] : kBackendNames) {
      if (name == known) found.push_back(backend);
    }
  }
  return found;
}

Ids gpus_named(const std::string& name, const Catalog& catalog) {
  Ids ids = devices_known_as(name, DeviceOption::gpu, catalog);
  if (!ids.empty()) return ids;
  const std::string key = device_key(name);
  for (const DeviceRow& row : catalog.rows().devices) {
    if (row.device_class != DeviceClass::cpu && !row.chip.empty() && device_key(row.chip) == key)
      ids.emplace_back(row.id);
  }
  return ids;
}

bool stands_for(const Ids& ids, const Device& device) {
  return std::any_of(ids.begin(), ids.end(),
                     [&](const std::string& id) { return chip_key(id) == chip_key(device.id); });
}

std::vector<std::string> listed_gpus(const BenchRow& row) {
  std::vector<std::string> names;
  for (const auto name : split(row.gpus, ',')) {
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

/// The number at the end of a device's name in llama.cpp: 1 for `CUDA1`.
std::optional<std::uint64_t> index_of(std::string_view device) {
  return parse_unsigned(device.substr(std::min(device.find_last_not_of("0123456789") + 1, device.size())));
}

/// Of the machine's GPUs, those that the test ran on.
std::vector<std::string> used_gpus(const BenchRow& row) {
  std::vector<std::string> names = listed_gpus(row);
  const std::string devices = lower_case(row.devices);
  if (devices == "none") return {};
  if (!devices.empty() && devices != "auto") {
    std::vector<std::string> chosen;
    for (const auto device : split(devices, '/')) {
      const auto index = index_of(device);
      chosen.push_back(index && *index < names.size() ? names[*index] : std::string(device));
    }
    names = chosen;
  }
  const auto main = static_cast<std::size_t>(std::max<std::int64_t>(row.main_gpu, 0));
  if (row.split_mode == "none" && main < names.size()) return {names[main]};
  std::vector<std::string> with_share;
  const auto shares = split(row.tensor_split, '/');
  if (shares.size() == 1) return names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i < shares.size() && parse_decimal(shares[i]).value_or(0) > 0) with_share.push_back(names[i]);
  }
  return with_share.empty() ? names : with_share;
}

std::string machine_words(const Machine& machine) {
  return machine.devices.empty() ? "a machine without a GPU" : printable(machine.name);
}

std::string other_machine(const std::string& measured_on, const Machine& machine) {
  return "measured on " + measured_on + ", and the question is about " + machine_words(machine);
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : " + ") + printable(name);
  return out;
}

/// Each device of the machine takes a name that stands for it, else one that stands for nothing known.
DeviceMatch match_gpus(const std::vector<std::string>& names, const Machine& machine,
                       const Catalog& catalog) {
  struct Named {
    std::string name;
    Ids ids;
  };
  std::vector<Named> left;
  left.reserve(names.size());
  for (const auto& name : names) left.push_back({name, gpus_named(name, catalog)});
  DeviceMatch match;
  const auto note = [&](const std::string& name) {
    match.note = "no device is known as " + in_quotes(name) + ": taken for this machine's";
  };
  for (const Device& device : machine.devices) {
    const bool listed = catalog.device_by_id(device.id) != nullptr;
    auto found =
        std::find_if(left.begin(), left.end(), [&](const Named& n) { return stands_for(n.ids, device); });
    if (found == left.end()) {
      found =
          std::find_if(left.begin(), left.end(), [&](const Named& n) { return n.ids.empty() || !listed; });
      if (found != left.end() && listed) note(found->name);
    }
    if (found == left.end()) return {other_machine(joined(names), machine), ""};
    left.erase(found);
  }
  for (const Named& extra : left) {
    if (!extra.ids.empty()) return {other_machine(joined(names), machine), ""};
    note(extra.name);
  }
  return match;
}

DeviceMatch match_cpu(const BenchRow& row, const Machine& machine, const Catalog& catalog) {
  const DeviceRow* asked = catalog.device_by_id(machine.host.cpu_id);
  if (asked == nullptr || asked->vendor.empty()) return {};
  const Ids ids = devices_known_as(row.cpu, DeviceOption::cpu, catalog);
  if (ids.empty() || std::find(ids.begin(), ids.end(), asked->id) != ids.end()) return {};
  return {"measured on " + printable(row.cpu) + ", and the question is about " + std::string(asked->name),
          ""};
}

}  // namespace

DeviceMatch match_devices(const BenchRow& row, const Machine& machine, const Catalog& catalog) {
  const auto backends = gpu_backends(row);
  const std::vector<std::string> names = used_gpus(row);
  if (machine.devices.empty()) {
    const bool on_cpu = names.empty() || row.gpu_layers == 0;
    if (!on_cpu) return {other_machine(joined(names), machine), ""};
    return match_cpu(row, machine, catalog);
  }
  if (names.empty() && (backends.empty() || !row.gpus.empty() || lower_case(row.devices) == "none"))
    return {other_machine(row.gpus.empty() && row.backends.empty() ? "no GPU that the file names (gpu_info)"
                                                                   : "a CPU alone",
                          machine),
            ""};
  // A build with two back ends lists the GPUs once for each.
  std::vector<std::string> once = names;
  if (names.size() == listed_gpus(row).size() && !backends.empty() && names.size() % backends.size() == 0)
    once.resize(names.size() / backends.size());
  DeviceMatch match = match_gpus(once, machine, catalog);
  const Backend asked = machine.devices.front().backend;
  if (match.other.empty() && !backends.empty() &&
      std::find(backends.begin(), backends.end(), asked) == backends.end()) {
    match.other = "measured with " + printable(row.backends) + ", and the question is about " +
                  std::string(backend_id(asked)) + ": ask with --backend " +
                  std::string(backend_id(backends.front()));
  }
  return match;
}

}  // namespace qwenfit
