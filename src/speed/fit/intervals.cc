#include "speed/fit/intervals.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "speed/fit/score.h"

namespace qwenfit {
namespace {

constexpr double kCoverage = 0.8;
/// Quantiles of n clusters fall short of those of new ones, the more the fewer they are.
double small_sample(double clusters) {
  return clusters > 0 ? 1.05 + 1 / clusters : 1;
}
/// Clusters at which a cell counts as much as what is above it.
constexpr double kEnoughClusters = 8;
constexpr std::size_t kLevels = static_cast<std::size_t>(SpeedBasis::count);

/// Quantile and number of clusters of the chosen rows.
Width raw(const Evidence& e, const std::vector<double>& absolute, const Chosen& chosen) {
  std::set<std::string> clusters;
  for (std::size_t i = 0; i < absolute.size(); ++i) {
    if (!e.observations[i].row->generic && chosen(i)) clusters.insert(e.observations[i].cluster);
  }
  return {quantile(weighted(e.observations, absolute, chosen), kCoverage), 0, clusters.size()};
}

Width drawn_towards(const Width& cell, double above) {
  const double n = static_cast<double>(cell.clusters);
  Width result = cell;
  result.half_width = (n * cell.half_width + kEnoughClusters * above) / (n + kEnoughClusters);
  return result;
}

/// A level with few clusters is at least as wide as the finer one before it, and the finest as wide as the
/// next. The others are as wide as their own left-out rows say, even where these happen to be more regular
/// than a finer level's.
void widen_where_few(Widths& widths, std::size_t kind, const std::array<double, kLevels>& clusters) {
  if (clusters[0] < kEnoughClusters) widths[0][kind].half_width = widths[1][kind].half_width;
  for (std::size_t level = 1; level < kLevels; ++level) {
    double& half_width = widths[level][kind].half_width;
    if (clusters[level] < kEnoughClusters)
      half_width = std::max(half_width, widths[level - 1][kind].half_width);
  }
}

/// Widths from the rows that `used` names.
Widths widths_of(const Evidence& e, const std::vector<double>& absolute,
                 const std::vector<SpeedBasis>& levels, const Chosen& used) {
  Widths result;
  const double all = raw(e, absolute, used).half_width;
  std::array<double, kLevels> clusters{};
  for (std::size_t level = 0; level < kLevels; ++level) {
    const auto at_level = [&](std::size_t i) {
      return used(i) && static_cast<std::size_t>(levels[i]) == level;
    };
    const Width own = raw(e, absolute, at_level);
    clusters[level] = static_cast<double>(own.clusters);
    const Width of_level = drawn_towards(own, all);
    for (std::size_t kind = 0; kind < 3; ++kind) {
      const Width cell = raw(e, absolute, [&](std::size_t i) {
        return at_level(i) && static_cast<std::size_t>(kind_of(e.observations[i])) == kind;
      });
      result[level][kind] = drawn_towards(cell, of_level.half_width);
      result[level][kind].half_width *= small_sample(clusters[level]);
    }
  }
  for (std::size_t kind = 0; kind < 3; ++kind) widen_where_few(result, kind, clusters);
  return result;
}

std::vector<double> magnitudes(const std::vector<double>& values) {
  std::vector<double> result;
  result.reserve(values.size());
  for (const double v : values) result.push_back(std::abs(v));
  return result;
}

}  // namespace

MachineKind kind_of(const Observation& o) {
  if (o.set_up == SetUp::cpu || o.set_up == SetUp::offload) return MachineKind::host;
  return o.set_up == SetUp::several ? MachineKind::multi : MachineKind::gpu;
}

std::vector<bool> inside(const Evidence& e, const std::vector<double>& log_errors,
                         const std::vector<SpeedBasis>& levels) {
  const std::vector<double> absolute = magnitudes(log_errors);
  std::set<std::string> sources;
  for (const Observation& o : e.observations) sources.insert(o.row->group);
  std::vector<bool> result(absolute.size(), false);
  for (const std::string& source : sources) {
    const Widths others =
        widths_of(e, absolute, levels, [&](std::size_t i) { return e.observations[i].row->group != source; });
    for (std::size_t i = 0; i < absolute.size(); ++i) {
      const Observation& o = e.observations[i];
      if (o.row->group != source) continue;
      const Width& width = others[static_cast<std::size_t>(levels[i])][static_cast<std::size_t>(kind_of(o))];
      result[i] = absolute[i] <= width.half_width;
    }
  }
  return result;
}

Widths widths(const Evidence& e, const std::vector<double>& log_errors,
              const std::vector<SpeedBasis>& levels) {
  const std::vector<double> absolute = magnitudes(log_errors);
  Widths result = widths_of(e, absolute, levels, [](std::size_t) { return true; });
  const std::vector<bool> in = inside(e, log_errors, levels);
  std::vector<double> hits;
  hits.reserve(in.size());
  for (const bool hit : in) hits.push_back(hit ? 1 : 0);
  for (std::size_t level = 0; level < kLevels; ++level) {
    for (std::size_t kind = 0; kind < 3; ++kind) {
      double sum = 0, all = 0;
      for (const Weighted& w : weighted(e.observations, hits, [&](std::size_t i) {
             return static_cast<std::size_t>(levels[i]) == level &&
                    static_cast<std::size_t>(kind_of(e.observations[i])) == kind;
           })) {
        sum += w.value * w.weight;
        all += w.weight;
      }
      result[level][kind].covered = all > 0 ? sum / all : 0;
    }
  }
  return result;
}

}  // namespace qwenfit
