#include "query/runtime_hardware.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "query/text.h"

namespace qwenfit {
namespace {

/// What kernels need: a compute capability of NVIDIA devices, a target of AMD devices.
struct Need {
  std::optional<double> least_capability;
  Names gfx_targets;  ///< empty: any
};

/// Capabilities are written as 8.6.
std::string capability_text(double capability) {
  constexpr long kTenths = 10;
  const long tenths = std::lround(capability * kTenths);
  return std::to_string(tenths / kTenths) + "." + std::to_string(tenths % kTenths);
}

/// "AMD targets gfx90a, gfx942".
std::string targets_text(Names targets) {
  return "AMD targets " + listed({targets.begin(), targets.end()});
}

/// Why a device does not meet the need; none where it does or nothing is known of it.
std::optional<std::string> lack(const DeviceRow& device, const Need& need) {
  const std::string name(device.name);
  if (device.compute_capability && need.least_capability &&
      *device.compute_capability < *need.least_capability) {
    return "NVIDIA devices of compute capability " + capability_text(*need.least_capability) +
           " or higher, and " + name + " has " + capability_text(*device.compute_capability);
  }
  if (!device.gfx_target.empty() && !need.gfx_targets.empty() &&
      !contains(need.gfx_targets, device.gfx_target)) {
    return targets_text(need.gfx_targets) + ", and " + name + " is " + std::string(device.gfx_target);
  }
  return std::nullopt;
}

std::optional<std::string> lack(const Question& question, const Need& need, const Catalog& catalog) {
  if (!need.least_capability && need.gfx_targets.empty()) return std::nullopt;
  for (const Device& device : question.machine.devices) {
    const DeviceRow* row = catalog.device_by_id(device.id);
    auto why = row != nullptr ? lack(*row, need) : std::nullopt;
    if (why) return why;
  }
  return std::nullopt;
}

/// Systems as people write them.
std::string_view system_name(std::string_view id) {
  return id == os_id(Os::linux_os) ? "Linux" : id == os_id(Os::windows) ? "Windows" : "macOS";
}

Error wrong_system(const Question& question, const RuntimeRow& row, const Instead& instead) {
  const RuntimeHardware& needs = row.hardware;
  std::vector<std::string> names;
  for (const auto system : needs.systems) names.emplace_back(system_name(system));
  std::string on = instead.system(needs.systems);
  if (!on.empty() && question.machine.os == Os::windows && !needs.on_windows.empty())
    on += " for " + std::string(needs.on_windows);
  return combination_error("--os",
                           with_hints(std::string(row.name) + " runs on " + choice_of(names) + ", not on " +
                                          std::string(system_name(os_id(question.machine.os))),
                                      {on, instead.runtime()}));
}

}  // namespace

Result<bool> check_hardware(const Question& question, const RuntimeRow& row, const Instead& instead,
                            const Catalog& catalog) {
  const RuntimeHardware& needs = row.hardware;
  if (!needs.systems.empty() && !contains(needs.systems, os_id(question.machine.os)))
    return wrong_system(question, row, instead);
  const auto why = lack(question, {needs.least_capability, needs.gfx_targets}, catalog);
  if (!why) return true;
  return combination_error(question.runtime_named ? "--runtime" : "--quant",
                           with_hints(std::string(row.name) + " needs " + *why, {instead.runtime()}));
}

Result<bool> check_quant_hardware(const Question& question, const Model& model, const Build& build,
                                  const RuntimeRow& row, const Instead& instead, const Catalog& catalog) {
  for (const QuantNeed& need : row.hardware.quants) {
    const bool applies =
        contains(need.quants, build.quant_id) && (!need.moe_only || model.kind == ModelKind::moe);
    if (!applies) continue;
    const auto why = lack(question, {need.least_capability, need.gfx_targets}, catalog);
    if (!why) continue;
    return combination_error("--quant", with_hints(build.quant_name + (need.moe_only ? " with experts" : "") +
                                                       " in " + std::string(row.name) + " needs " + *why,
                                                   {instead.quant(), instead.runtime()}));
  }
  return true;
}

}  // namespace qwenfit
