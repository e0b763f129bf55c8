#include "query/runtimes.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "memory/device_share.h"
#include "query/gpu_spec.h"
#include "query/runtime_hardware.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// The format that a runtime sees: published models themselves are BF16 safetensors, which the catalog lists
/// among the GGUF files.
std::string_view format_for(const RuntimeRow& row, const Build& build) {
  return contains(row.formats, build.format) || row.formats.empty() ? std::string_view(build.format)
                                                                    : row.formats.front();
}

Names backends_for(const RuntimeRow& row, std::string_view format) {
  return format == "gguf" ? row.gguf_backends : format == "mlx" ? row.mlx_backends : row.safetensors_backends;
}

std::string_view backend_of_machine(const Machine& machine) {
  return backend_id(machine.devices.empty() ? Backend::cpu : machine.devices.front().backend);
}

bool runs_here(const Question& question, const RuntimeRow& row, std::string_view format) {
  return contains(backends_for(row, format), backend_of_machine(question.machine));
}

/// "cuda or rocm, and this machine has metal".
std::string other_backends(const Question& question, const Names& backends) {
  std::vector<std::string> names;
  for (const auto backend : backends) {
    if (backend != backend_id(Backend::generic)) names.emplace_back(backend);
  }
  return choice_of(names) + ", and this machine has " + std::string(backend_of_machine(question.machine));
}

/// The first hint that there is.
std::string first_of(const std::vector<std::function<std::string()>>& hints) {
  for (const auto& hint : hints) {
    if (std::string text = hint(); !text.empty()) return text;
  }
  return "";
}

/// Some format of the runtime runs on this machine.
Result<bool> check_platform(const Question& question, const RuntimeRow& row, const Instead& instead) {
  if (row.formats.empty() ||
      std::any_of(row.formats.begin(), row.formats.end(),
                  [&](std::string_view format) { return runs_here(question, row, format); }))
    return true;
  const std::string_view format = row.formats.front();
  const Names backends = backends_for(row, format);
  return combination_error(
      "--runtime",
      with_hints(std::string(row.name) + " runs " + std::string(format) + " files on " +
                     other_backends(question, backends),
                 {first_of({[&] { return instead.backend(backends); }, [&] { return instead.runtime(); }})}));
}

/// The runtime runs this file's format here.
Result<bool> check_format(const Question& question, const RuntimeRow& row, const Build& build,
                          const Instead& instead) {
  const std::string_view format = format_for(row, build);
  if (runs_here(question, row, format)) return true;
  const Names backends = backends_for(row, format);
  const std::string on = other_backends(question, backends);
  if (!question.runtime_named) {
    return combination_error("--quant", with_hints(build.quant_name + " files run on " + on,
                                                   {instead.backend(backends), instead.quant()}));
  }
  return combination_error(
      "--runtime",
      with_hints(std::string(row.name) + " runs " + std::string(format) + " files on " + on,
                 {first_of({[&] { return instead.backend(backends); }, [&] { return instead.quant(); },
                            [&] { return instead.runtime(); }})}));
}

Result<bool> check_forced(const Query& query, const RuntimeRow& row, const Instead& instead) {
  struct Option {
    std::string_view id;
    const std::string& typed;
  };
  for (const Option& o : {Option{"gpu-layers", query.gpu_layers}, Option{"cpu-moe", query.cpu_moe},
                          Option{"tensor-split", query.tensor_split}}) {
    if (o.typed.empty() || contains(row.forced, o.id)) continue;
    const std::string where = "--" + std::string(o.id);
    return combination_error(where, with_hints(std::string(row.name) + " has no option for " + where,
                                               {"drop it", instead.runtime()}));
  }
  if (row.memory_model == MemoryModel::llama_cpp) return true;
  for (const Option& o : {Option{"ubatch", query.ubatch}, Option{"flash-attn", query.flash_attn}}) {
    if (o.typed.empty()) continue;
    const std::string where = "--" + std::string(o.id);
    return combination_error(where,
                             where + " is a setting of llama.cpp: drop it for " + std::string(row.name));
  }
  return true;
}

Result<bool> check_split(const Question& question, const RuntimeRow& row) {
  if (!question.split_named || question.machine.devices.size() < 2) return true;
  const SplitMode mode = question.settings.split_mode;
  const std::string_view backend = backend_of_machine(question.machine);
  if (mode == SplitMode::tensor ? contains(row.tensor_parallel, backend) : row.layer_split) return true;
  const std::string where =
      mode == SplitMode::tensor && !row.tensor_parallel.empty() ? " on " + std::string(backend) : "";
  return combination_error("--split-mode", std::string(row.name) + " does not split a model by " +
                                               std::string(split_mode_id(mode)) + where +
                                               ": drop --split-mode");
}

Result<bool> check_row(const Query& query, const Question& question, const RuntimeRow& row,
                       const Instead& instead) {
  Result<bool> done = check_forced(query, row, instead);
  if (done) done = check_split(question, row);
  if (!done) return done;
  if (row.max_sequences > 0 && question.settings.parallel > row.max_sequences) {
    const std::string most = std::to_string(row.max_sequences);
    const bool one = row.max_sequences == 1;
    return combination_error(
        "--parallel",
        with_hints(std::string(row.name) + " runs these models with " +
                       (one ? "1 sequence" : "at most " + most + " sequences") + " at a time",
                   {one ? "drop --parallel" : "use --parallel " + most + " or less", instead.runtime()}));
  }
  if (query.mtp && !row.mtp) {
    return combination_error(
        "--mtp", with_hints("drafting with the MTP block is not known to work in " + std::string(row.name),
                            {"drop --mtp", instead.runtime()}));
  }
  return true;
}

Result<bool> check_cache(const Query& query, const Settings& settings, const RuntimeRow& row,
                         std::string_view format, const Instead& instead) {
  const auto takes = [&](TensorType type) {
    return std::any_of(row.kv_types.begin(), row.kv_types.end(), [&](const RuntimeKvType& kv) {
      return kv.type == type && contains(kv.formats, format);
    });
  };
  const auto known = [&] {
    std::vector<std::string> ids;
    for (const RuntimeKvType& kv : row.kv_types) {
      if (contains(kv.formats, format)) ids.emplace_back(tensor_type(kv.type).id);
    }
    return ids;
  };
  const std::string_view where_k = query.kv_k.empty() ? "--kv" : "--kv-k";
  const std::string_view where_v = query.kv_v.empty() ? "--kv" : "--kv-v";
  for (const auto& [where, type] : {std::pair{where_k, settings.kv_k}, std::pair{where_v, settings.kv_v}}) {
    if (takes(type)) continue;
    return combination_error(
        where, with_hints(std::string(row.name) + " takes no " + std::string(tensor_type(type).id) +
                              " cache for these models",
                          {instead.cache(row.kv_same ? "--kv" : where, known())}));
  }
  if (row.kv_same && settings.kv_k != settings.kv_v) {
    return combination_error(
        query.kv_v.empty() ? where_k : where_v,
        with_hints(std::string(row.name) + " has one type for K and V", {instead.cache("--kv", known())}));
  }
  return true;
}

/// Servers give several devices a copy of a KV head; llama.cpp has no slice for the others then.
bool repeats_kv(const RuntimeRow& row) {
  return row.memory_model != MemoryModel::llama_cpp;
}

/// Numbers of devices that can divide the heads of a model.
std::vector<std::uint32_t> counts_that_work(const Architecture& a, const RuntimeRow& row) {
  std::vector<std::uint32_t> counts;
  for (std::uint32_t n = 1; n <= kMostDevices; ++n) {
    if (heads_divide(a, n, repeats_kv(row))) counts.push_back(n);
  }
  return counts;
}

/// Another split of the same devices, where the split was named.
std::string other_split(const Question& question, const Instead& instead) {
  const bool layer =
      question.split_named && instead.works([](Query& q) { q.split_mode = split_mode_id(SplitMode::layer); });
  return layer ? "use --split-mode layer" : "";
}

Result<bool> check_heads(const Question& question, const Settings& settings, const Model& model,
                         const RuntimeRow& row, const Instead& instead) {
  const auto devices = static_cast<std::uint32_t>(question.machine.devices.size());
  const Architecture& a = model.architecture;
  if (devices < 2 || settings.split_mode != SplitMode::tensor || a.layers == 0 ||
      heads_divide(a, devices, repeats_kv(row)))
    return true;
  std::string heads = std::to_string(a.heads) + " attention heads and " + std::to_string(a.kv_heads) + " KV";
  if (a.linear_value_heads > 0) {
    heads += ", " + std::to_string(a.linear_key_heads) + " and " + std::to_string(a.linear_value_heads) +
             " of linear attention";
  }
  const std::string why = std::string(row.name) + " divides the heads of " + model.name + " (" + heads +
                          ") among the devices, and " + std::to_string(devices) + " do not divide them";
  return combination_error(question.split_named ? "--split-mode" : "--gpu",
                           with_hints(why, {instead.devices(counts_that_work(a, row)),
                                            other_split(question, instead), instead.runtime()}));
}

/// Weights quantized in groups (or blocks of rows) that a device's share of a matrix must hold whole.
std::uint32_t group_of(const Build& build, const Catalog& catalog) {
  const QuantRow* quant = catalog.quant_by_id(build.quant_id);
  return quant != nullptr && quant->rule ? std::max(quant->rule->group, quant->rule->block_rows) : 0;
}

Result<bool> check_groups(const Question& question, const Settings& settings, const Model& model,
                          const Build& build, const RuntimeRow& row, const Instead& instead,
                          const Catalog& catalog) {
  const auto devices = static_cast<std::uint32_t>(question.machine.devices.size());
  if (devices < 2 || settings.split_mode != SplitMode::tensor) return true;
  const std::uint32_t group = group_of(build, catalog);
  const Architecture& a = model.architecture;
  const std::uint32_t width = a.is_moe() ? a.expert_feed_forward : a.feed_forward;
  if (group == 0 || width % group != 0 || width / group % devices == 0) return true;
  std::vector<std::uint32_t> counts;
  for (std::uint32_t n = 1; n < devices; ++n) {
    if (heads_divide(a, n, repeats_kv(row)) && width / group % n == 0) counts.push_back(n);
  }
  const std::string why = build.quant_name + " quantizes " + std::to_string(group) +
                          " weights together, and a feed-forward width of " + std::to_string(width) + " in " +
                          model.name + " has " + std::to_string(width / group) + " such groups, which " +
                          std::to_string(devices) + " devices of " + std::string(row.name) + " cannot share";
  return combination_error(
      question.split_named ? "--split-mode" : "--gpu",
      with_hints(why, {instead.devices(counts), other_split(question, instead), instead.quant()}));
}

}  // namespace

const RuntimeRow* find_runtime(std::string_view id, const Catalog& catalog) {
  for (const RuntimeRow& row : catalog.rows().runtimes) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

Result<bool> check_runtime(const Query& query, const Question& question, const Catalog& catalog,
                           const Trial& trial) {
  const RuntimeRow* row = question.runtime_named ? find_runtime(question.settings.runtime, catalog) : nullptr;
  if (row == nullptr) return true;
  const Instead instead(query, catalog, trial);
  Result<bool> runs = check_platform(question, *row, instead);
  if (runs) runs = check_hardware(question, *row, instead, catalog);
  return runs ? check_row(query, question, *row, instead) : runs;
}

Result<bool> check_build(const Query& query, const Question& question, const Settings& settings,
                         const Model& model, const Build& build, const Catalog& catalog, const Trial& trial) {
  const RuntimeRow* row = find_runtime(settings.runtime, catalog);
  if (row == nullptr) return true;
  const Instead instead(query, catalog, trial);
  const std::string_view format = format_for(*row, build);
  Result<bool> done = check_format(question, *row, build, instead);
  if (done) done = check_hardware(question, *row, instead, catalog);
  if (done) done = check_quant_hardware(question, model, build, *row, instead, catalog);
  if (done) done = check_row(query, question, *row, instead);
  if (done) done = check_cache(query, settings, *row, format, instead);
  if (done) done = check_heads(question, settings, model, *row, instead);
  if (done) done = check_groups(question, settings, model, build, *row, instead, catalog);
  return done;
}

bool always_loads_vision(const Settings& settings, const Model& model, const Build& build,
                         const Catalog& catalog) {
  const RuntimeRow* row = find_runtime(settings.runtime, catalog);
  if (row == nullptr || row->vision != VisionLoading::bundled || !model.vision) return false;
  // A repository brings its projector along; the library's files hold theirs.
  if (build.format == "gguf" && build.publisher != row->id && !build.repo.empty()) return true;
  const auto published = catalog.builds_of(model.id, build.quant_id);
  return std::any_of(published.begin(), published.end(),
                     [&](const BuildRow* b) { return b->publisher == build.publisher && b->bundles_vision; });
}

std::shared_ptr<const RuntimeRules> rules_of(const Machine& machine, const Settings& settings,
                                             const Build& build, const Catalog& catalog) {
  const RuntimeRow* row = find_runtime(settings.runtime, catalog);
  const bool is_llama_cpp = row == nullptr || (row->id == row->kernels && !row->growing &&
                                               row->memory_model == MemoryModel::llama_cpp);
  if (is_llama_cpp) return nullptr;
  auto rules = std::make_shared<RuntimeRules>();
  rules->id = row->id;
  rules->name = row->name;
  rules->source = row->source;
  rules->memory = row->memory_model;
  rules->paged = row->paged.value_or(PagedRule{});
  rules->pools = row->pools.value_or(PoolsRule{});
  rules->growing = row->growing.value_or(GrowingRule{});
  if (format_for(*row, build) == "mlx" && row->growing) rules->memory = MemoryModel::growing;
  rules->offloads = row->layer_offload;
  rules->one_device_share = row->one_device_share;
  rules->vision_with_all_layers = row->vision_with_all_layers;
  rules->own_slots = row->default_slots;
  rules->most_sequences = row->max_sequences;
  rules->own_context = row->default_context;
  Bytes devices = 0;
  for (const Device& d : machine.devices) devices = add(devices, d.reported);
  for (const ContextTier& tier : row->context_tiers) {
    if (devices >= tier.min_device) rules->own_context = tier.context;
  }
  return rules;
}

}  // namespace qwenfit
