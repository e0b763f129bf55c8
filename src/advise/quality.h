#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "qwenfit/catalog.h"
#include "qwenfit/quality.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// Of a type with blocks their scales included.
double bytes_per_value(TensorType type);

/// What a KV cache loses, and the rows at the contexts around the one in question.
struct KvQuality {
  double mean_kld = 0;  ///< nats
  const QualityLevelRow* below = nullptr;
  const QualityLevelRow* above = nullptr;  ///< null beyond the longest context that has a row

  bool estimated() const;
};

/// What a build with a KV cache type loses against the original with a 16-bit cache.
struct Quality {
  double mean_kld = 0;  ///< of weights and cache together, nats
  KvQuality kv;         ///< the cache's share, at the context in force
  WeightQuality weights;
  std::string_view words;  ///< how it reads
};

/// None where nothing is known of the weights.
std::optional<Quality> quality_of(const Build& build, const Model& model, const Settings& settings,
                                  const CatalogRows& rows);

/// The same for a cache of which that is known.
std::optional<Quality> quality_of(const Build& build, const KvQuality& kv, const CatalogRows& rows);

/// What a KV cache of these types loses with so many tokens in it: of the worse of the two. A type without
/// rows counts as the next smaller one that has some.
KvQuality kv_quality(ModelKind kind, TensorType k, TensorType v, Tokens context, const CatalogRows& rows);

/// `very close`, `typical 4 bit`, ...; empty without rows.
std::string_view quality_words(double mean_kld, const CatalogRows& rows);

/// Published measurements of exactly this build.
std::span<const QualityRow> published_quality(const Build& build, const Model& model,
                                              const CatalogRows& rows);
/// The original's value of the same metric, model and protocol; null where nobody measured it.
const QualityRow* original_of(const QualityRow& row, const CatalogRows& rows);

}  // namespace qwenfit
