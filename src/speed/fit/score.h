#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "speed/fit/observation.h"

namespace qwenfit {

/// Figures of a set of rows, each cluster weighing one. Errors are of the speed: predicted / measured - 1.
struct Score {
  std::size_t rows = 0, clusters = 0;
  double median = 0;     ///< of |error|
  double within_15 = 0;  ///< share
  double within_25 = 0;
  double bias = 0;                         ///< median error
  double median_low = 0, median_high = 0;  ///< 80 % bootstrap interval of the median, over clusters
};

/// A value of a row with its weight: 1 / rows of its cluster among those chosen.
struct Weighted {
  double value = 0;
  double weight = 0;
};

/// Smallest value at which the weights reach `share` of their sum; 0 for none.
double quantile(std::vector<Weighted> values, double share);

using Chosen = std::function<bool(std::size_t row)>;

/// Rows of data/benchmarks proper that are chosen, by cluster weight; rows of other model families never
/// count.
std::vector<Weighted> weighted(const std::vector<Observation>& observations,
                               const std::vector<double>& values, const Chosen& chosen);

/// `log_errors`: ln(measured time / predicted time).
Score score(const std::vector<Observation>& observations, const std::vector<double>& log_errors,
            const Chosen& chosen);

}  // namespace qwenfit
