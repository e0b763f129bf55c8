// What files, caches and encoders take.

#include <algorithm>
#include <limits>

#include "advise/audit_figures.h"
#include "memory/kv_cache.h"
#include "model/weight_table.h"

namespace qwenfit {
namespace {

constexpr double kBitsPerByte = 8;

/// A machine that holds anything: sizes do not depend on it.
constexpr std::string_view kAnyMachine = "custom:memory=4000GB";

std::optional<Audited> build_of(Resolver& resolver, std::string_view model, std::string_view quant) {
  Query query;
  query.gpu = {std::string(kAnyMachine)};
  query.model = {std::string(model)};
  query.quant = {std::string(quant)};
  return ask_for(resolver, query);
}

/// The range of sizes of the quants that the row names, of its model.
void audit_file(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const std::string_view model = row.models.front();
  const ModelRow* known = resolver.catalog().model_by_id(model);
  const std::string what = std::string(known->name) + " " + std::string(row.quants.front());
  if (known->status == ModelStatus::guide_only) {
    figures.push_back(unchecked_figure(what, row, AuditReason::never_released));
    return;
  }
  double least = std::numeric_limits<double>::infinity(), most = 0, parameters = 0;
  for (const auto quant : row.quants) {
    const auto built = build_of(resolver, model, quant);
    if (!built) continue;
    const Build& build = *built->answer().build;
    const double bytes = static_cast<double>(build.file_bytes.value_or(build.weights->tensor_bytes));
    least = std::min(least, bytes / kGB);
    most = std::max(most, bytes / kGB);
    parameters = static_cast<double>(parameter_count(built->answer().subject->model.architecture, false));
  }
  if (most <= 0) {
    figures.push_back(unchecked_figure(what, row, AuditReason::none));
    return;
  }
  AuditedFigure figure = compared_figure(what, "GB", row.low, row.high, least, most);
  if (figure.verdict == AuditVerdict::differs) {
    const double gib = *row.high * static_cast<double>(kGiB) / kGB;
    if (gib >= least * (1 - kAuditTolerance) && gib <= most * (1 + kAuditTolerance)) {
      figure.reason = AuditReason::in_gib;
    } else if (figure.reason == AuditReason::larger) {
      figure.reason = AuditReason::bits_per_weight;
      figure.detail = least * kGB * kBitsPerByte / parameters;
      figure.claimed_detail = *row.high * kGB * kBitsPerByte / parameters;
    }
  }
  figures.push_back(std::move(figure));
}

double cache_gb(const ModelRow& model, Tokens context) {
  const Architecture& a = model.architecture;
  return static_cast<double>(mul(kv_cache_bytes_per_layer(a, context, TensorType::f16, TensorType::f16),
                                 a.full_attention_layers())) /
         kGB;
}

/// Over every released Qwen 3.5.
void audit_cache(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  std::string_view smallest, largest;
  for (const ModelRow& model : resolver.catalog().rows().models) {
    if (model.status != ModelStatus::released || model.family != "qwen3.5") continue;
    if (const double low = cache_gb(model, *row.context_low); low < least) least = low, smallest = model.name;
    if (const double high = cache_gb(model, *row.context_high); high > most)
      most = high, largest = model.name;
  }
  AuditedFigure figure = compared_figure("KV cache in F16", "GB", row.low, row.high, least, most);
  // A range that leaves out models is wrong for them, even where it holds for others.
  const bool covered = *row.low <= least * (1 + kAuditTolerance) && *row.high >= most * (1 - kAuditTolerance);
  if (!covered) {
    figure.verdict = AuditVerdict::differs;
    figure.reason = AuditReason::depends_on_model;
    figure.names = {std::string(smallest), std::string(largest)};
  }
  figures.push_back(std::move(figure));
}

/// Qwen 3.5 keeps a cache on every fourth layer, Qwen 3 on all: at one context it is less, not more.
void audit_cache_against(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const Catalog& catalog = resolver.catalog();
  for (std::size_t i = 0; i < std::min(row.models.size(), row.names.size()); ++i) {
    const ModelRow* now = catalog.model_by_id(row.models[i]);
    const ModelRow* before = catalog.model_by_id(row.names[i]);
    if (now == nullptr || before == nullptr) continue;
    const Tokens context = std::min(*row.context_high, now->max_context);
    const double more = cache_gb(*now, context) - cache_gb(*before, context);
    figures.push_back(compared_figure(std::string(now->name) + " against " + std::string(before->name), "GB",
                                      row.low, row.high, more, more));
  }
}

void audit_vision(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const ModelRow& model : resolver.catalog().rows().models) {
    if (model.status != ModelStatus::released || model.family != "qwen3.5" || !model.has_vision) continue;
    const auto built = build_of(resolver, model.id, "q4_k_m");
    if (!built) continue;
    const double gb = static_cast<double>(built->answer().subject->projector.weights) / kGB;
    least = std::min(least, gb);
    most = std::max(most, gb);
  }
  figures.push_back(compared_figure("vision encoder", "GB", row.low, row.high, least, most));
}

void audit_max_context(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const ModelRow& model : resolver.catalog().rows().models) {
    if (model.status != ModelStatus::released || model.family != "qwen3.5") continue;
    least = std::min(least, static_cast<double>(model.max_context));
    most = std::max(most, static_cast<double>(model.max_context));
  }
  figures.push_back(compared_figure("largest context", "tokens", row.low, row.high, least, most));
}

}  // namespace

void audit_sizes(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  switch (row.kind) {
    case ClaimKind::file_size:
      return audit_file(row, resolver, figures);
    case ClaimKind::kv_cache:
      return audit_cache(row, resolver, figures);
    case ClaimKind::kv_against_qwen3:
      return audit_cache_against(row, resolver, figures);
    case ClaimKind::vision_size:
      return audit_vision(row, resolver, figures);
    case ClaimKind::max_context:
      return audit_max_context(row, resolver, figures);
    default:
      return;
  }
}

}  // namespace qwenfit
