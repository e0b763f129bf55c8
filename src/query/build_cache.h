#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/weight_table.h"
#include "query/model_files.h"
#include "query/quality.h"
#include "qwenfit/catalog.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// Publisher of sizes computed by llama-quantize's rules, and of those computed by a format's rule.
inline constexpr std::string_view kComputedPublisher = "llama.cpp";
inline constexpr std::string_view kRulePublisher = "by rule";

/// A build and the table that it points to.
struct CachedBuild {
  Build build;
  std::shared_ptr<const WeightTable> table;
};

/// What decides about a build: everything but the machine beyond its buffer layouts.
struct BuildRequest {
  const ModelRow& model;
  const QuantRow& quant;
  std::string_view publisher;  ///< lower case; empty: the usual order
  bool mtp = false;            ///< the file must have the MTP block
  Layouts layouts;
  std::string_view runtime = {};  ///< whose own library counts where nobody else has the file; empty: none
};

/// Chooses builds of released models and of files, and computes their tables, each once.
class BuildCache {
 public:
  explicit BuildCache(const Catalog& catalog) : catalog_(catalog), quality_(catalog), files_(catalog) {}

  /// The build; none when the publisher, or anybody in the usual order, has none (with an MTP block, if
  /// asked). The pointer lives as long as the cache.
  const CachedBuild* find(const BuildRequest& request);

  const WeightLosses& quality() const { return quality_; }

  /// Models that were given as files.
  ModelFiles& files() { return files_; }

  /// Every publisher of the quant, the computed size included; with `mtp` those whose file has the MTP block.
  /// Nobody publishes a GGUF file that a person gave.
  std::vector<std::string> publishers(const ModelRow& model, const QuantRow& quant, bool mtp) const;

 private:
  using Key =
      std::tuple<const void*, const void*, std::string, bool, Bytes, Bytes, Bytes, Bytes, std::string>;

  std::optional<CachedBuild> make(const BuildRequest& request) const;
  CachedBuild from_rule(const BuildRequest& request, const BuildRow* row) const;
  CachedBuild computed(const BuildRequest& request) const;
  std::optional<CachedBuild> from_file(const BuildRequest& request, const ModelFile& file) const;
  CachedBuild published(const BuildRequest& request, const BuildRow& row) const;
  /// The file that somebody publishes of tensors that llama-quantize lays out; none where it is computed.
  const BuildRow* published_row(const BuildRequest& request) const;
  const BuildRow* choose_row(const BuildRequest& request) const;
  Bytes overhead(const ModelRow& model, const BuildRow& row) const;

  const Catalog& catalog_;
  WeightLosses quality_;
  ModelFiles files_;
  std::map<Key, std::optional<CachedBuild>> builds_;
};

}  // namespace qwenfit
