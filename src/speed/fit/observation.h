#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "qwenfit/catalog.h"
#include "speed/fit/benchmark.h"
#include "speed/loadings.h"
#include "speed/work.h"

namespace qwenfit {

/// What kind of set-up a row measured; accuracy is told for each.
enum class SetUp : std::uint8_t { dense, moe, several, offload, cpu };
std::string set_up_name(SetUp set_up);

/// A row as the calibration sees it: work at the specified figures, what tells it apart, and the time it
/// took.
struct Observation {
  const Benchmark* row = nullptr;
  SpeedPhase phase = SpeedPhase::decode;
  SetUp set_up = SetUp::dense;
  std::string cluster;  ///< source, device, count, model: each weighs one when scoring
  SpeedContext context;
  Work work;
  double seconds = 0;  ///< per token of one stream; prefill: per prompt
  double floor_s = 0;
  double bytes = 0;      ///< read per token
  double bandwidth = 0;  ///< of what holds most of them, as specified
  double depth = 0;
  std::string shape;  ///< first model of the catalog with this architecture
};

/// Rows that cannot be rebuilt from the catalog, with the reason.
using Unusable = std::map<std::string, std::string>;

/// Rebuilds every row that counts for the phase: machine, build and placement from the catalog, work from the
/// same functions that answer people.
std::vector<Observation> observe(const std::vector<Benchmark>& rows, SpeedPhase phase, const Catalog& catalog,
                                 Unusable& unusable);

/// A row rebuilt: everything a scenario points to.
struct Rebuilt {
  Machine machine;
  Model model;
  Build build;
  std::shared_ptr<const WeightTable> table;  ///< of the build
  Settings settings;
  Placement placement;
  Scenario scenario() const;
};

/// One row's machine, build and placement; none (with a reason) where the catalog lacks something.
std::optional<Rebuilt> rebuild(const Benchmark& row, const Catalog& catalog, std::string& why);

}  // namespace qwenfit
