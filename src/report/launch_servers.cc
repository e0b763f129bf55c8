#include <fmt/format.h>

#include "model/weight_table.h"
#include "report/format.h"
#include "report/launch_script.h"
#include "report/shell.h"
#include "speed/speculation.h"

/// Servers that load whole repositories: mlx_lm, mlx_vlm, vLLM and SGLang.
namespace qwenfit {
namespace {

constexpr std::string_view kReasoningParser = "qwen3";

bool check_cache(const LaunchInput& input, LaunchScript& script) {
  const Settings& s = input.settings();
  if (s.kv_k != s.kv_v) {
    script.refuse(fmt::format("{} has one cache type for keys and values: --kv TYPE", input.runtime.name));
  } else if (input.kv_name(s.kv_k) == kNoCache) {
    script.refuse(fmt::format("{} has no {} cache", input.runtime.name, tensor_type(s.kv_k).id));
  }
  return !script.refused();
}

std::string gpu_server_model(const LaunchInput& input, LaunchScript& script) {
  const Placement& p = input.placement();
  if (input.answer.estimate.verdict == Verdict::offload || p.cpu_moe_layers > 0 || p.cache_in_ram)
    script.refuse(
        fmt::format("{} keeps the whole model on GPUs here, and it does not fit there", input.runtime.name));
  return repository_of(input, script);
}

void add_devices(const LaunchInput& input, LaunchScript& script) {
  const std::size_t devices = input.question.machine.devices.size();
  if (devices < 2) return;
  script.option("--tensor-parallel-size", devices);
}

/// The share of each GPU that the figures were worked out with.
void add_memory_fraction(std::string_view option, const LaunchInput& input, LaunchScript& script) {
  const auto& fraction = input.answer.estimate.memory_fraction;
  if (fraction) script.option(option, fmt::format("{:.3g}", *fraction));
}

/// Makes the quant of the original model, which it downloads. Returns the folder it is in.
std::string convert(const LaunchInput& input, LaunchScript& script) {
  const Model& model = input.answer.subject->model;
  const Conversion& conversion = *input.build().conversion;
  const bool vision = input.settings().vision;
  // The two tools make different folders of one model.
  std::string folder = model.id + "-" + input.build().quant_id + (vision ? "-vision" : "");
  const bool here = !model.folder.empty();
  if (here && !is_own_path(model.folder)) script.refuse(std::string(kNoShellName));
  if ((!here && !is_repository(model.repo)) || !is_tag(folder)) {
    script.refuse(fmt::format("\"{}\" is not the name of a repository", clean(model.repo)));
    return folder;
  }
  const Bytes download = mul(parameter_count(model.architecture, true), row_bytes(TensorType::bf16, 1));
  const std::string_view tool = vision ? "mlx_vlm.convert" : "mlx_lm.convert";
  script.comment(fmt::format(
      "{} makes the folder {} of the original{}, where it is not there yet", tool, folder,
      here ? ""
           : fmt::format(", {} GB to download", gb(add(download, input.answer.subject->projector.weights)))));
  script.program(tool);
  script.makes(folder);
  script.option("--hf-path", here ? model.folder : model.repo);
  script.option("--mlx-path", folder);
  script.option("-q");
  script.option("--q-mode", conversion.mode);
  script.option("--q-bits", conversion.bits);
  script.option("--q-group-size", conversion.group);
  return folder;
}

}  // namespace

void build_mlx(const LaunchInput& input, LaunchScript& script) {
  const Settings& s = input.settings();
  const std::string repo = input.build().conversion ? convert(input, script) : repository_of(input, script);
  if (script.refused() || !check_cache(input, script)) return;
  script.comment(
      fmt::format("these servers set no limit to the context: the figures are for {} tokens", s.context));
  script.program(s.vision ? "mlx_vlm.server" : "mlx_lm.server");
  script.option("--model", repo);
  if (s.vision) return script.option("--max-num-seqs", s.parallel);
  script.option("--decode-concurrency", s.parallel);
  script.option("--prompt-concurrency", s.parallel);
  script.option("--prompt-cache-size", s.parallel);
}

void build_vllm(const LaunchInput& input, LaunchScript& script) {
  const Settings& s = input.settings();
  const std::string repo = gpu_server_model(input, script);
  if (script.refused() || !check_cache(input, script)) return;
  script.program("vllm serve");
  script.word(repo);
  if (input.build().from_original) script.option("--quantization", input.build().quant_id);
  script.option("--max-model-len", s.context);
  script.option("--max-num-seqs", s.parallel);
  add_devices(input, script);
  add_memory_fraction("--gpu-memory-utilization", input, script);
  if (const auto cache = input.kv_name(s.kv_k); cache != "auto") script.option("--kv-cache-dtype", cache);
  if (s.mtp) {
    script.option("--speculative-config", fmt::format(R"({{"method":"mtp","num_speculative_tokens":{}}})",
                                                      drafted_tokens(input.runtime)));
  }
  if (!s.vision && input.answer.subject->model.vision) script.option("--language-model-only");
  script.option("--reasoning-parser", kReasoningParser);
}

void build_sglang(const LaunchInput& input, LaunchScript& script) {
  const Settings& s = input.settings();
  const std::string repo = gpu_server_model(input, script);
  if (script.refused() || !check_cache(input, script)) return;
  script.program("python -m sglang.launch_server");
  script.option("--model-path", repo);
  if (input.build().from_original) script.option("--quantization", input.build().quant_id);
  script.option("--context-length", s.context);
  script.option("--max-running-requests", s.parallel);
  add_devices(input, script);
  add_memory_fraction("--mem-fraction-static", input, script);
  if (const auto cache = input.kv_name(s.kv_k); cache != "auto") script.option("--kv-cache-dtype", cache);
  const auto& pools = input.runtime.pools;
  const std::uint64_t drafts = s.mtp && pools ? pools->draft_tokens : 0;
  if (pools && input.answer.subject->model.architecture.conv_kernel > 0)
    script.option("--max-mamba-cache-size", s.parallel * (pools->states_per_request + drafts));
  if (drafts > 1) {
    script.option("--speculative-algorithm", "NEXTN");
    script.option("--speculative-num-steps", drafted_tokens(input.runtime));
    script.option("--speculative-eagle-topk", 1);
    script.option("--speculative-num-draft-tokens", drafts);
    script.option("--mamba-radix-cache-strategy", "extra_buffer");
    constexpr std::uint64_t kDraftPage = 64;  // tokens; what drafting asks for with this strategy
    script.option("--page-size", kDraftPage);
  }
  if (!s.vision && input.answer.subject->model.vision) script.option("--language-model-only");
  script.option("--reasoning-parser", kReasoningParser);
}

}  // namespace qwenfit
