// Several cards: whether one driver runs them, and what the answers do with them.

#include <algorithm>

#include "advise/drivers.h"
#include "advise/plan_parts.h"
#include "advise/plan_words.h"

namespace qwenfit {
namespace {

bool is_same(const Device& a, const Device& b) {
  return a.id == b.id && a.name == b.name;
}

std::vector<const WorkloadCheck*> fitting(const CheckedPlan& plan) {
  std::vector<const WorkloadCheck*> out;
  for (const WorkloadCheck& check : plan.workloads) {
    if (check.fits) out.push_back(&check);
  }
  return out;
}

std::vector<bool> idle_with(const WorkloadCheck& check, std::size_t devices) {
  std::vector<bool> idle(devices, false);
  for (const std::size_t device : idle_devices(check.answer.estimate)) idle[device] = true;
  return idle;
}

/// Of the cards in the order in which they are named to the machine, those that no workload uses.
std::vector<bool> always_idle(const std::vector<const WorkloadCheck*>& checks, const Machine& machine,
                              std::size_t cards) {
  std::vector<bool> always(cards, !checks.empty());
  for (const WorkloadCheck* check : checks) {
    const std::vector<bool> idle = idle_with(*check, machine.devices.size());
    for (std::size_t i = 0; i < idle.size(); ++i) {
      const std::size_t card = machine.devices[i].named;
      if (card < cards && !idle[i]) always[card] = false;
    }
  }
  return always;
}

/// `draws`: one of those that are idle has the desktop.
std::string idle_words(const PlannedGpu& entry, std::uint32_t count, bool draws) {
  const std::string some =
      entry.count > 1 ? std::to_string(count) + " of " + std::to_string(entry.count) + " " : "";
  const std::string also = !draws       ? ": the others do it alone"
                           : count == 1 ? " and only draws the desktop"
                                        : ", and one of them only draws the desktop";
  return some + gpu_name(entry) + (count > 1 ? " hold" : " holds") + " nothing of any workload" + also;
}

/// `idle`: by the order in which cards are named to the machine.
void report_idle(const CheckedPlan& plan, const Machine& machine, const std::vector<bool>& idle,
                 std::vector<PlanFinding>& findings) {
  const auto order = device_order(plan.build);
  const auto slots = card_slots(plan.build);
  for (std::size_t gpu = 0; gpu < plan.build.gpus.size(); ++gpu) {
    const PlannedGpu& entry = plan.build.gpus[gpu];
    std::uint32_t count = 0;
    bool draws = false;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (!idle[i] || slots[order[i]].gpu != gpu) continue;
      ++count;
      draws = draws || (i == 0 && !machine.headless);
    }
    if (count == 0) continue;
    findings.push_back({"idle_card", Severity::warning, "/gpus/" + std::to_string(gpu),
                        idle_words(entry, count, draws),
                        std::string(draws ? "a cheaper card for the desktop" : "leave it out") +
                            ", or a larger quant, context or model that needs it"});
  }
}

/// `27b: RTX 3090 65 of 65 layers, RTX 3060 nothing`.
std::string holding(const CheckedPlan& plan, const WorkloadCheck& check) {
  const auto& devices = plan.questions[check.question].machine.devices;
  const auto layers = layers_by_device(check.answer);
  const auto idle = idle_with(check, devices.size());
  const bool sliced = check.answer.settings.split_mode == SplitMode::tensor;
  std::string out;
  for (std::size_t i = 0; i < devices.size() && i < layers.size(); ++i) {
    std::uint32_t cards = 0, held = 0;
    for (std::size_t j = 0; j < devices.size() && j < layers.size(); ++j) {
      if (!is_same(devices[i], devices[j])) continue;
      if (j < i) break;
      ++cards;
      held += idle[j] ? 0 : layers[j];
    }
    if (cards == 0) continue;
    out += (out.empty() ? "" : ", ") + (cards > 1 ? std::to_string(cards) + "x " : "") + devices[i].name +
           (held == 0 ? " nothing"
            : sliced  ? " a share of every layer"
                      : " " + std::to_string(held) + " of " + std::to_string(all_gpu_layers(check.answer)) +
                           " layers");
  }
  return out.empty() ? "" : check.asked->model + ": " + out;
}

/// The slowest of the cards that a workload is on, where it is on several that differ.
const Device* slowest_in_use(const CheckedPlan& plan, const WorkloadCheck& check) {
  const auto& devices = plan.questions[check.question].machine.devices;
  const auto idle = idle_with(check, devices.size());
  const Device* slowest = nullptr;
  bool differ = false;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    if (idle[i]) continue;
    differ = differ || (slowest != nullptr && !is_same(*slowest, devices[i]));
    const auto bandwidth = devices[i].bandwidth_bytes_per_s.value_or(0);
    if (slowest == nullptr || bandwidth < slowest->bandwidth_bytes_per_s.value_or(0)) slowest = &devices[i];
  }
  return differ ? slowest : nullptr;
}

/// What each card of a mix holds, workload by workload.
std::string mix_words(const CheckedPlan& plan, const std::vector<const WorkloadCheck*>& checks) {
  std::string out;
  const Device* slowest = nullptr;
  for (const WorkloadCheck* check : checks) {
    const std::string words = holding(plan, *check);
    if (out.find(words) == std::string::npos) out += (out.empty() ? "" : "; ") + words;
    if (slowest == nullptr) slowest = slowest_in_use(plan, *check);
  }
  if (slowest != nullptr && slowest->bandwidth_bytes_per_s)
    out += "; " + slowest->name + " (" + whole(static_cast<double>(*slowest->bandwidth_bytes_per_s) / 1e9) +
           " GB/s) takes longest for a layer";
  return out;
}

/// `RTX 4090 and RTX 5090`: the kinds of cards that come too late for the last driver of `old`.
std::string too_new_for(const DeviceRow& old, const Blueprint& build) {
  std::vector<std::string> names;
  for (const PlannedGpu& gpu : build.gpus) {
    const bool too_new = gpu.row != nullptr && driver_branches(*gpu.row).first > driver_branches(old).last;
    if (too_new && std::find(names.begin(), names.end(), gpu_name(gpu)) == names.end())
      names.push_back(gpu_name(gpu));
  }
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return out;
}

/// `last`: the driver branch after which `name` is not supported.
PlanFinding driver_finding(std::size_t gpu, const std::string& name, const std::string& last,
                           const std::string& others) {
  return {"no_common_driver",
          Severity::error,
          "/gpus/" + std::to_string(gpu),
          "no NVIDIA driver runs " + name + " together with " + others + ": branch " + last +
              ", the last that runs " + name + ", does not know " + others,
          "leave out " + name + ", or take cards that branch " + last + " runs beside it",
          true};
}

}  // namespace

void report_drivers(const Blueprint& build, std::vector<PlanFinding>& findings) {
  for (std::size_t i = 0; i < build.gpus.size(); ++i) {
    if (build.gpus[i].row == nullptr) continue;
    const std::string others = too_new_for(*build.gpus[i].row, build);
    if (others.empty()) continue;
    const std::string name = gpu_name(build.gpus[i]);
    const std::string last = whole(driver_branches(*build.gpus[i].row).last);
    findings.push_back(driver_finding(i, name, last, others));
  }
}

void report_cards(const CheckedPlan& plan, std::vector<PlanFinding>& findings) {
  const auto& gpus = plan.build.gpus;
  const Machine& machine = plan.questions[plan.workloads.front().question].machine;
  const auto& devices = machine.devices;
  const std::size_t cards = device_order(plan.build).size();
  if (cards < 2) return;
  const auto checks = fitting(plan);
  report_idle(plan, machine, always_idle(checks, machine, cards), findings);
  const bool same = std::all_of(devices.begin(), devices.end(),
                                [&](const Device& d) { return is_same(d, devices.front()); });
  if (same) return;
  const bool same_kind = std::all_of(gpus.begin(), gpus.end(), [&](const PlannedGpu& g) {
    return !g.row || !gpus.front().row || g.row->default_backend == gpus.front().row->default_backend;
  });
  const std::string words = mix_words(plan, checks);
  if (!same_kind) {
    findings.push_back({"mixed_vendors", Severity::warning, "/gpus",
                        "cards of different makers run together only under " +
                            std::string(backend_id(devices.front().backend)) +
                            ", which is slower than what each brings" + (words.empty() ? "" : "; ") + words,
                        "cards of one maker", true});
  } else if (!words.empty()) {
    findings.push_back({"mixed_cards", Severity::info, "/gpus", "what each card holds: " + words, ""});
  }
}

}  // namespace qwenfit
