#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "qwenfit/catalog.h"
#include "speed/calibration.h"
#include "speed/fit/observation.h"

namespace qwenfit {

/// A row with drafting or several users, and what the same set-up does for one user without.
struct Pair {
  const Benchmark* row = nullptr;
  double plain_s = 0;   ///< per token, one user, no drafting: median of the rows of the set-up
  double seconds = 0;   ///< per token of one stream
  std::string cluster;  ///< source, device, count, model: each weighs one
  std::shared_ptr<const Rebuilt> rebuilt;
  /// Decode parameters with every time scaled so that the plain step takes what was measured.
  SpeedModel model;
};

/// Deepest context of a pair. Rates of deeper ones hold time of prompts, of other users or of the very
/// request.
inline constexpr double kDeepestPair = 4096;

/// The chosen rows for which a plain row exists: of the same page, else of the same source, with the same
/// device, count, model, quant, engine, back end, cache type, split and layers in RAM, at the nearest depth.
/// Plain rows that differ more than twofold are not one set-up. `decode`: parameters of the plain step, which
/// decide how its time divides among terms.
std::vector<Pair> pair_up(const std::vector<Benchmark>& rows,
                          const std::function<bool(const Benchmark&)>& chosen, const Catalog& catalog,
                          const ParameterValues& decode);

/// What candidates make of pairs: `errors[candidate][pair]` is ln(predicted time / measured time).
struct Candidates {
  std::vector<std::vector<double>> errors;
};

/// The candidate with the least Huber loss over the pairs that are used, each cluster of a source of n
/// clusters weighing n^-0.5; the first of equals.
std::size_t best_candidate(const Candidates& candidates, const std::vector<Pair>& pairs,
                           const std::vector<bool>& used);

using GroupOf = std::function<std::string(const Pair&)>;

/// ln(predicted time / measured time) of every pair, with its whole group left out of the choice.
std::vector<double> left_out_errors(const Candidates& candidates, const std::vector<Pair>& pairs,
                                    const GroupOf& group);

std::string source_of(const Pair& pair);
std::string cluster_of(const Pair& pair);

/// Figures of left-out pairs, each cluster weighing one. Errors are of the speed.
struct PairScore {
  std::size_t rows = 0, clusters = 0, sources = 0;
  double median = 0;                       ///< of |error|
  double median_low = 0, median_high = 0;  ///< 80 % bootstrap interval, over clusters
  double within_15 = 0, within_25 = 0;     ///< shares
  double bias = 0;                         ///< median error
  double half_width = 0;                   ///< of ln(tok/s): holds 80 %
  double covered = 0;                      ///< share inside the half width of the other groups
};
PairScore score_pairs(const std::vector<Pair>& pairs, const std::vector<double>& log_errors,
                      const std::function<bool(const Pair&)>& chosen, const GroupOf& group);

/// `14.0 % median (11.2-17.9), 66 % within 15 %, ...` of one score.
std::string score_line(const PairScore& score);

}  // namespace qwenfit
