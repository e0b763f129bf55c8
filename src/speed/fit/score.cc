#include "speed/fit/score.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>

namespace qwenfit {
namespace {

constexpr int kResamples = 1000;
constexpr unsigned kSeed = 20261121;

using Clusters = std::vector<std::vector<double>>;

/// Errors by cluster, in the order of the clusters' names.
Clusters clusters_of(const std::vector<Observation>& observations, const std::vector<double>& log_errors,
                     const Chosen& chosen) {
  std::map<std::string, std::vector<double>> by_name;
  for (std::size_t i = 0; i < observations.size(); ++i) {
    if (!observations[i].row->generic && chosen(i))
      by_name[observations[i].cluster].push_back(std::expm1(log_errors[i]));
  }
  Clusters result;
  for (auto& [name, errors] : by_name) result.push_back(std::move(errors));
  return result;
}

double median_error(const Clusters& clusters, const std::vector<std::size_t>& picked) {
  std::vector<Weighted> errors;
  for (const std::size_t c : picked) {
    for (const double e : clusters[c])
      errors.push_back({std::abs(e), 1.0 / static_cast<double>(clusters[c].size())});
  }
  return quantile(std::move(errors), 0.5);
}

void bootstrap(const Clusters& clusters, Score& s) {
  std::mt19937 random(kSeed);
  std::vector<double> medians;
  std::vector<std::size_t> picked(clusters.size());
  for (int i = 0; i < kResamples; ++i) {
    // The engine's own numbers, as distributions differ between libraries.
    for (std::size_t& c : picked) c = random() % clusters.size();
    medians.push_back(median_error(clusters, picked));
  }
  std::sort(medians.begin(), medians.end());
  s.median_low = medians[kResamples / 10];
  s.median_high = medians[kResamples - kResamples / 10];
}

}  // namespace

double quantile(std::vector<Weighted> values, double share) {
  std::sort(values.begin(), values.end(),
            [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  double all = 0;
  for (const Weighted& v : values) all += v.weight;
  double sum = 0;
  for (const Weighted& v : values) {
    sum += v.weight;
    if (sum >= share * all * (1 - 1e-12)) return v.value;
  }
  return 0;
}

std::vector<Weighted> weighted(const std::vector<Observation>& observations,
                               const std::vector<double>& values, const Chosen& chosen) {
  std::map<std::string, double> rows;
  const auto counts = [&](std::size_t i) { return !observations[i].row->generic && chosen(i); };
  for (std::size_t i = 0; i < observations.size(); ++i) {
    if (counts(i)) ++rows[observations[i].cluster];
  }
  std::vector<Weighted> result;
  for (std::size_t i = 0; i < observations.size(); ++i) {
    if (counts(i)) result.push_back({values[i], 1 / rows[observations[i].cluster]});
  }
  return result;
}

Score score(const std::vector<Observation>& observations, const std::vector<double>& log_errors,
            const Chosen& chosen) {
  Score s;
  const Clusters clusters = clusters_of(observations, log_errors, chosen);
  s.clusters = clusters.size();
  if (clusters.empty()) return s;
  std::vector<Weighted> absolute, error;
  const double each = static_cast<double>(clusters.size());
  for (const auto& cluster : clusters) {
    const double weight = 1.0 / static_cast<double>(cluster.size());
    s.rows += cluster.size();
    for (const double e : cluster) {
      absolute.push_back({std::abs(e), weight});
      error.push_back({e, weight});
      if (std::abs(e) < 0.15) s.within_15 += weight / each;
      if (std::abs(e) < 0.25) s.within_25 += weight / each;
    }
  }
  s.median = quantile(std::move(absolute), 0.5);
  s.bias = quantile(std::move(error), 0.5);
  bootstrap(clusters, s);
  return s;
}

}  // namespace qwenfit
