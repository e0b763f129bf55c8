// What files, caches and encoders take.

#include <algorithm>
#include <cmath>
#include <limits>

#include "advise/audit_figures.h"
#include "memory/kv_cache.h"
#include "model/weight_table.h"
#include "query/models.h"

namespace qwenfit {
namespace {

constexpr double kBitsPerByte = 8;

bool is_near(double a, double b) {
  return std::abs(a - b) <= kAuditTolerance * std::abs(b);
}

double file_bytes_of(const Answer& answer) {
  const Build& build = *answer.build;
  const Bytes tensors = build.weights != nullptr ? build.weights->tensor_bytes : build.guide_weights;
  return static_cast<double>(build.file_bytes.value_or(tensors));
}

/// Of all publishers; guides do not name theirs.
double largest_file_gb(std::string_view model, std::string_view quant, const Catalog& catalog) {
  double most = 0;
  for (const BuildRow* build : catalog.builds_of(model, quant)) {
    const double bytes = build->bytes ? static_cast<double>(*build->bytes) : 0;
    most = std::max({most, bytes / kGB, build->shown_gb.value_or(0)});
  }
  return most;
}

/// All that the answer takes but the display's share, in GB.
double all_memory_gb(const Answer& answer) {
  Bytes sum = 0;
  for (const DeviceMemory& d : answer.estimate.devices) {
    if (d.kind != DeviceKind::host) sum = add(sum, d.total() - d.terms[Term::display]);
  }
  return static_cast<double>(sum) / kGB;
}

/// Why a file is not as large as the guide says.
void explain_size(const ClaimedRange& claimed, double least_gb, const Answer& smallest,
                  AuditedFigure& figure) {
  constexpr double kGBPerGiB = static_cast<double>(kGiB) / kGB;
  const double bytes = least_gb * kGB;
  if (is_near(*claimed.low * kGBPerGiB, least_gb)) {
    figure.reason = AuditReason::in_gib;
  } else if (figure.reason == AuditReason::larger) {
    const double parameters =
        static_cast<double>(parameter_count(smallest.subject->model.architecture, false));
    figure.reason = AuditReason::bits_per_weight;
    figure.detail = bytes * kBitsPerByte / parameters;
    figure.claimed_detail = claimed.high.value_or(*claimed.low) * kGB * kBitsPerByte / parameters;
  } else if (const double all = all_memory_gb(smallest); is_near(*claimed.low, all)) {
    figure.reason = AuditReason::all_memory;
    figure.detail = all;
  }
}

/// The files of the row's model in the quants that it names: from the usual publisher's to the largest.
void audit_file(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const std::string_view model = row.models.front();
  const std::string what = claim_build(row, model, resolver.catalog());
  if (resolver.catalog().model_by_id(model)->status == ModelStatus::guide_only) {
    figures.push_back(unchecked_figure(what, row, AuditReason::never_released));
    return;
  }
  std::optional<Audited> smallest;
  double least = std::numeric_limits<double>::infinity(), most = 0;
  std::vector<AuditedFigure> unanswered;
  for (const auto quant : row.quants) {
    Query query = claim_query(row, kAnyMachine, model, resolver.catalog());
    query.quant = {std::string(quant)};
    auto asked = ask_for(resolver, query, row, what, unanswered);
    if (!asked) continue;
    const double size = file_bytes_of(asked->answer()) / kGB;
    most = std::max({most, size, largest_file_gb(model, quant, resolver.catalog())});
    if (size >= least) continue;
    least = size;
    smallest = std::move(asked);
  }
  if (!smallest) {
    figures.push_back(unanswered.front());
    return;
  }
  AuditedFigure figure = compared_figure(what, "GB", claimed_by(row), least, most);
  if (figure.verdict == AuditVerdict::differs)
    explain_size(claimed_by(row), least, smallest->answer(), figure);
  figures.push_back(std::move(figure));
}

/// The least and the most of something over every released Qwen 3.5.
struct ModelSpan {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  std::string_view smallest, largest;

  void count(const ModelRow& model, double low, double high) {
    if (low < least) least = low, smallest = model.name;
    if (high > most) most = high, largest = model.name;
  }
};

/// A figure said of all models is wrong for those it leaves out, even where it holds for others.
AuditedFigure spanning_figure(std::string what, std::string unit, const ClaimRow& row,
                              const ModelSpan& span) {
  AuditedFigure figure =
      compared_figure(std::move(what), std::move(unit), claimed_by(row), span.least, span.most);
  const bool covered = row.low && row.high && *row.low <= span.least * (1 + kAuditTolerance) &&
                       *row.high >= span.most * (1 - kAuditTolerance);
  if (!covered) {
    figure.verdict = AuditVerdict::differs;
    figure.reason = AuditReason::depends_on_model;
    figure.names = {std::string(span.smallest), std::string(span.largest)};
  }
  return figure;
}

std::vector<const ModelRow*> released_models(const Catalog& catalog) {
  const auto all = parse_models({}, catalog);
  return all ? all->rows : std::vector<const ModelRow*>();
}

double cache_gb(const ModelRow& model, Tokens context) {
  const Architecture& a = model.architecture;
  return static_cast<double>(mul(kv_cache_bytes_per_layer(a, context, TensorType::f16, TensorType::f16),
                                 a.full_attention_layers())) /
         kGB;
}

void audit_cache(const ClaimRow& row, const Catalog& catalog, std::vector<AuditedFigure>& figures) {
  ModelSpan span;
  for (const ModelRow* model : released_models(catalog))
    span.count(*model, cache_gb(*model, *row.context_low), cache_gb(*model, *row.context_high));
  figures.push_back(spanning_figure("KV cache in F16", "GB", row, span));
}

/// Qwen 3.5 keeps a cache on every fourth layer, Qwen 3 on all: of one context it is less, not more. Only at
/// the longest context of each can it be more.
void audit_cache_against(const ClaimRow& row, const Catalog& catalog, std::vector<AuditedFigure>& figures) {
  const auto compare = [&](const ModelRow& now, const ModelRow& before, Tokens a, Tokens b,
                           std::string_view at) {
    const double more = cache_gb(now, a) - cache_gb(before, b);
    figures.push_back(compared_figure("KV cache of " + std::string(now.name) + " above that of " +
                                          std::string(before.name) + std::string(at),
                                      "GB", claimed_by(row), more, more));
  };
  for (std::size_t i = 0; i < std::min(row.models.size(), row.names.size()); ++i) {
    const ModelRow* now = catalog.model_by_id(row.models[i]);
    const ModelRow* before = catalog.model_by_id(row.names[i]);
    if (now == nullptr || before == nullptr) continue;
    const Tokens context = std::min(*row.context_high, now->max_context);
    compare(*now, *before, context, context, " at one context");
    compare(*now, *before, now->max_context, before->max_context, ", each at its longest context");
  }
}

void audit_vision(const ClaimRow& row, const Catalog& catalog, std::vector<AuditedFigure>& figures) {
  ModelSpan span;
  for (const ModelRow* model : released_models(catalog)) {
    const double gb = static_cast<double>(make_projector(*model).weights) / kGB;
    if (gb > 0) span.count(*model, gb, gb);
  }
  figures.push_back(spanning_figure("vision encoder", "GB", row, span));
}

void audit_max_context(const ClaimRow& row, const Catalog& catalog, std::vector<AuditedFigure>& figures) {
  ModelSpan span;
  for (const ModelRow* model : released_models(catalog)) {
    const auto tokens = static_cast<double>(model->max_context);
    span.count(*model, tokens, tokens);
  }
  figures.push_back(spanning_figure("longest context", "tokens", row, span));
}

}  // namespace

void audit_sizes(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const Catalog& catalog = resolver.catalog();
  switch (row.kind) {
    case ClaimKind::file_size:
      return audit_file(row, resolver, figures);
    case ClaimKind::kv_cache:
      return audit_cache(row, catalog, figures);
    case ClaimKind::kv_against_qwen3:
      return audit_cache_against(row, catalog, figures);
    case ClaimKind::vision_size:
      return audit_vision(row, catalog, figures);
    case ClaimKind::max_context:
      return audit_max_context(row, catalog, figures);
    default:
      return;
  }
}

}  // namespace qwenfit
