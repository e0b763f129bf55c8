#include "advise/quality.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace qwenfit {
namespace {

/// The largest type of at most this size that has rows, else the smallest that has.
std::string_view known_type(ModelKind kind, TensorType type, const CatalogRows& rows) {
  const double own = bytes_per_value(type);
  std::string_view best;
  double best_size = 0;
  std::string_view last;
  for (const QualityLevelRow& row : rows.quality_levels) {
    // Rows of one type follow one another.
    if (row.kind != kind || row.of != "kv" || row.name == last) continue;
    last = row.name;
    const auto known = tensor_type_from_id(row.name);
    if (!known) continue;
    const double size = bytes_per_value(*known);
    const bool nearer =
        size <= own ? best_size > own || size > best_size : best_size > own && size < best_size;
    if (!best.empty() && !nearer) continue;
    best = row.name;
    best_size = size;
  }
  return best;
}

/// Between the two rows on a logarithmic scale.
double interpolated(const QualityLevelRow& a, const QualityLevelRow& b, Tokens context) {
  if (a.mean_kld <= 0 || b.mean_kld <= 0) return std::max(a.mean_kld, b.mean_kld);
  const auto log_of = [](Tokens tokens) { return std::log(static_cast<double>(tokens)); };
  const double from = log_of(*a.context);
  const double place = (log_of(context) - from) / (log_of(*b.context) - from);
  return a.mean_kld * std::pow(b.mean_kld / a.mean_kld, place);
}

KvQuality loss_of(ModelKind kind, TensorType type, Tokens context, const CatalogRows& rows) {
  const std::string_view name = known_type(kind, type, rows);
  KvQuality quality;
  for (const QualityLevelRow& row : rows.quality_levels) {
    if (row.kind != kind || row.of != "kv" || row.name != name) continue;
    const Tokens at = row.context.value_or(0);
    const QualityLevelRow*& side = at <= context ? quality.below : quality.above;
    const Tokens nearest = side != nullptr ? side->context.value_or(0) : 0;
    if (side == nullptr || (at <= context ? at > nearest : at < nearest)) side = &row;
  }
  const auto [below, above] = std::pair(quality.below, quality.above);
  if (below != nullptr && above != nullptr && below->context) {
    quality.mean_kld = interpolated(*below, *above, context);
  } else if (below != nullptr || above != nullptr) {
    quality.mean_kld = (below != nullptr ? below : above)->mean_kld;
  }
  return quality;
}

using BuildKey = std::tuple<std::string_view, std::string_view>;

BuildKey build_key(const QualityRow& row) {
  return {row.model, row.quant};
}
BuildKey build_key(const BuildKey& key) {
  return key;
}
std::string_view publisher_of(const QualityRow& row) {
  return row.publisher;
}
std::string_view publisher_of(std::string_view publisher) {
  return publisher;
}

struct ByBuild {
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    return build_key(a) < build_key(b);
  }
};
struct ByPublisher {
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    return publisher_of(a) < publisher_of(b);
  }
};

/// Rows are sorted by model, quant and publisher.
std::span<const QualityRow> rows_of(std::string_view model, std::string_view quant, const CatalogRows& rows) {
  const auto found =
      std::equal_range(rows.quality.begin(), rows.quality.end(), BuildKey(model, quant), ByBuild());
  return {found.first, found.second};
}

}  // namespace

double bytes_per_value(TensorType type) {
  const TensorTypeRow& row = tensor_type(type);
  return static_cast<double>(row.bytes) / row.block;
}

bool KvQuality::estimated() const {
  return (below != nullptr && below->estimate) || (above != nullptr && above->estimate);
}

KvQuality kv_quality(ModelKind kind, TensorType k, TensorType v, Tokens context, const CatalogRows& rows) {
  const KvQuality of_k = loss_of(kind, k, context, rows);
  const KvQuality of_v = k == v ? of_k : loss_of(kind, v, context, rows);
  return of_v.mean_kld > of_k.mean_kld ? of_v : of_k;
}

std::string_view quality_words(double mean_kld, const CatalogRows& rows) {
  std::string_view words;
  for (const QualityWordsRow& row : rows.quality_words) {
    if (mean_kld >= row.least_kld) words = row.words;
  }
  return words;
}

std::optional<Quality> quality_of(const Build& build, const Model& model, const Settings& settings,
                                  const CatalogRows& rows) {
  if (!build.quality) return std::nullopt;
  return quality_of(build, kv_quality(model.kind, settings.kv_k, settings.kv_v, settings.context, rows),
                    rows);
}

std::optional<Quality> quality_of(const Build& build, const KvQuality& kv, const CatalogRows& rows) {
  if (!build.quality) return std::nullopt;
  Quality quality;
  quality.weights = *build.quality;
  quality.kv = kv;
  quality.mean_kld = quality.weights.mean_kld + quality.kv.mean_kld;
  quality.words = quality_words(quality.mean_kld, rows);
  return quality;
}

std::span<const QualityRow> published_quality(const Build& build, const Model& model,
                                              const CatalogRows& rows) {
  if (build.publisher.empty()) return {};
  const std::string_view publisher = build.publisher;
  const auto found = rows_of(model.id, build.quant_id, rows);
  const auto by_them = std::equal_range(found.begin(), found.end(), publisher, ByPublisher());
  return {by_them.first, by_them.second};
}

const QualityRow* original_of(const QualityRow& row, const CatalogRows& rows) {
  for (const std::string_view quant : {"bf16", "f16"}) {
    for (const QualityRow& other : rows_of(row.model, quant, rows)) {
      if (other.metric == row.metric && other.kv == row.kv && other.protocol == row.protocol) return &other;
    }
  }
  return nullptr;
}

}  // namespace qwenfit
