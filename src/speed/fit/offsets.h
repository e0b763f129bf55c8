#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "speed/fit/observation.h"

namespace qwenfit {

/// Level, stack and key of an offset.
using OffsetId = std::tuple<SpeedBasis, std::string, std::string>;

/// Deviations of measured logarithms of time by level, estimated jointly with one per source. A source that
/// is slow everywhere does not make its devices slow: its own deviation is for nobody else.
class Offsets {
 public:
  Offsets() = default;
  /// Best linear unbiased prediction on cluster medians: every level Gaussian around 0 with the width of its
  /// key, sources with theirs, clusters with noise.
  Offsets(const std::vector<Observation>& observations, const std::vector<std::size_t>& rows,
          const std::vector<double>& residuals, SpeedPhase phase);

  /// What the levels say of a set-up, sources left aside.
  double of(const SpeedContext& context) const;
  /// The same with the source's own deviation.
  double of(const Observation& observation) const;
  const std::map<OffsetId, double>& values() const { return values_; }

 private:
  std::map<OffsetId, double> values_;
  std::map<std::string, double> sources_;
};

double median(std::vector<double> values);

}  // namespace qwenfit
