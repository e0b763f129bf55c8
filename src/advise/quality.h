#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "qwenfit/catalog.h"
#include "qwenfit/quality.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// What a build with a KV cache type loses against the original with a 16-bit cache.
struct Quality {
  double mean_kld = 0;  ///< of weights and cache together, nats
  double kv_kld = 0;    ///< the cache's share
  WeightQuality weights;
  std::string_view words;  ///< how it reads
};

/// None where nothing is known of the weights.
std::optional<Quality> quality_of(const Build& build, const Model& model, const Settings& settings,
                                  const CatalogRows& rows);

/// What a KV cache of these types loses: of the worse of the two. A type without a row counts as the next
/// smaller one that has one.
double kv_loss(ModelKind kind, TensorType k, TensorType v, const CatalogRows& rows);

/// `very close`, `typical 4 bit`, ...; empty without rows.
std::string_view quality_words(double mean_kld, const CatalogRows& rows);

/// Published measurements of exactly this build.
std::span<const QualityRow> published_quality(const Build& build, const Model& model,
                                              const CatalogRows& rows);
/// The original's value of the same metric, model and protocol; null where nobody measured it.
const QualityRow* original_of(const QualityRow& row, const CatalogRows& rows);

}  // namespace qwenfit
