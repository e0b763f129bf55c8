#include "report/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "report/format.h"

namespace qwenfit {
std::vector<DeviceGroup> device_groups(const Machine& machine) {
  std::vector<DeviceGroup> groups;
  for (const Device& device : machine.devices) {
    const bool same = !groups.empty() && groups.back().device->id == device.id &&
                      groups.back().device->name == device.name &&
                      groups.back().device->capacity == device.capacity;
    if (same) {
      ++groups.back().count;
    } else {
      groups.push_back({&device, 1});
    }
  }
  return groups;
}

std::vector<ModelAnswers> by_model(const std::vector<Answer>& answers) {
  std::vector<ModelAnswers> groups;
  for (const Answer& answer : answers) {
    if (groups.empty() || groups.back().begin->subject != answer.subject)
      groups.push_back({&answer, &answer});
    groups.back().end = &answer + 1;
  }
  return groups;
}

const Answer* best_of(const ModelAnswers& group) {
  const std::optional<std::size_t> best = best_answer({group.begin, group.size()});
  return best ? group.begin + *best : nullptr;
}

const Answer* nearest_of(const ModelAnswers& group) {
  const auto deficit = [](const Answer& answer) {
    const DeviceMemory* place = shortest(answer.estimate);
    return place == nullptr ? std::numeric_limits<SignedBytes>::min() : *place->free();
  };
  return std::max_element(group.begin, group.end,
                          [&](const Answer& a, const Answer& b) { return deficit(a) < deficit(b); });
}

const DeviceMemory& fullest(const Estimate& estimate) {
  const DeviceMemory* found = nullptr;
  for (const DeviceMemory& memory : estimate.devices) {
    if (memory.kind == DeviceKind::host || !memory.in_use) continue;
    if (found == nullptr || memory.free().value_or(0) < found->free().value_or(0)) found = &memory;
  }
  return found != nullptr ? *found : host_of(estimate);
}

const DeviceMemory* shortest(const Estimate& estimate) {
  const DeviceMemory* found = nullptr;
  for (const DeviceMemory& memory : estimate.devices) {
    const std::optional<SignedBytes> free = memory.free();
    if (free && *free < 0 && (found == nullptr || *free < *found->free())) found = &memory;
  }
  return found;
}

const DeviceMemory& host_of(const Estimate& estimate) {
  return estimate.devices.back();
}

std::string place_name(const Machine& machine, const DeviceMemory& memory) {
  if (memory.kind == DeviceKind::host || memory.device >= machine.devices.size()) return "system RAM";
  const std::string& name = machine.devices[memory.device].name;
  return machine.devices.size() > 1 ? fmt::format("{} (GPU {})", name, memory.device) : name;
}

std::string at_place(const Machine& machine, const DeviceMemory& memory) {
  return (memory.kind == DeviceKind::host ? "in " : "on ") + place_name(machine, memory);
}

std::string_view backend_of(const Machine& machine) {
  return backend_id(machine.devices.empty() ? Backend::cpu : machine.devices.front().backend);
}

bool ram_unchecked(const Question& question, const Answer& answer) {
  const std::vector<Device>& devices = question.machine.devices;
  return answer.estimate.verdict == Verdict::offload && !host_of(answer.estimate).capacity &&
         !devices.empty() && devices.front().kind == DeviceKind::gpu;
}

std::string max_context_cell(const Question& question, const Answer& answer) {
  const bool unknown = answer.estimate.guide_only || ram_unchecked(question, answer);
  return unknown ? std::string(kUnknown) : tokens_at_most(answer.max_context.tokens);
}

std::string verdict_words(const Answer& answer) {
  const Estimate& e = answer.estimate;
  switch (e.verdict) {
    case Verdict::fits:
      return "fits";
    case Verdict::tight:
      return "tight";
    case Verdict::no_fit: {
      const DeviceMemory* place = shortest(e);
      const bool ram = place != nullptr && place->kind == DeviceKind::host && e.devices.size() > 1;
      return ram ? "no fit (RAM)" : "no fit";
    }
    case Verdict::offload:
      break;
  }
  if (e.placement.cache_in_ram && e.placement.gpu_layers == all_gpu_layers(answer)) return "offload KV";
  if (e.placement.cpu_moe_layers > 0) return fmt::format("offload {} MoE", e.placement.cpu_moe_layers);
  const std::uint32_t all = all_gpu_layers(answer);
  if (e.placement.gpu_layers < all) return fmt::format("offload {} layers", all - e.placement.gpu_layers);
  return "offload";
}

Paint verdict_paint(Verdict verdict) {
  switch (verdict) {
    case Verdict::fits:
      return Paint::good;
    case Verdict::tight:
    case Verdict::offload:
      return Paint::caution;
    case Verdict::no_fit:
      break;
  }
  return Paint::bad;
}

std::vector<double> device_shares(const Answer& answer) {
  std::vector<double> shares = answer.estimate.placement.tensor_split;
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= sum;
  const std::vector<std::uint32_t> counts = layers_by_device(answer);
  Answer again = answer;
  again.estimate.placement.tensor_split = shares;
  if (layers_by_device(again) == counts) return shares;
  // Sums of single precision moved a border by a layer: borders between layers stand that.
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
  double before = 0, layers = 0;
  for (std::size_t row = 0; row < shares.size(); ++row) {
    layers += counts[row];
    const double border = layers > 0 && layers < all ? (layers - 0.5) / all : layers / all;
    shares[row] = border - before;
    before = border;
  }
  return shares;
}

std::string_view os_words(Os os) {
  switch (os) {
    case Os::linux_os:
      return "Linux";
    case Os::windows:
      return "Windows";
    case Os::macos:
      break;
  }
  return "macOS";
}

std::string_view term_words(Term term, DeviceKind kind) {
  const bool host = kind == DeviceKind::host;
  switch (term) {
    case Term::weights:
      return "weights";
    case Term::kv_cache:
      return "KV cache";
    case Term::recurrent_state:
      return "recurrent state";
    case Term::compute:
      return "compute buffer";
    case Term::vision:
      return "vision";
    case Term::mtp:
      return "MTP";
    case Term::runtime:
      return host ? "process" : "runtime";
    case Term::display:
      return host ? "operating system" : "display";
    case Term::count:
      break;
  }
  return "";
}

}  // namespace qwenfit
