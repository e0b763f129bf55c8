#pragma once

#include <string>
#include <unordered_map>

#include "qwenfit/catalog.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// Keeps calibrations that were resolved before: many questions ask for the same machine and build.
class SpeedCache {
 public:
  explicit SpeedCache(const Catalog& catalog) : catalog_(catalog) {}

  /// Valid until the next call.
  const SpeedModel& find(const Machine& machine, const Settings& settings, const Model& model,
                         const Build& build);

 private:
  const Catalog& catalog_;
  std::unordered_map<std::string, SpeedModel> models_;
};

}  // namespace qwenfit
