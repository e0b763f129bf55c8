#include "query/build_cache.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "memory/vision.h"

namespace qwenfit {
namespace {

/// The usual order of publishers, before all others. Files under `unsloth-mtp` carry the MTP block and are
/// chosen only for its sake.
constexpr std::array<std::string_view, 5> kUsualOrder = {"unsloth", "unsloth-mtp", "lmstudio-community",
                                                         "ggml-org", "bartowski"};
constexpr std::string_view kMtpOnly = "unsloth-mtp";

std::size_t rank(std::string_view publisher) {
  return static_cast<std::size_t>(std::find(kUsualOrder.begin(), kUsualOrder.end(), publisher) -
                                  kUsualOrder.begin());
}

/// The publisher is a runtime's own library, whose files are for that runtime.
bool is_library(std::string_view publisher, const Catalog& catalog) {
  const auto rows = catalog.rows().runtimes;
  return std::any_of(rows.begin(), rows.end(), [&](const RuntimeRow& row) { return row.id == publisher; });
}

/// Files of these types hold every tensor in the same type: nothing about them is a guess.
bool is_uniform(const QuantRow& quant) {
  if (!quant.mixture || !quant.mixture_exact) return false;
  switch (*quant.mixture) {
    case Mixture::f32:
    case Mixture::f16:
    case Mixture::bf16:
    case Mixture::q8_0:
      return true;
    default:
      return false;
  }
}

bool can_compute(const QuantRow& quant) {
  return quant.mixture && quant.mixture_exact;
}

bool rule_has_mtp(const BuildRequest& request) {
  return request.quant.rule->mtp != Storage::none && request.model.architecture.mtp_layers > 0;
}

CachedBuild with_table(Build build, WeightTable weights) {
  auto table = std::make_shared<const WeightTable>(std::move(weights));
  build.weights = table.get();
  build.has_mtp_block = table->has_mtp_block;
  return {std::move(build), std::move(table)};
}

/// What runs a quant unless told otherwise, for formats other than llama.cpp's.
std::string usual_runtime(const QuantRow& quant) {
  return quant.format == "gguf" || quant.runtimes.empty() ? "" : std::string(quant.runtimes.front());
}

bool is_first_part(std::string_view file) {
  return file.find("-00001-of-") != std::string_view::npos;
}

Build blank(const BuildRequest& request, std::string_view publisher) {
  Build build;
  build.quant_id = request.quant.id;
  build.quant_name = request.quant.name;
  build.format = request.quant.format;
  build.bits = request.quant.bits;
  build.mixture = request.quant.mixture;
  build.publisher = publisher;
  build.basis = TensorBasis::computed;
  return build;
}

}  // namespace

const CachedBuild* BuildCache::find(const BuildRequest& asked) {
  BuildRequest request = asked;
  // Whether its publisher was named or chosen, and whoever asks: it is the same file.
  if (const BuildRow* row = published_row(asked)) {
    request.publisher = row->publisher;
    request.runtime = {};
  }
  const Layouts& l = request.layouts;
  Key key{&request.model,   &request.quant,     std::string(request.publisher),
          request.mtp,      l.device.alignment, l.device.row_padding,
          l.host.alignment, l.host.row_padding, std::string(request.runtime)};
  auto found = builds_.find(key);
  if (found == builds_.end()) {
    auto made = make(request);
    // Names of publishers that have no such build are not kept: anything can be typed.
    if (!made && !request.publisher.empty()) return nullptr;
    if (made) made->build.quality = quality_.of(request.model, request.quant, made->build.publisher);
    found = builds_.emplace(std::move(key), std::move(made)).first;
  }
  return found->second ? &*found->second : nullptr;
}

std::vector<std::string> BuildCache::publishers(const ModelRow& model, const QuantRow& quant,
                                                bool mtp) const {
  std::vector<std::string> names;
  if (const ModelFile* file = files_.of(model); file != nullptr && file->gguf) return names;
  if (quant.rule) {
    if (!mtp || rule_has_mtp({model, quant, {}, mtp, {}})) {
      names.emplace_back(kRulePublisher);
      for (const BuildRow* row : catalog_.builds_of(model.id, quant.id)) names.emplace_back(row->publisher);
    }
    return names;
  }
  auto rows = catalog_.builds_of(model.id, quant.id);
  std::stable_sort(rows.begin(), rows.end(), [](const BuildRow* a, const BuildRow* b) {
    return rank(a->publisher) < rank(b->publisher);
  });
  for (const BuildRow* row : rows) {
    if (!mtp || row->has_mtp_block) names.emplace_back(row->publisher);
  }
  if (can_compute(quant) && (!mtp || model.architecture.mtp_layers > 0))
    names.emplace_back(kComputedPublisher);
  return names;
}

const BuildRow* BuildCache::choose_row(const BuildRequest& request) const {
  const BuildRow* best = nullptr;
  for (const BuildRow* row : catalog_.builds_of(request.model.id, request.quant.id)) {
    if (request.mtp && !row->has_mtp_block) continue;
    if (!request.publisher.empty()) {
      if (row->publisher == request.publisher) return row;
      continue;
    }
    if (!request.mtp && row->publisher == kMtpOnly) continue;
    const bool library = is_library(row->publisher, catalog_);
    if (library && row->publisher != request.runtime) continue;
    const bool after_library = best != nullptr && best->publisher == request.runtime;
    if (!best || (after_library ? !library : !library && rank(row->publisher) < rank(best->publisher)))
      best = row;
  }
  return best;
}

const BuildRow* BuildCache::published_row(const BuildRequest& request) const {
  const ModelFile* file = files_.of(request.model);
  if (request.quant.rule || !request.quant.mixture || (file != nullptr && file->gguf)) return nullptr;
  return choose_row(request);
}

std::optional<CachedBuild> BuildCache::make(const BuildRequest& request) const {
  if (const ModelFile* file = files_.of(request.model); file != nullptr && file->gguf)
    return from_file(request, *file);
  const bool any = request.publisher.empty();
  if (request.quant.rule) {
    if (request.mtp && !rule_has_mtp(request)) return std::nullopt;
    if (any || request.publisher == kRulePublisher) return from_rule(request, nullptr);
    const BuildRow* row =
        choose_row({request.model, request.quant, request.publisher, false, request.layouts});
    return row ? std::optional(from_rule(request, row)) : std::nullopt;
  }
  if (!request.quant.mixture) return std::nullopt;
  if (const BuildRow* row = choose_row(request)) return published(request, *row);
  const bool has_block = request.model.architecture.mtp_layers > 0;
  if ((!any && request.publisher != kComputedPublisher) || !can_compute(request.quant) ||
      (request.mtp && !has_block)) {
    return std::nullopt;
  }
  return computed(request);
}

/// `row`: a publisher's repository of this format, if one was asked for; its tensors follow the same rule.
CachedBuild BuildCache::from_rule(const BuildRequest& request, const BuildRow* row) const {
  Build build = blank(request, row ? row->publisher : kRulePublisher);
  build.source = row ? row->source : request.quant.source;
  build.runtime = usual_runtime(request.quant);
  if (!row) build.publisher.clear();
  WeightTable table = format_weights(request.model.architecture, *request.quant.rule, request.layouts);
  // A repository holds the vision encoder beside the text model.
  const Bytes vision = request.model.has_vision ? projector_bytes(request.model.vision, TensorType::bf16) : 0;
  build.file_bytes = row ? row->bytes : std::optional(add(table.tensor_bytes, vision));
  if (row) {
    build.repo = row->repo;
    build.file = row->file;
  } else {
    for (const RepositoryRow& known : catalog_.rows().repositories) {
      if (known.model == request.model.id && known.quant == request.quant.id) build.repo = known.repo;
    }
  }
  const FormatRule& rule = *request.quant.rule;
  build.from_original = build.repo.empty() && rule.from_original;
  const ModelFile* file = files_.of(request.model);
  const bool has_original = !request.model.repo.empty() || (file != nullptr && !file->folder.empty());
  if (build.repo.empty() && !rule.convert_mode.empty() && has_original)
    build.conversion = Conversion{rule.linear_bits, rule.group, std::string(rule.convert_mode)};
  build.obtainable = !build.repo.empty() || build.from_original || build.conversion;
  return with_table(std::move(build), std::move(table));
}

CachedBuild BuildCache::computed(const BuildRequest& request) const {
  Build build = blank(request, kComputedPublisher);
  build.obtainable = false;
  build.source = "llama-quantize " + std::string(request.quant.name) + ", tensor by tensor";
  WeightTable table =
      computed_weights(request.model.architecture, *request.quant.mixture, true, request.layouts);
  build.file_bytes = table.tensor_bytes;
  return with_table(std::move(build), std::move(table));
}

/// The one build that a GGUF file is.
std::optional<CachedBuild> BuildCache::from_file(const BuildRequest& request, const ModelFile& file) const {
  const GgufContents& contents = *file.gguf;
  const bool has_block = contents.model.has_mtp_block;
  if (&request.quant != contents.quant || !request.publisher.empty() || (request.mtp && !has_block))
    return std::nullopt;
  Build build = blank(request, {});
  build.mixture.reset();
  build.basis = TensorBasis::file;
  build.file_bytes = contents.file_bytes;
  build.file = file.path;
  build.in_parts = contents.parts.size() > 1;
  build.quant_nearest = contents.basis == QuantBasis::nearest;
  build.source = file.source;
  build.tensors = contents.tensors;
  return with_table(std::move(build),
                    file_weights(request.model.architecture, has_block, *contents.tensors, request.layouts));
}

/// What a published file holds besides the tensors of the text model.
Bytes BuildCache::overhead(const ModelRow& model, const BuildRow& row) const {
  Bytes bytes = 0;
  for (const HeaderRow& header : catalog_.rows().headers) {
    if (header.id == model.family) bytes = header.bytes;
  }
  if (row.bundles_vision && model.has_vision)
    bytes = add(bytes, projector_bytes(model.vision, TensorType::f16));
  return bytes;
}

CachedBuild BuildCache::published(const BuildRequest& request, const BuildRow& row) const {
  Build build = blank(request, row.publisher);
  build.file_bytes = row.bytes;
  build.repo = row.repo;
  build.file = row.file;
  build.in_parts = row.in_parts || is_first_part(row.file);
  build.source = row.source;
  const Architecture& a = request.model.architecture;
  const Mixture mixture = *request.quant.mixture;

  // A size shown in rounded GB says less than the exact rule, and more than an approximate one.
  std::optional<Bytes> bytes = row.bytes;
  if (!bytes && !can_compute(request.quant) && row.shown_gb) {
    bytes = static_cast<Bytes>(std::llround(*row.shown_gb * 1e9));
  }
  const Bytes beside = overhead(request.model, row);
  if (!bytes || *bytes <= beside || (is_uniform(request.quant) && !row.bundles_vision)) {
    if (row.bytes) build.basis = TensorBasis::published;
    return with_table(std::move(build), computed_weights(a, mixture, row.has_mtp_block, request.layouts));
  }
  build.basis = TensorBasis::scaled;
  return with_table(std::move(build),
                    scaled_weights(a, mixture, row.has_mtp_block, *bytes - beside, request.layouts,
                                   request.quant.embedding_type, request.quant.moe_dense_bits));
}

}  // namespace qwenfit
