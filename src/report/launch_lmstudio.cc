#include <fmt/format.h>

#include <cmath>

#include "report/format.h"
#include "report/launch_script.h"
#include "report/shell.h"
#include "report/view.h"

namespace qwenfit {
namespace {

constexpr std::string_view kHub = "https://huggingface.co/";

/// Share of the layers on GPUs; rounded down, so that no more go there than were counted.
std::string share_of_layers(const LaunchInput& input) {
  if (input.question.machine.devices.empty()) return "off";
  if (input.all_layers_on_gpus()) return "max";
  const double all = all_gpu_layers(input.answer);
  return fmt::format("{:.3f}", std::floor(1000.0 * input.placement().gpu_layers / all) / 1000.0);
}

/// What `lms load` has no option for.
void add_app_settings(const LaunchInput& input, LaunchScript& script) {
  if (input.build().format != "gguf") return;
  const Settings& s = input.settings();
  std::string wanted = fmt::format("Max Concurrent Predictions {}", s.parallel);
  if (s.kv_k != TensorType::f16) wanted += fmt::format(", K cache {}", tensor_type(s.kv_k).id);
  if (s.kv_v != TensorType::f16) wanted += fmt::format(", V cache {}", tensor_type(s.kv_v).id);
  if (!s.flash_attention) wanted += ", flash attention off";
  if (s.ubatch != Settings{}.ubatch) wanted += fmt::format(", evaluation batch {}", s.ubatch);
  const Placement& p = input.placement();
  if (p.cpu_moe_layers > 0) wanted += fmt::format(", experts of {} layers on the CPU", p.cpu_moe_layers);
  if (p.cache_in_ram) wanted += ", KV cache not on the GPU";
  if (input.question.machine.devices.size() > 1) {
    wanted += ", layers by device:";
    const auto layers = layers_by_device(input.answer);
    for (std::size_t row = 0; row < layers.size(); ++row)
      wanted += fmt::format("{} {} on {}", row == 0 ? "" : ",", layers[row],
                            input.question.machine.devices[row].name);
  }
  script.comment("set in the app, lms has no options for it: " + wanted);
}

}  // namespace

void build_lmstudio(const LaunchInput& input, LaunchScript& script) {
  const Build& build = input.build();
  const bool gguf = build.format == "gguf";
  if (gguf && build.publisher == "ollama")
    return script.refuse("files of Ollama's library run in Ollama alone: --launch ollama");
  const std::string repo = gguf ? build.repo : repository_of(input, script);
  if (script.refused()) return;
  if (repo.empty())
    return script.refuse("no repository of this build is known; lms import takes your own file");
  if (!gguf && repo == input.answer.subject->model.folder)
    return script.refuse("LM Studio fetches repositories of Hugging Face; for a folder use --launch mlx");
  if (!is_repository(repo) || (gguf && !is_tag(build.quant_name)))
    return script.refuse(fmt::format("\"{}\" is not the name of a repository", clean(repo)));
  if (!gguf && input.kv_name(input.settings().kv_k) == kNoCache)
    return script.refuse("LM Studio has no such cache for this format; drop --kv");
  if (!build.file.empty() && !is_file_path(build.file)) return script.refuse(std::string(kNoShellName));
  add_app_settings(input, script);
  script.program("lms get");
  script.word(std::string(kHub) + repo + (gguf ? "@" + build.quant_name : ""));
  script.option(gguf ? "--gguf" : "--mlx");
  script.option("--yes");
  script.program("lms load");
  script.word(gguf && !build.file.empty() ? repo + "/" + build.file : repo);
  script.option("--gpu", share_of_layers(input));
  script.option("--context-length", input.settings().context);
  script.option("--yes");
}

}  // namespace qwenfit
