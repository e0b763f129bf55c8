#include <fmt/format.h>

#include <algorithm>

#include "query/text.h"
#include "report/format.h"
#include "report/launch_script.h"
#include "report/shell.h"
#include "report/view.h"
#include "speed/speculation.h"

namespace qwenfit {
namespace {

/// `-hf REPO:QUANT` finds the file when its name ends with the quant, in one part or in several.
bool found_by_tag(const Build& build) {
  if (build.file.empty() || build.in_parts) return true;
  return lower_case(build.file).ends_with("-" + lower_case(build.quant_name) + ".gguf");
}

void add_model(const LaunchInput& input, LaunchScript& script) {
  const Build& build = input.build();
  if (build.publisher == "ollama")
    return script.refuse(
        "files of Ollama's library run in Ollama alone: --launch ollama, or a quant of another publisher");
  if (build.repo.empty()) return script.option("-m", own_file(input, script));
  if (!is_repository(build.repo) || !is_tag(build.quant_name))
    return script.refuse(fmt::format("\"{}\" is not the name of a repository", clean(build.repo)));
  if (found_by_tag(build)) return script.option("-hf", build.repo + ":" + build.quant_name);
  if (!is_file_path(build.file)) return script.refuse(std::string(kNoShellName));
  script.option("-hf", build.repo);
  script.option("-hff", build.file);
}

/// A share to single precision, in which llama.cpp reads it, without an exponent, which people would not
/// read.
std::string share_text(double share) {
  constexpr double kLeastPlain = 1e-4;
  return share == 0 || share >= kLeastPlain ? fmt::format("{:.9g}", share) : fmt::format("{:.15f}", share);
}

/// Devices that llama.cpp is given, by index.
std::vector<std::size_t> devices_given(const LaunchInput& input) {
  std::vector<std::size_t> given;
  for (std::size_t row = 0; row < input.question.machine.devices.size(); ++row) {
    if (input.answer.estimate.devices[row].in_use) given.push_back(row);
  }
  return given;
}

/// `CUDA1 NVIDIA GeForce RTX 3090 at PCIe 3.0 x1`; without names of the back end the card alone.
std::string numbered(const Device& device, std::size_t row) {
  const std::string name =
      device.links.empty() ? device.name : fmt::format("{} at {}", device.name, device.links);
  return device.backend_name.empty() ? name : fmt::format("{}{} {}", device.backend_name, row, name);
}

bool alike(const Machine& machine) {
  const auto& devices = machine.devices;
  return device_groups(machine).size() < 2 &&
         std::all_of(devices.begin(), devices.end(), [&](const Device& d) {
           return d.host_link_bytes_per_s == devices.front().host_link_bytes_per_s;
         });
}

/// Keeps devices without a layer from llama.cpp, which would start on each.
void add_devices(const LaunchInput& input, const std::vector<std::size_t>& given, LaunchScript& script) {
  const auto& devices = input.question.machine.devices;
  std::string names;
  for (const std::size_t row : given)
    names += fmt::format("{}{}{}", names.empty() ? "" : ",", devices[row].backend_name, row);
  if (given.size() < devices.size()) script.option("-dev", names);
  if (alike(input.question.machine)) return;
  std::string order;
  for (std::size_t row = 0; row < devices.size(); ++row)
    order += (order.empty() ? "" : ", ") + numbered(devices[row], row);
  script.comment("this is for devices in this order, see llama-server --list-devices: " + order);
}

/// Shares of the devices in `given`. Without one that was forced to have a share the others' mean other
/// layers: their numbers of layers stand for them then.
std::vector<double> shares_of(const LaunchInput& input, const std::vector<std::size_t>& given) {
  std::vector<double> shares = input.placement().tensor_split;
  double missing = 0;
  for (std::size_t row = 0, next = 0; row < shares.size(); ++row) {
    const bool is_given = next < given.size() && given[next] == row;
    if (is_given) ++next;
    missing += is_given ? 0 : shares[row];
  }
  if (missing > 0) {
    const auto layers = layers_by_device(input.answer);
    shares.assign(layers.begin(), layers.end());
  }
  std::vector<double> of_given;
  of_given.reserve(given.size());
  for (const std::size_t row : given) of_given.push_back(shares.at(row));
  return of_given;
}

void add_split(const LaunchInput& input, LaunchScript& script) {
  if (input.question.machine.devices.size() < 2) return;
  const auto given = devices_given(input);
  add_devices(input, given, script);
  const Settings& s = input.settings();
  const bool sliced = s.split_mode == SplitMode::tensor;
  if (sliced) script.option("-sm", split_mode_id(s.split_mode));
  // Without -ts a split by tensor is even.
  if ((sliced && s.forced.tensor_split.empty()) || given.size() < 2) return;
  std::string shares;
  for (const double share : shares_of(input, given))
    shares += (shares.empty() ? "" : ",") + share_text(share);
  script.option("-ts", shares);
}

void add_placement(const LaunchInput& input, LaunchScript& script) {
  if (input.question.machine.devices.empty()) return script.option("-dev", "none");
  const Placement& p = input.placement();
  const std::uint32_t all = all_gpu_layers(input.answer);
  script.option("-ngl", p.gpu_layers >= all ? std::max(all, kAllLayers) : p.gpu_layers);
  if (p.cpu_moe_layers > 0) script.option("-ncmoe", p.cpu_moe_layers);
  add_split(input, script);
  if (p.cache_in_ram) script.option("-nkvo");
}

void add_vision(const LaunchInput& input, LaunchScript& script) {
  if (!input.answer.subject->model.vision) return;
  if (!input.settings().vision) return script.option("--no-mmproj");
  if (!input.build().repo.empty()) return;
  script.option("-mm", "mmproj-F16.gguf");
  if (input.build().basis == TensorBasis::file) script.comment("put in your own mmproj file");
}

}  // namespace

void build_llama_cpp(const LaunchInput& input, LaunchScript& script) {
  const Settings& s = input.settings();
  script.program("llama-server");
  add_model(input, script);
  script.option("-c", s.context);
  add_placement(input, script);
  script.option("-np", s.parallel);
  if (s.parallel > 1) script.option("-kvu");
  if (s.kv_k != TensorType::f16) script.option("-ctk", tensor_type(s.kv_k).id);
  if (s.kv_v != TensorType::f16) script.option("-ctv", tensor_type(s.kv_v).id);
  script.option("-fa", s.flash_attention ? "on" : "off");
  if (s.ubatch != Settings{}.ubatch) script.option("-ub", s.ubatch);
  // A micro-batch is never larger than the batch.
  if (s.ubatch > input.runtime.default_batch) script.option("-b", s.ubatch);
  script.option("-fit", "off");
  if (s.mtp) {
    script.option("--spec-type", "draft-mtp");
    script.option("--spec-draft-n-max", drafted_tokens(input.runtime));
  }
  add_vision(input, script);
}

}  // namespace qwenfit
