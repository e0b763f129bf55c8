#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "query/build_cache.h"
#include "qwenfit/estimate.h"
#include "qwenfit/query.h"
#include "speed/measured.h"

namespace qwenfit {

/// Files of one quant by other publishers, and by other versions of the quantizer, differ in size by less.
inline constexpr double kSameQuantShare = 0.10;

/// The file that a row was measured with.
struct BenchBuild {
  const ModelRow* row = nullptr;
  Model model;
  Build build;
  std::shared_ptr<const WeightTable> table;
  Settings settings;  ///< of a plain run of llama.cpp
};

/// A row with every name resolved.
struct BenchScenario {
  std::shared_ptr<const BenchBuild> file;
  Settings settings;
  Placement placement;
  bool in_ram = false;  ///< with a part in system RAM, or all of it

  Scenario scenario(const Machine& machine) const;
};

/// Finds out what rows were measured with: the model by its name and number of parameters, the quant by its
/// name and size, the placement by the options.
class BenchResolver {
 public:
  BenchResolver(const Question& question, const Catalog& catalog, BuildCache& cache, const Layouts& layouts)
      : question_(question), catalog_(catalog), cache_(cache), layouts_(layouts) {}

  /// None with the reason in `why`.
  std::optional<BenchScenario> operator()(const BenchRow& row, std::string& why);

 private:
  using Key = std::tuple<const ModelRow*, const QuantRow*, Bytes, bool>;

  const ModelRow* model_of(const BenchRow& row) const;
  const QuantRow* quant_of(const BenchRow& row) const;
  bool in_question(const ModelRow& row) const;
  std::shared_ptr<const BenchBuild> file_of(const BenchRow& row, const ModelRow& model,
                                            const QuantRow& quant);
  bool find_weights(const ModelRow& model, const QuantRow& quant, Bytes bytes, bool mtp, BenchBuild& out);
  bool set_options(const BenchRow& row, BenchScenario& out, std::string& why) const;

  const Question& question_;
  const Catalog& catalog_;
  BuildCache& cache_;
  Layouts layouts_;
  std::map<Key, std::shared_ptr<const BenchBuild>> files_;
};

}  // namespace qwenfit
