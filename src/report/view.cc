#include "report/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "report/format.h"

namespace qwenfit {
namespace {

/// Text that a shell takes as one word as it stands.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '/' || c == '-';
  });
}

}  // namespace

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
  const std::optional<std::size_t> best = best_answer(std::vector<Answer>(group.begin, group.end));
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
    if (memory.kind == DeviceKind::host) continue;
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

std::uint32_t all_gpu_layers(const Answer& answer) {
  const Architecture& a = answer.subject->model.architecture;
  return a.layers + (answer.build->has_mtp_block ? a.mtp_layers : 0) + 1;
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

std::string launch_command(const Question& question, const Answer& answer) {
  const Build& build = *answer.build;
  const Settings& s = answer.settings;
  const Placement& placement = answer.estimate.placement;
  const bool runs = answer.estimate.verdict != Verdict::no_fit && !answer.estimate.guide_only;
  if (!runs || build.repo.empty() || build.format != "gguf" || s.runtime != "llama.cpp") return "";
  if (build.repo.find('/') == std::string::npos || !is_plain(build.repo) || !is_plain(build.quant_name))
    return "";
  std::string command = fmt::format("llama-server -hf {}:{} -c {}", build.repo, build.quant_name, s.context);
  if (question.machine.devices.empty()) {
    command += " -dev none";
  } else {
    const std::uint32_t all = all_gpu_layers(answer);
    command += fmt::format(
        " -ngl {}", placement.gpu_layers >= all ? std::max<std::uint32_t>(all, 99) : placement.gpu_layers);
  }
  if (placement.cpu_moe_layers > 0) command += fmt::format(" -ncmoe {}", placement.cpu_moe_layers);
  if (question.machine.devices.size() > 1) {
    if (s.split_mode != SplitMode::layer) command += fmt::format(" -sm {}", split_mode_id(s.split_mode));
    std::string shares;
    for (const double share : placement.tensor_split)
      shares += fmt::format("{}{:.6g}", shares.empty() ? "" : ",", share);
    if (!shares.empty()) command += " -ts " + shares;
  }
  command += fmt::format(" -np {}", s.parallel);
  if (s.parallel > 1) command += " -kvu";
  if (s.kv_k != TensorType::f16) command += fmt::format(" -ctk {}", tensor_type(s.kv_k).id);
  if (s.kv_v != TensorType::f16) command += fmt::format(" -ctv {}", tensor_type(s.kv_v).id);
  command += s.flash_attention ? " -fa on" : " -fa off";
  if (s.ubatch != Settings{}.ubatch) command += fmt::format(" -ub {}", s.ubatch);
  if (s.mtp) command += " --spec-type draft-mtp";
  if (!s.vision && answer.subject->model.vision) command += " --no-mmproj";
  return command;
}

}  // namespace qwenfit
