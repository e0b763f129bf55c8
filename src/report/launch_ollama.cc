#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "report/format.h"
#include "report/launch_script.h"
#include "report/shell.h"
#include "report/view.h"
#include "speed/speculation.h"

namespace qwenfit {
namespace {

constexpr std::string_view kModelfile = "Modelfile", kServer = "ollama serve";

/// What a Modelfile names after FROM; none, with the reason told, where Ollama cannot fetch it.
std::optional<std::string> source_of(const LaunchInput& input, LaunchScript& script) {
  const Build& build = input.build();
  const auto refuse = [&](std::string why) {
    script.refuse(std::move(why));
    return std::nullopt;
  };
  if (build.publisher == "ollama") {
    const auto colon = build.file.find(':');
    const bool tag = colon != std::string::npos && is_tag(build.file.substr(0, colon)) &&
                     is_tag(build.file.substr(colon + 1));
    return tag ? std::optional(build.file)
               : refuse(fmt::format("\"{}\" is not a tag of Ollama's library", clean(build.file)));
  }
  if (build.format != "gguf")
    return refuse("Ollama takes this format from its own library alone; GGUF files run from anywhere");
  if (build.repo.empty()) {
    if (build.in_parts)
      return refuse(
          "the file comes in several parts, which Ollama does not load: merge them first, or use llama.cpp");
    const std::string file = own_file(input, script);
    if (script.refused()) return std::nullopt;
    if (file.find(' ') != std::string::npos)
      return refuse("the file has no name that a Modelfile could take");
    return file.front() == '/' ? file : "./" + file;
  }
  if (!is_repository(build.repo) || !is_tag(build.quant_name))
    return refuse(fmt::format("\"{}\" is not the name of a repository", clean(build.repo)));
  if (build.in_parts)
    return refuse(
        "this build comes in several files, which Ollama does not fetch: merge them first, or use " +
        std::string("llama.cpp, which does"));
  return "hf.co/" + build.repo + ":" + build.quant_name;
}

/// Settings of the server process, which `ollama run` cannot pass on.
void add_server_settings(const LaunchInput& input, LaunchScript& script) {
  const Settings& s = input.settings();
  const bool gguf = input.build().format == "gguf";
  script.check(kServer, "OLLAMA_NUM_PARALLEL", std::to_string(s.parallel));
  if (s.kv_k != s.kv_v) script.refuse("Ollama has one cache type for keys and values: --kv TYPE");
  const std::string_view type = input.kv_name(s.kv_k);
  if (!gguf) {
    if (type == kNoCache) script.refuse("Ollama has no such cache for this format; drop --kv");
    return;
  }
  std::string wanted;
  const auto want = [&](std::string_view name, std::string_view value) {
    script.check(kServer, name, value);
    wanted += fmt::format("{}{}={}", wanted.empty() ? "" : " ", name, value);
  };
  const bool usual_cache = s.kv_k == TensorType::f16;
  if (!usual_cache) want("OLLAMA_KV_CACHE_TYPE", type == kNoCache ? tensor_type(s.kv_k).id : type);
  const auto& devices = input.question.machine.devices;
  const auto is_integrated = [](const Device& d) {
    return d.kind == DeviceKind::unified && d.rules != ComputeRules::metal;
  };
  if (std::any_of(devices.begin(), devices.end(), is_integrated)) want("OLLAMA_IGPU_ENABLE", "1");
  if (!usual_cache || !s.flash_attention) want("OLLAMA_FLASH_ATTENTION", s.flash_attention ? "1" : "0");
  if (!wanted.empty()) script.comment("the server must run with: " + wanted);
}

/// Lines of the Modelfile after the first.
void add_parameters(const LaunchInput& input, LaunchScript& script) {
  const Settings& s = input.settings();
  const auto add = [&](std::string_view name, std::uint64_t value) {
    script.check(kModelfile, name, std::to_string(value));
    script.word(fmt::format("PARAMETER {} {}", name, value));
  };
  add("num_ctx", s.context);
  if (input.build().format != "gguf") return;
  const Placement& p = input.placement();
  const std::uint32_t all = all_gpu_layers(input.answer);
  if (p.cpu_moe_layers > 0 || p.cache_in_ram) {
    script.comment("Ollama itself chooses what goes to system RAM");
  } else {
    const bool none = input.question.machine.devices.empty();
    add("num_gpu", none ? 0 : p.gpu_layers >= all ? std::max(all, kAllLayers) : p.gpu_layers);
  }
  if (input.question.machine.devices.size() > 1)
    script.comment("Ollama itself deals the layers to the devices, or takes one that holds them all");
  add("num_batch", s.ubatch);
  if (s.mtp) add("draft_num_predict", drafted_tokens(input.runtime));
}

}  // namespace

void build_ollama(const LaunchInput& input, LaunchScript& script) {
  const auto source = source_of(input, script);
  const std::string name =
      fmt::format("qwenfit-{}-{}", input.answer.subject->model.id, input.build().quant_id);
  if (!source || !is_tag(name)) return script.refuse("the model has no name that Ollama could take");
  const std::string file = "Modelfile." + name;
  add_server_settings(input, script);
  script.program("printf");
  script.word("%s\\n");
  script.word("FROM " + *source);
  add_parameters(input, script);
  script.raw("> " + shell_word(file));
  script.program("ollama create");
  script.word(name);
  script.option("-f", file);
  script.program("ollama run");
  script.word(name);
}

}  // namespace qwenfit
