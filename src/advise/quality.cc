#include "advise/quality.h"

#include <algorithm>
#include <tuple>

namespace qwenfit {
namespace {

double bytes_per_value(TensorType type) {
  const TensorTypeRow& row = tensor_type(type);
  return static_cast<double>(row.bytes) / row.block;
}

double loss_of(ModelKind kind, TensorType type, const CatalogRows& rows) {
  const double own = bytes_per_value(type);
  double loss = 0;
  double nearest = -1;
  double worst = 0;
  for (const QualityLevelRow& row : rows.quality_levels) {
    if (row.kind != kind || row.of != "kv") continue;
    const auto known = tensor_type_from_id(row.name);
    if (!known) continue;
    const double size = bytes_per_value(*known);
    worst = std::max(worst, row.mean_kld);
    if (size <= own && size > nearest) {
      nearest = size;
      loss = row.mean_kld;
    }
  }
  return nearest < 0 ? worst : loss;
}

using BuildKey = std::tuple<std::string_view, std::string_view>;

BuildKey key_of(const QualityRow& row) {
  return {row.model, row.quant};
}
BuildKey key_of(const BuildKey& key) {
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
    return key_of(a) < key_of(b);
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

double kv_loss(ModelKind kind, TensorType k, TensorType v, const CatalogRows& rows) {
  return std::max(loss_of(kind, k, rows), loss_of(kind, v, rows));
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
  Quality quality;
  quality.weights = *build.quality;
  quality.kv_kld = kv_loss(model.kind, settings.kv_k, settings.kv_v, rows);
  quality.mean_kld = quality.weights.mean_kld + quality.kv_kld;
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
