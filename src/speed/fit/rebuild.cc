#include <algorithm>

#include "model/weight_table.h"
#include "query/build_cache.h"
#include "query/machine.h"
#include "query/models.h"
#include "query/settings.h"
#include "speed/fit/observation.h"

namespace qwenfit {
namespace {

/// Cache types of engines that llama.cpp does not have, by the type of its own that takes as many bits.
std::optional<TensorType> kv_type(const std::string& id) {
  static const std::map<std::string, TensorType> kOthers = {{"fp8", TensorType::q8_0},
                                                            {"int8", TensorType::q8_0},
                                                            {"tq4", TensorType::q4_0},
                                                            {"tq3", TensorType::q4_0}};
  if (id.empty()) return TensorType::f16;
  const auto found = kOthers.find(id);
  return found != kOthers.end() ? std::optional(found->second) : tensor_type_from_id(id);
}

Query machine_query(const Benchmark& row, const Catalog& catalog) {
  Query query;
  query.headless = true;
  query.cpu = row.cpu;
  if (row.count == 0) {
    query.gpu = {"none"};
    query.ram = "4096GiB";
    return query;
  }
  // Devices sold with several memory sizes need one; the speed of a row does not depend on it.
  const DeviceRow* device = catalog.device_by_id(row.device);
  const bool sized = device == nullptr || device->capacity;
  query.gpu = {std::to_string(row.count) + "x" + row.device + (sized ? "" : ":memory=32GiB")};
  query.backend = row.backend;
  return query;
}

std::optional<Machine> machine_of(const Benchmark& row, const Catalog& catalog, std::string& why) {
  auto machine = resolve_machine(machine_query(row, catalog), catalog);
  if (!machine) {
    why = machine.error().message;
    return std::nullopt;
  }
  if (row.ram_bytes_per_s) machine->host.bandwidth_bytes_per_s = *row.ram_bytes_per_s;
  return std::move(*machine);
}

/// The build as published, else that of a model of the same shape.
bool find_listed(const Benchmark& row, const ModelRow& model, const QuantRow& quant, const Layouts& layouts,
                 const Catalog& catalog, Rebuilt& out) {
  BuildCache cache(catalog);
  for (const ModelRow& twin : catalog.rows().models) {
    if (twin.status != ModelStatus::released || !(twin.architecture == model.architecture)) continue;
    for (const std::string& publisher : {row.publisher, std::string()}) {
      const CachedBuild* found = cache.find({twin, quant, publisher, false, layouts});
      if (found == nullptr) continue;
      out.build = found->build;
      out.table = found->table;
      return true;
    }
  }
  return false;
}

/// The build by its stated size, else as published.
bool find_build(const Benchmark& row, const ModelRow& model, const QuantRow& quant, const Catalog& catalog,
                Rebuilt& out) {
  const BackendRow& host = catalog.backend(Backend::cpu);
  const BackendRow& device =
      out.machine.devices.empty() ? host : catalog.backend(out.machine.devices.front().backend);
  const Layouts layouts{{device.weight_alignment, device.row_padding},
                        {host.weight_alignment, host.row_padding}};
  out.build.quant_id = quant.id;
  out.build.format = quant.format;
  if (row.tensor_bytes && quant.mixture) {
    out.table = std::make_shared<const WeightTable>(
        scaled_weights(model.architecture, *quant.mixture, false, static_cast<Bytes>(*row.tensor_bytes),
                       layouts, quant.embedding_type, quant.moe_dense_bits));
    return true;
  }
  // A mixture of a publisher that nobody lists counts as the stock mixture of its name.
  constexpr std::string_view kDynamic = "ud-";
  const QuantRow* stock =
      quant.id.starts_with(kDynamic) ? catalog.quant_by_id(quant.id.substr(kDynamic.size())) : nullptr;
  if (find_listed(row, model, quant, layouts, catalog, out)) return true;
  return stock != nullptr && find_listed(row, model, *stock, layouts, catalog, out);
}

Placement placement_of(const Benchmark& row, const Rebuilt& r) {
  Placement placement;
  if (r.machine.devices.empty()) return placement;
  const std::uint32_t blocks = r.model.architecture.layers;
  const std::uint32_t all = layer_count(r.model.architecture, r.table->has_mtp_block);
  placement.gpu_layers = all;
  // Rows count blocks and the output; a file's MTP block lies between the two.
  if (row.gpu_layers && *row.gpu_layers <= blocks)
    placement.gpu_layers = static_cast<std::uint32_t>(*row.gpu_layers) + (all - blocks - 1);
  placement.cpu_moe_layers = std::min(blocks, static_cast<std::uint32_t>(row.cpu_moe.value_or(0)));
  placement.tensor_split.assign(r.machine.devices.size(), 1.0);
  return placement;
}

}  // namespace

Scenario Rebuilt::scenario() const {
  Scenario s;
  s.model = &model;
  s.build = &build;
  s.machine = &machine;
  s.settings = settings;
  return s;
}

std::optional<Rebuilt> rebuild(const Benchmark& row, const Catalog& catalog, std::string& why) {
  const ModelRow* model = catalog.model_by_id(row.model);
  const QuantRow* quant = catalog.quant_by_id(row.quant);
  const auto kv_k = kv_type(row.kv_k);
  const auto kv_v = kv_type(row.kv_v.empty() ? row.kv_k : row.kv_v);
  if (model == nullptr || quant == nullptr || !kv_k || !kv_v) {
    why = model == nullptr ? "model unknown" : quant == nullptr ? "quant unknown" : "cache type unknown";
    return std::nullopt;
  }
  auto machine = machine_of(row, catalog, why);
  if (!machine) return std::nullopt;
  Rebuilt r;
  r.machine = std::move(*machine);
  r.model = make_model(*model, catalog);
  r.settings.runtime = row.runtime;
  r.settings.kv_k = *kv_k;
  r.settings.kv_v = *kv_v;
  r.settings.split_mode = row.split == "tensor" ? SplitMode::tensor : SplitMode::layer;
  if (!find_build(row, *model, *quant, catalog, r)) {
    why = "no size of " + row.quant + " of " + row.model;
    return std::nullopt;
  }
  r.build.weights = r.table.get();
  r.placement = placement_of(row, r);
  return r;
}

}  // namespace qwenfit
