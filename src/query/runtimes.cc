#include "query/runtimes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "memory/device_share.h"
#include "query/text.h"

namespace qwenfit {
namespace {

template <typename List>
bool contains(const List& list, std::string_view id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

/// "a, b or c".
std::string choice_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

/// The format that a runtime sees: published models themselves are BF16 safetensors, which the catalog lists
/// among the GGUF files.
std::string_view format_for(const RuntimeRow& row, const Build& build) {
  return contains(row.formats, build.format) || row.formats.empty() ? std::string_view(build.format)
                                                                    : row.formats.front();
}

Names backends_for(const RuntimeRow& row, std::string_view format) {
  return format == "gguf" ? row.gguf_backends : format == "mlx" ? row.mlx_backends : row.safetensors_backends;
}

/// Back ends that a device of this vendor has drivers for.
bool has_drivers(std::string_view vendor, std::string_view backend) {
  struct Driver {
    std::string_view backend, vendor;
  };
  static constexpr std::array<Driver, 6> kDrivers = {{{"cuda", "NVIDIA"},
                                                      {"rocm", "AMD"},
                                                      {"sycl", "Intel"},
                                                      {"vulkan", "AMD"},
                                                      {"vulkan", "NVIDIA"},
                                                      {"vulkan", "Intel"}}};
  return std::any_of(kDrivers.begin(), kDrivers.end(),
                     [&](const Driver& d) { return d.backend == backend && d.vendor == vendor; });
}

std::string_view backend_of_machine(const Machine& machine) {
  return backend_id(machine.devices.empty() ? Backend::cpu : machine.devices.front().backend);
}

/// Another back end of the same devices that the runtime has, or else the runtimes for the one they use.
std::string instead(const Question& question, Names backends, const Catalog& catalog) {
  const auto& devices = question.machine.devices;
  for (const auto backend : backends) {
    const bool all = !devices.empty() && std::all_of(devices.begin(), devices.end(), [&](const Device& d) {
      const DeviceRow* row = catalog.device_by_id(d.id);
      return row != nullptr && has_drivers(row->vendor, backend);
    });
    if (all) return "add --backend " + std::string(backend);
  }
  std::vector<std::string> runtimes;
  const std::string_view used = backend_of_machine(question.machine);
  for (const RuntimeRow& row : catalog.rows().runtimes) {
    if (contains(row.gguf_backends, used) || contains(row.safetensors_backends, used) ||
        contains(row.mlx_backends, used))
      runtimes.emplace_back(row.id);
  }
  return "use --runtime " + choice_of(runtimes);
}

Result<bool> check_backend(const Question& question, const RuntimeRow& row, std::string_view format,
                           const Catalog& catalog) {
  const Names backends = backends_for(row, format);
  const std::string_view used = backend_of_machine(question.machine);
  if (contains(backends, used)) return true;
  std::vector<std::string> names;
  for (const auto backend : backends) {
    if (backend != backend_id(Backend::generic)) names.emplace_back(backend);
  }
  const std::string runs = std::string(row.name) + " runs " + std::string(format) + " files on " +
                           choice_of(names) + ", and this machine has " + std::string(used) + ": " +
                           instead(question, backends, catalog);
  return combination_error(question.runtime_named ? "--runtime" : "--quant", runs);
}

/// Some format of the runtime runs on this machine.
Result<bool> check_platform(const Question& question, const RuntimeRow& row, const Catalog& catalog) {
  Result<bool> first = true;
  for (const auto format : row.formats) {
    Result<bool> runs = check_backend(question, row, format, catalog);
    if (runs) return true;
    if (first) first = std::move(runs);
  }
  return first;
}

Result<bool> check_forced(const Query& query, const RuntimeRow& row) {
  struct Option {
    std::string_view id;
    const std::string& typed;
  };
  for (const Option& o : {Option{"gpu-layers", query.gpu_layers}, Option{"cpu-moe", query.cpu_moe},
                          Option{"tensor-split", query.tensor_split}}) {
    if (o.typed.empty() || contains(row.forced, o.id)) continue;
    const std::string where = "--" + std::string(o.id);
    return combination_error(where, std::string(row.name) + " has no option for " + where +
                                        ": drop it, or use --runtime llama.cpp");
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
  if (mode == SplitMode::tensor ? row.tensor_parallel : row.layer_split) return true;
  return combination_error("--split-mode", std::string(row.name) + " does not split a model by " +
                                               std::string(split_mode_id(mode)) + ": drop --split-mode");
}

Result<bool> check_row(const Query& query, const Question& question, const RuntimeRow& row) {
  Result<bool> done = check_forced(query, row);
  if (done) done = check_split(question, row);
  if (!done) return done;
  if (row.max_sequences > 0 && question.settings.parallel > row.max_sequences) {
    return combination_error(
        "--parallel", std::string(row.name) + " runs these models with " + std::to_string(row.max_sequences) +
                          " sequence at a time: drop --parallel, or use --runtime llama.cpp");
  }
  if (query.mtp && !row.mtp) {
    return combination_error("--mtp", "drafting with the MTP block is not known to work in " +
                                          std::string(row.name) + ": drop --mtp, or use --runtime llama.cpp");
  }
  return true;
}

Result<bool> check_cache(const Query& query, const Settings& settings, const RuntimeRow& row,
                         std::string_view format) {
  std::vector<std::string> known;
  const auto takes = [&](TensorType type) {
    return std::any_of(row.kv_types.begin(), row.kv_types.end(), [&](const RuntimeKvType& kv) {
      return kv.type == type && contains(kv.formats, format);
    });
  };
  for (const RuntimeKvType& kv : row.kv_types) {
    if (contains(kv.formats, format)) known.emplace_back(tensor_type(kv.type).id);
  }
  const std::string_view where_k = query.kv_k.empty() ? "--kv" : "--kv-k";
  const std::string_view where_v = query.kv_v.empty() ? "--kv" : "--kv-v";
  for (const auto& [where, type] : {std::pair{where_k, settings.kv_k}, std::pair{where_v, settings.kv_v}}) {
    if (takes(type)) continue;
    return combination_error(where, std::string(row.name) + " takes no " + std::string(tensor_type(type).id) +
                                        " cache for these models: use " + std::string(where) + " " +
                                        choice_of(known));
  }
  if (row.kv_same && settings.kv_k != settings.kv_v) {
    return combination_error(
        query.kv_v.empty() ? where_k : where_v,
        std::string(row.name) + " has one type for K and V: use --kv " + choice_of(known));
  }
  return true;
}

/// Devices that can divide the heads of a model, as "1, 2, 4 or 8".
std::string counts_that_work(const Architecture& a) {
  constexpr std::uint32_t kMost = 16;
  std::vector<std::string> counts;
  for (std::uint32_t n = 1; n <= kMost; ++n) {
    if (heads_divide(a, n)) counts.push_back(std::to_string(n));
  }
  return choice_of(counts);
}

Result<bool> check_heads(const Question& question, const Settings& settings, const Model& model,
                         const RuntimeRow& row) {
  const auto devices = static_cast<std::uint32_t>(question.machine.devices.size());
  const Architecture& a = model.architecture;
  if (devices < 2 || settings.split_mode != SplitMode::tensor || a.layers == 0 || heads_divide(a, devices))
    return true;
  std::string heads = std::to_string(a.heads) + " attention heads and " + std::to_string(a.kv_heads) + " KV";
  if (a.linear_value_heads > 0) {
    heads += ", " + std::to_string(a.linear_key_heads) + " and " + std::to_string(a.linear_value_heads) +
             " of linear attention";
  }
  return combination_error(question.split_named ? "--split-mode" : "--gpu",
                           std::string(row.name) + " divides the heads of " + model.name + " (" + heads +
                               ") among the devices, and " + std::to_string(devices) +
                               " do not divide them: use " + counts_that_work(a) +
                               " devices, or --runtime llama.cpp" +
                               (question.split_named ? " with --split-mode layer" : ""));
}

/// Weights quantized in groups (or blocks of rows) that a device's share of a matrix must hold whole.
std::uint32_t group_of(const Build& build, const Catalog& catalog) {
  const QuantRow* quant = catalog.quant_by_id(build.quant_id);
  return quant != nullptr && quant->rule ? std::max(quant->rule->group, quant->rule->block_rows) : 0;
}

Result<bool> check_groups(const Question& question, const Settings& settings, const Model& model,
                          const Build& build, const RuntimeRow& row, const Catalog& catalog) {
  const auto devices = static_cast<std::uint32_t>(question.machine.devices.size());
  const std::uint32_t group = group_of(build, catalog);
  const Architecture& a = model.architecture;
  const std::uint32_t width = a.is_moe() ? a.expert_feed_forward : a.feed_forward;
  if (devices < 2 || settings.split_mode != SplitMode::tensor || group == 0 || width % group != 0 ||
      width / group % devices == 0)
    return true;
  std::vector<std::string> counts;
  for (std::uint32_t n = 1; n < devices; ++n) {
    if (heads_divide(a, n) && width / group % n == 0) counts.push_back(std::to_string(n));
  }
  return combination_error(
      question.split_named ? "--split-mode" : "--gpu",
      build.quant_name + " quantizes " + std::to_string(group) +
          " weights together, and a feed-forward width of " + std::to_string(width) + " in " + model.name +
          " has " + std::to_string(width / group) + " such groups, which " + std::to_string(devices) +
          " devices of " + std::string(row.name) + " cannot share: use " + choice_of(counts) + " devices");
}

}  // namespace

const RuntimeRow* find_runtime(std::string_view id, const Catalog& catalog) {
  for (const RuntimeRow& row : catalog.rows().runtimes) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

Result<bool> check_runtime(const Query& query, const Question& question, const Catalog& catalog) {
  const RuntimeRow* row = question.runtime_named ? find_runtime(question.settings.runtime, catalog) : nullptr;
  if (row == nullptr) return true;
  const auto runs = check_platform(question, *row, catalog);
  return runs ? check_row(query, question, *row) : runs;
}

Result<bool> check_build(const Query& query, const Question& question, const Settings& settings,
                         const Model& model, const Build& build, const Catalog& catalog) {
  const RuntimeRow* row = find_runtime(settings.runtime, catalog);
  if (row == nullptr) return true;
  const std::string_view format = format_for(*row, build);
  Result<bool> done = check_backend(question, *row, format, catalog);
  if (done) done = check_row(query, question, *row);
  if (done) done = check_cache(query, settings, *row, format);
  if (done) done = check_heads(question, settings, model, *row);
  if (done) done = check_groups(question, settings, model, build, *row, catalog);
  return done;
}

bool always_loads_vision(const Settings& settings, const Model& model, const Build& build,
                         const Catalog& catalog) {
  const RuntimeRow* row = find_runtime(settings.runtime, catalog);
  if (row == nullptr || row->vision != VisionLoading::bundled || !model.vision) return false;
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
