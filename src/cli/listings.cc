#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "memory/kv_cache.h"
#include "memory/recurrent_state.h"
#include "query/build_cache.h"
#include "query/guide.h"
#include "query/models.h"
#include "query/quants.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// The columns of `models` unless quants are named.
constexpr std::string_view kListedQuants[] = {"q4_k_m", "q8_0", "bf16"};

Layouts plain_layouts(const Catalog& catalog) {
  const BackendRow& cpu = catalog.backend(Backend::cpu);
  const BufferLayout layout{cpu.weight_alignment, cpu.row_padding};
  return {layout, layout};
}

/// The file of the usual publisher, or of the one named. A size shown in rounded GB is replaced by its
/// tensors' bytes.
ListedSize listed_size(const ModelRow& model, const QuantChoice& choice, const Catalog& catalog,
                       BuildCache& cache) {
  ListedSize size{std::string(choice.quant->id), std::string(choice.quant->name), choice.publisher,
                  std::nullopt};
  if (model.status == ModelStatus::guide_only) {
    const auto builds = guide_builds(model, choice, plain_layouts(catalog), catalog, cache);
    if (builds.empty()) return size;
    size.publisher = builds.front().publisher;
    size.bytes = builds.front().guide_weights;
  } else if (const auto* found =
                 cache.find({model, *choice.quant, choice.publisher, false, plain_layouts(catalog)})) {
    size.publisher = found->build.publisher;
    size.bytes = found->build.file_bytes.value_or(found->table->tensor_bytes);
  }
  return size;
}

ModelListing list_model(const ModelRow& row, const std::vector<QuantChoice>& quants, const Catalog& catalog,
                        BuildCache& cache) {
  ModelListing listing;
  listing.row = &row;
  for (const QuantChoice& choice : quants) listing.sizes.push_back(listed_size(row, choice, catalog, cache));
  if (row.status == ModelStatus::guide_only) return listing;
  const Architecture& a = row.architecture;
  listing.kv_bytes_per_1k_tokens =
      mul(kv_cache_bytes_per_layer(a, 1024, TensorType::f16, TensorType::f16), a.full_attention_layers());
  listing.state_bytes = mul(recurrent_state_bytes_per_layer(a), a.linear_attention_layers());
  return listing;
}

/// `why`: what goes on the line behind the filter.
Error nothing_found(const Invocation& call, std::string_view what, const std::vector<std::string_view>& ids,
                    const std::string& why = "") {
  Error error =
      usage_error("FILTER", "no " + std::string(what) + " matches " + in_quotes(call.line.argument) + why +
                                "; without a filter all are listed");
  error.did_you_mean = nearest_names(call.line.argument, ids);
  return error;
}

/// A GGUF file is of one quant.
bool may_be_quant(const ModelRow& model, const QuantRow& quant, const ModelFiles& files) {
  const ModelFile* file = files.of(model);
  return file == nullptr || !file->gguf || file->gguf->quant == &quant;
}

}  // namespace

Result<int> run_models(const Invocation& call) {
  const Catalog& catalog = call.catalog;
  const auto wish = parse_quants(call.line.query, catalog);
  if (!wish) return wish.error();
  std::vector<QuantChoice> quants = wish->named;
  if (wish->kind == QuantWish::Kind::all)
    return combination_error("--quant",
                             "models takes named quants; qwenfit quants --model 27b lists all of a model");
  if (quants.empty()) {
    for (const auto id : kListedQuants) {
      if (const QuantRow* row = catalog.quant_by_id(id)) quants.push_back({row, {}});
    }
  }
  BuildCache cache(catalog);
  std::vector<ModelListing> rows;
  std::vector<std::string_view> ids;
  for (const ModelRow& row : catalog.rows().models) {
    ids.push_back(row.id);
    if (!matches_filter(call.line.argument, row.id, row.name, row.family, row.aliases)) continue;
    rows.push_back(list_model(row, quants, catalog, cache));
  }
  if (rows.empty()) return nothing_found(call, "model", ids);
  print_models(call.out, rows, call.line.format, call.info, call.style);
  return 0;
}

Result<int> run_quants(const Invocation& call) {
  const Catalog& catalog = call.catalog;
  BuildCache cache(catalog);
  std::vector<const ModelRow*> models;
  if (!call.line.query.model.empty()) {
    const auto wish = parse_models(call.line.query.model, catalog, &cache.files());
    if (!wish) return wish.error();
    models = wish->rows;
  }
  const bool read = !models.empty() && std::all_of(models.begin(), models.end(), [&](const ModelRow* model) {
    const ModelFile* file = cache.files().of(*model);
    return file != nullptr && file->gguf;
  });
  std::vector<QuantListing> rows;
  std::vector<std::string_view> ids;
  for (const QuantRow& row : catalog.rows().quants) {
    if (!models.empty() && std::none_of(models.begin(), models.end(), [&](const ModelRow* model) {
          return may_be_quant(*model, row, cache.files());
        }))
      continue;
    ids.push_back(row.id);
    if (!matches_filter(call.line.argument, row.id, row.name, row.format, row.aliases)) continue;
    QuantListing listing;
    listing.row = &row;
    listing.read = read;
    std::vector<const ModelRow*> asked = models;
    if (models.empty()) {
      for (const ModelRow& model : catalog.rows().models) {
        if (model.status == ModelStatus::released) asked.push_back(&model);
      }
    }
    for (const ModelRow* model : asked) {
      for (auto& name : cache.publishers(*model, row, false)) {
        if (name == kRulePublisher) continue;  // a rule is nobody's file
        if (std::find(listing.publishers.begin(), listing.publishers.end(), name) ==
            listing.publishers.end()) {
          listing.publishers.push_back(std::move(name));
        }
      }
    }
    for (const ModelRow* model : models) {
      listing.sizes.emplace_back(model->id, listed_size(*model, {&row, {}}, catalog, cache).bytes);
    }
    rows.push_back(std::move(listing));
  }
  if (rows.empty()) {
    const std::string files = models.size() == 1 ? ": the file is " : ": the files are ";
    return nothing_found(call, "quant", ids, read ? files + listed({ids.begin(), ids.end()}) : "");
  }
  print_quants(call.out, rows, call.line.format, call.info, call.style);
  return 0;
}

Result<int> run_gpus(const Invocation& call) {
  std::vector<const DeviceRow*> rows;
  std::vector<std::string_view> ids;
  for (const DeviceRow& row : call.catalog.rows().devices) {
    ids.push_back(row.id);
    if (matches_filter(call.line.argument, row.id, row.name, row.vendor, row.aliases)) rows.push_back(&row);
  }
  if (rows.empty()) return nothing_found(call, "device", ids);
  print_gpus(call.out, rows, call.line.format, call.info, call.style);
  return 0;
}

}  // namespace qwenfit
