#include "report/launch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/format.h"
#include "report/launch_script.h"
#include "report/shell.h"
#include "report/view.h"

namespace qwenfit {
namespace {

struct Builder {
  std::string_view runtime;
  void (*build)(const LaunchInput&, LaunchScript&);
};
constexpr auto kBuilders = std::to_array<Builder>({
    {"llama.cpp", build_llama_cpp},
    {"ollama", build_ollama},
    {"lmstudio", build_lmstudio},
    {"mlx", build_mlx},
    {"vllm", build_vllm},
    {"sglang", build_sglang},
});

const RuntimeRow* runtime_row(std::string_view id, const CatalogInfo& info) {
  const auto found = std::find_if(info.runtimes.begin(), info.runtimes.end(),
                                  [&](const RuntimeRow& row) { return row.id == id; });
  return found != info.runtimes.end() ? &*found : nullptr;
}

/// `sudo sysctl ...` where the answer rests on a limit of GPU memory that the person gave for a Mac.
void raise_wired_limit(const Question& question, LaunchScript& script) {
  for (const Device& device : question.machine.devices) {
    if (device.rules != ComputeRules::metal || device.limit_basis != FactBasis::given) continue;
    const std::string mib = std::to_string(device.limit / kMiB);
    script.check("sysctl", "iogpu.wired_limit_mb", mib);
    script.program("sudo sysctl");
    script.word("iogpu.wired_limit_mb=" + mib);
    return;
  }
}

/// Runtimes that take no placement in words choose like llama.cpp only where there is nothing to choose.
bool places_alike(const LaunchInput& input) {
  const Estimate& e = input.answer.estimate;
  const Settings& s = input.settings();
  if (input.runtime.id == "llama.cpp") return true;
  const bool whole = input.question.machine.devices.empty() || input.all_layers_on_gpus();
  const bool plain = input.placement().cpu_moe_layers == 0 && !input.placement().cache_in_ram &&
                     input.question.machine.devices.size() <= 1 && whole;
  // They load the vision part too where a repository has one.
  const Bytes vision = s.vision ? 0 : input.answer.subject->projector.weights;
  const auto free = fullest(e).free();
  const bool room = !free || *free >= static_cast<SignedBytes>(vision);
  const bool same_cache = input.runtime.id == "ollama" || (s.kv_k == TensorType::f16 && s.kv_v == s.kv_k);
  const bool same_passes = input.runtime.id == "ollama" || s.ubatch == Settings{}.ubatch;
  return plain && room && same_cache && same_passes && (s.flash_attention || input.runtime.id == "ollama");
}

}  // namespace

bool LaunchInput::all_layers_on_gpus() const {
  return placement().gpu_layers >= all_gpu_layers(answer);
}

std::string_view LaunchInput::kv_name(TensorType type) const {
  for (const RuntimeKvType& known : runtime.kv_types) {
    const bool format =
        std::find(known.formats.begin(), known.formats.end(), build().format) != known.formats.end();
    if (known.type == type && (format || build().format == "gguf")) return known.name;
  }
  return kNoCache;
}

Launch launch(const Question& question, const Answer& answer, std::string_view runtime,
              const CatalogInfo& info) {
  const RuntimeRow* row = runtime_row(runtime, info);
  const auto builder = std::find_if(kBuilders.begin(), kBuilders.end(),
                                    [&](const Builder& b) { return b.runtime == runtime; });
  if (row == nullptr || builder == kBuilders.end())
    return {"", fmt::format("no command is known for {}", clean(runtime))};
  if (answer.estimate.guide_only) return {"", "this size was never released"};
  if (answer.estimate.verdict == Verdict::no_fit) return {"", "it does not fit"};
  const std::size_t devices = question.machine.devices.size() + question.machine.left_out;
  if (row->max_devices > 0 && devices > row->max_devices)
    return {"", fmt::format("{} takes at most {} GPUs at once: leave {} out", row->name, row->max_devices,
                            devices - row->max_devices)};
  LaunchScript script(info.runtime_options, runtime);
  const LaunchInput input{question, answer, *row};
  if (answer.settings.mtp && !row->mtp)
    script.refuse(fmt::format("{} does not draft with the MTP block; drop --mtp", row->name));
  raise_wired_limit(question, script);
  builder->build(input, script);
  if (question.machine.os == Os::windows && script.needs_shell())
    script.comment("for a POSIX shell such as Git Bash, not for PowerShell or cmd");
  return script.finish();
}

std::vector<std::pair<std::string_view, std::string>> launches(const Question& question, const Answer& answer,
                                                               const CatalogInfo& info) {
  std::vector<std::pair<std::string_view, std::string>> commands;
  const auto add = [&](std::string_view runtime) {
    std::string command = launch(question, answer, runtime, info).command;
    if (!command.empty()) commands.emplace_back(runtime, std::move(command));
  };
  const std::string& own = answer.settings.runtime;
  add(own);
  const auto takes_gguf = [](const RuntimeRow& row) {
    return std::find(row.formats.begin(), row.formats.end(), "gguf") != row.formats.end();
  };
  const RuntimeRow* own_row = runtime_row(own, info);
  if (answer.build->format != "gguf" || own_row == nullptr || !takes_gguf(*own_row)) return commands;
  for (const Builder& builder : kBuilders) {
    const RuntimeRow* row = runtime_row(builder.runtime, info);
    if (builder.runtime == own || row == nullptr || !takes_gguf(*row)) continue;
    if (places_alike({question, answer, *row})) add(row->id);
  }
  return commands;
}

std::string repository_of(const LaunchInput& input, LaunchScript& script) {
  const Build& build = input.build();
  // BF16, which the catalog lists among the GGUF files, and what a runtime makes of it.
  const bool original = build.format == "gguf" || build.from_original;
  const Model& model = input.answer.subject->model;
  if (original && !model.folder.empty()) {
    if (!is_own_path(model.folder)) script.refuse(std::string(kNoShellName));
    return model.folder;
  }
  const std::string& repo = original ? model.repo : build.repo;
  if (repo.empty()) {
    script.refuse(fmt::format(
        "no repository of {} in {} is known: {}", clean(model.name), clean(build.quant_name),
        model.folder.empty() ? "take another quant, which --quant all lists"
                             : "take --quant bf16, which is what its folder holds, or quantize it "
                               "yourself and put that folder in the command"));
  } else if (build.publisher == "ollama" && !original) {
    script.refuse("files of Ollama's library run in Ollama alone: --launch ollama");
  } else if (!is_repository(repo)) {
    script.refuse(fmt::format("\"{}\" is not the name of a repository", clean(repo)));
  }
  return repo;
}

std::string own_file(const LaunchInput& input, LaunchScript& script) {
  const Build& build = input.build();
  const bool was_read = build.basis == TensorBasis::file;
  std::string file =
      was_read ? build.file : input.answer.subject->model.name + "-" + build.quant_name + ".gguf";
  if (was_read ? !is_own_path(file) : !is_file_path(file)) script.refuse(std::string(kNoShellName));
  if (!was_read) script.comment("put in your own file: no repository of this build is known");
  return file;
}

}  // namespace qwenfit
