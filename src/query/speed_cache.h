#pragma once

#include <string>
#include <unordered_map>

#include "qwenfit/catalog.h"
#include "qwenfit/scenario.h"
#include "speed/calibration.h"

namespace qwenfit {

/// Keeps usual speeds that were resolved before: most builds of a machine share one, and many questions ask
/// for the same machine.
class SpeedCache {
 public:
  explicit SpeedCache(const Catalog& catalog) : catalog_(catalog), parameters_(catalog) {}

  SpeedModel find(const Machine& machine, const Settings& settings, const Model& model, const Build& build);

 private:
  const Catalog& catalog_;
  KnownParameters parameters_;
  std::unordered_map<std::string, SpeedModel> usual_;
};

}  // namespace qwenfit
