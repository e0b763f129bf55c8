#include "query/settings.h"

#include <algorithm>
#include <string>

#include "memory/tensor_slices.h"
#include "query/numbers.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// The model with the smallest known maximum context; none when no maximum is known.
const Model* tightest_model(const Question& question) {
  const Model* tightest = nullptr;
  for (const auto& subject : question.models) {
    const Model& model = subject.model;
    if (model.max_context > 0 && (!tightest || model.max_context < tightest->max_context)) tightest = &model;
  }
  return tightest;
}

Error above_maximum(std::string_view where, std::string_view typed, const Model& model) {
  return usage_error(where, std::string(where) + " " + in_quotes(typed) + " is more than " + model.name +
                                " takes; its maximum is " + std::to_string(model.max_context) + " tokens");
}

Result<bool> resolve_context(const Query& query, Question& question) {
  const Model* tightest = tightest_model(question);
  Settings& settings = question.settings;
  question.context_is_max = lower_case(trimmed(query.ctx)) == "max";
  if (!query.ctx.empty() && !question.context_is_max) {
    const auto tokens = parse_tokens(query.ctx, "--ctx", 1);
    if (!tokens) return tokens.error();
    if (tightest && *tokens > tightest->max_context) return above_maximum("--ctx", query.ctx, *tightest);
    settings.context = *tokens;
  } else if (query.ctx.empty() && (!tightest || tightest->max_context >= kDefaultContext)) {
    settings.context = kDefaultContext;
  }
  return true;
}

/// Depth and prompt: tokens that must find room in the context.
Result<bool> resolve_lengths(const Query& query, Question& question) {
  const Model* tightest = tightest_model(question);
  Settings& settings = question.settings;
  if (!query.depth.empty()) {
    const auto depth = parse_tokens(query.depth, "--depth", 0);
    if (!depth) return depth.error();
    const Tokens room = settings.context > 0 ? settings.context : tightest ? tightest->max_context : 0;
    if (*depth > room) {
      const bool beyond = tightest && *depth > tightest->max_context;
      return combination_error("--depth", "--depth " + in_quotes(query.depth) +
                                              " is more than the context of " + std::to_string(room) +
                                              " tokens; " +
                                              (beyond ? "use that at most, as " + tightest->name + " takes " +
                                                            std::to_string(tightest->max_context)
                                                      : std::string("raise --ctx")));
    }
    settings.depth = *depth;
  }
  constexpr Tokens kDefaultPrompt = 4096;
  settings.prompt = settings.context > 0 ? std::min(kDefaultPrompt, settings.context) : kDefaultPrompt;
  if (!query.prompt.empty()) {
    const auto prompt = parse_tokens(query.prompt, "--prompt", 1);
    if (!prompt) return prompt.error();
    if (tightest && *prompt > tightest->max_context) {
      const Tokens context = settings.context > 0 ? settings.context : tightest->max_context;
      return usage_error("--prompt", "--prompt " + in_quotes(query.prompt) + " is more than " +
                                         tightest->name + " takes; this context has room for " +
                                         std::to_string(context - settings.depth) + " tokens");
    }
    settings.prompt = *prompt;
  }
  const Tokens room = settings.context > settings.depth ? settings.context - settings.depth : 0;
  if (settings.context == 0 || settings.prompt <= room) return true;
  if (!query.prompt.empty()) {
    const bool beyond = tightest && settings.depth + settings.prompt > tightest->max_context;
    return combination_error("--prompt", "--prompt " + in_quotes(query.prompt) + " does not fit beside " +
                                             std::to_string(settings.depth) + " tokens in a context of " +
                                             std::to_string(settings.context) +
                                             (beyond ? "; lower one of them" : "; raise --ctx"));
  }
  settings.prompt = std::max<Tokens>(room, 1);
  return true;
}

Result<TensorType> kv_type(std::string_view typed, std::string_view where) {
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < static_cast<std::size_t>(TensorType::count); ++i) {
    const auto& row = tensor_type(static_cast<TensorType>(i));
    if (row.kv) known.push_back(row.id);
  }
  const std::string id = lower_case(trimmed(typed));
  if (std::find(known.begin(), known.end(), id) == known.end()) return value_error(where, typed, known);
  return *tensor_type_from_id(id);
}

Result<bool> resolve_cache(const Query& query, Settings& settings) {
  struct Choice {
    std::string_view where;
    const std::string& typed;
    bool k, v;
  };
  for (const Choice& choice :
       {Choice{"--kv", query.kv, true, true}, Choice{"--kv-k", query.kv_k, true, false},
        Choice{"--kv-v", query.kv_v, false, true}}) {
    if (choice.typed.empty()) continue;
    const auto type = kv_type(choice.typed, choice.where);
    if (!type) return type.error();
    if (choice.k) settings.kv_k = *type;
    if (choice.v) settings.kv_v = *type;
  }
  if (!query.flash_attn.empty()) {
    const std::string value = lower_case(trimmed(query.flash_attn));
    if (value != "on" && value != "off") return value_error("--flash-attn", query.flash_attn, {"on", "off"});
    settings.flash_attention = value == "on";
  }
  if (!settings.flash_attention && !is_float(settings.kv_v)) {
    return combination_error(
        query.kv_v.empty() ? "--kv" : "--kv-v",
        std::string("a quantized V cache needs flash attention: drop --flash-attn off, or use ") +
            (query.kv_v.empty() ? "--kv f16" : "--kv-v f16"));
  }
  return true;
}

/// Where models are kept unless told otherwise.
constexpr std::string_view kUsualStorage = "nvme-gen4";

Result<std::string> storage_id(std::string_view typed, const Catalog& catalog) {
  const std::string id = lower_case(trimmed(typed));
  std::vector<std::string_view> known;
  for (const auto& row : catalog.rows().storages) {
    if (row.id == id || std::find(row.aliases.begin(), row.aliases.end(), id) != row.aliases.end())
      return std::string(row.id);
    known.push_back(row.id);
  }
  return value_error("--storage", typed, known);
}

Result<bool> resolve_counts(const Query& query, const Catalog& catalog, Settings& settings) {
  if (!query.parallel.empty()) {
    const auto slots = parse_count(query.parallel, "--parallel", 1, kMostParallel);
    if (!slots) return slots.error();
    settings.parallel = *slots;
  }
  if (!query.ubatch.empty()) {
    const auto ubatch = parse_count(query.ubatch, "--ubatch", 1, kMostUbatch);
    if (!ubatch) return ubatch.error();
    settings.ubatch = *ubatch;
  }
  if (!query.storage.empty()) {
    const auto storage = storage_id(query.storage, catalog);
    if (!storage) return storage.error();
    settings.storage = *storage;
  } else if (!catalog.rows().storages.empty()) {
    settings.storage = kUsualStorage;
  }
  if (!query.split_mode.empty()) {
    const std::string mode = lower_case(trimmed(query.split_mode));
    if (mode != split_mode_id(SplitMode::layer) && mode != split_mode_id(SplitMode::tensor)) {
      return value_error("--split-mode", query.split_mode, {"layer", "tensor"});
    }
    settings.split_mode = mode == split_mode_id(SplitMode::tensor) ? SplitMode::tensor : SplitMode::layer;
  }
  if (!query.runtime.empty()) {
    const std::string id = lower_case(trimmed(query.runtime));
    std::vector<std::string_view> known;
    for (const auto& row : catalog.rows().runtimes) known.push_back(row.id);
    if (std::find(known.begin(), known.end(), id) == known.end())
      return value_error("--runtime", query.runtime, known);
    settings.runtime = id;
  }
  return true;
}

Result<bool> resolve_placement(const Query& query, Question& question) {
  ForcedPlacement& forced = question.settings.forced;
  const std::size_t devices = question.machine.devices.size();
  for (const auto& [where, typed] :
       {std::pair<std::string_view, const std::string&>{"--gpu-layers", query.gpu_layers},
        {"--cpu-moe", query.cpu_moe},
        {"--tensor-split", query.tensor_split}}) {
    if (!typed.empty() && devices == 0) {
      return combination_error(where,
                               std::string(where) + " needs a GPU, and this machine has none; drop it");
    }
  }
  if (!query.gpu_layers.empty()) {
    const auto layers = parse_layers(query.gpu_layers, "--gpu-layers");
    if (!layers) return layers.error();
    forced.gpu_layers = *layers;
  }
  if (!query.cpu_moe.empty()) {
    const auto layers = parse_layers(query.cpu_moe, "--cpu-moe");
    if (!layers) return layers.error();
    for (const auto& subject : question.models) {
      if (subject.model.kind == ModelKind::moe || *layers == 0) continue;
      return combination_error("--cpu-moe", "--cpu-moe moves experts, and " + subject.model.name +
                                                " has none; drop it, as --gpu-layers moves whole layers");
    }
    forced.cpu_moe_layers = *layers;
  }
  if (!query.tensor_split.empty()) {
    auto shares = parse_shares(query.tensor_split, "--tensor-split");
    if (!shares) return shares.error();
    if (shares->size() != devices) {
      return combination_error("--tensor-split", "--tensor-split gives " + std::to_string(shares->size()) +
                                                     " shares for " + std::to_string(devices) +
                                                     (devices == 1 ? " device" : " devices") +
                                                     "; give one per device");
    }
    forced.tensor_split = std::move(*shares);
  }
  return true;
}

/// Every layer and the output are on devices; an MTP block of the file goes along.
bool is_everything(std::uint32_t gpu_layers, const Question& question) {
  return std::all_of(question.models.begin(), question.models.end(),
                     [&](const Question::Answerable& s) { return gpu_layers > s.model.architecture.layers; });
}

/// llama.cpp's split by tensor has every layer on every device, and one kernel of attention. What asks for
/// just that forces nothing.
Result<bool> check_sliced(Question& question) {
  Settings& settings = question.settings;
  const bool sliced = settings.split_mode == SplitMode::tensor && settings.runtime == Settings{}.runtime;
  if (!sliced || question.machine.devices.size() < 2) return true;
  ForcedPlacement& forced = settings.forced;
  if (forced.gpu_layers && is_everything(*forced.gpu_layers, question)) forced.gpu_layers.reset();
  if (forced.cpu_moe_layers == 0U) forced.cpu_moe_layers.reset();
  for (const auto& [where, given] :
       {std::pair<std::string_view, bool>{"--gpu-layers", forced.gpu_layers.has_value()},
        {"--cpu-moe", forced.cpu_moe_layers.has_value()}}) {
    if (!given) continue;
    return combination_error(where,
                             std::string(where) +
                                 " is for a split by layer, and --split-mode tensor keeps every layer on all "
                                 "devices: drop one of them");
  }
  if (!can_cut_cache(settings.kv_k, settings.kv_v)) {
    return combination_error(
        "--split-mode",
        "llama.cpp stops at a split by tensor with this KV cache: use --kv f16, q8_0 or q4_0, "
        "or --split-mode layer");
  }
  if (settings.flash_attention) return true;
  return combination_error(
      "--split-mode",
      "a split by tensor needs flash attention: drop --flash-attn off, or use --split-mode layer");
}

/// Nothing is known of the layers of a size that was never released.
Result<bool> check_released(const Query& query, const Question& question) {
  const bool sliced =
      question.settings.split_mode == SplitMode::tensor && question.machine.devices.size() > 1;
  const std::string where = !query.gpu_layers.empty()     ? "--gpu-layers"
                            : !query.cpu_moe.empty()      ? "--cpu-moe"
                            : !query.tensor_split.empty() ? "--tensor-split"
                            : sliced                      ? "--split-mode"
                                                          : "";
  if (where.empty()) return true;
  for (const auto& subject : question.models) {
    if (subject.model.status != ModelStatus::guide_only) continue;
    return combination_error(
        where, subject.model.name + " was never released, so its layers are not known: drop " + where);
  }
  return true;
}

/// A share such as 0.7, or a kind of text whose usual share the catalog knows.
Result<double> parse_acceptance(std::string_view typed, const Catalog& catalog) {
  const std::string id = lower_case(trimmed(typed));
  std::string kinds;
  for (const DraftRow& row : catalog.rows().drafts) {
    if (row.id == id || std::find(row.aliases.begin(), row.aliases.end(), id) != row.aliases.end())
      return row.acceptance;
    kinds += " or " + std::string(row.id);
  }
  const auto share = parse_decimal(id);
  if (share && *share <= 1) return *share;
  return usage_error("--mtp-acceptance", "--mtp-acceptance takes a share from 0 to 1 such as 0.7" + kinds +
                                             ", not " + in_quotes(typed));
}

Result<bool> resolve_extras(const Query& query, const Catalog& catalog, Question& question) {
  Settings& settings = question.settings;
  settings.vision = query.vision;
  settings.mtp = query.mtp;
  if (!query.mtp_acceptance.empty()) {
    if (!query.mtp) {
      const bool drafts =
          std::all_of(question.models.begin(), question.models.end(),
                      [](const Question::Answerable& s) { return s.model.architecture.mtp_layers > 0; });
      return combination_error("--mtp-acceptance", std::string("--mtp-acceptance goes with --mtp; drop it") +
                                                       (drafts ? ", or add --mtp" : ""));
    }
    const auto share = parse_acceptance(query.mtp_acceptance, catalog);
    if (!share) return share.error();
    settings.mtp_acceptance = *share;
  }
  for (const auto& subject : question.models) {
    const Model& model = subject.model;
    if (query.vision && !model.vision) {
      return combination_error("--vision",
                               "no vision encoder is known for " + model.name + "; drop --vision");
    }
    if (query.mtp && model.architecture.mtp_layers == 0) {
      return combination_error("--mtp", "no MTP block is known for " + model.name + "; drop --mtp");
    }
  }
  return true;
}

}  // namespace

SplitMode usual_split(std::string_view runtime, const Catalog& catalog) {
  for (const RuntimeRow& row : catalog.rows().runtimes) {
    if (row.id == runtime) return row.split;
  }
  return SplitMode::layer;
}

Result<bool> resolve_settings(const Query& query, const Catalog& catalog, Question& question) {
  auto done = resolve_context(query, question);
  if (done) done = resolve_lengths(query, question);
  if (done) done = resolve_cache(query, question.settings);
  question.runtime_named = !query.runtime.empty();
  question.split_named = !query.split_mode.empty();
  if (done) done = resolve_counts(query, catalog, question.settings);
  if (done) done = resolve_placement(query, question);
  if (done) done = check_sliced(question);
  if (done) done = check_released(query, question);
  if (done) done = resolve_extras(query, catalog, question);
  return done;
}

}  // namespace qwenfit
