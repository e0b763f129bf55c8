#include "speed/fit/pairs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <random>
#include <set>

#include "speed/fit/offsets.h"
#include "speed/fit/score.h"
#include "speed/speed.h"

namespace qwenfit {
namespace {

constexpr double kDepthApart = 1100;
/// Between the fastest and the slowest plain row of one set-up.
constexpr double kMostSpread = 2;
constexpr double kHuber = 0.1;
constexpr double kRangeCoverage = 0.8;
constexpr int kResamples = 1000;
constexpr unsigned kSeed = 20261121;
/// Depth of rows that do not state one: short tests.
constexpr Tokens kMeasuredDepth = 300;

std::string number_key(const std::optional<double>& value) {
  return value ? std::to_string(static_cast<long long>(*value)) : "-";
}

std::string set_up_key(const Benchmark& b) {
  std::string key;
  for (const std::string& part :
       {b.group, b.device, std::to_string(b.count), b.model, b.quant, b.engine, b.backend, b.kv_k, b.split,
        number_key(b.cpu_moe), number_key(b.gpu_layers)})
    key += part + "|";
  return key;
}

bool is_plain(const Benchmark& b) {
  return !b.generic && b.decode_tok_s && b.decode_left_out.empty() && b.speculation.empty() &&
         b.users.value_or(1) == 1;
}

/// Plain rows nearest in depth; none beyond `kDepthApart`, nor where only one of the two states a depth.
std::vector<const Benchmark*> nearest_depth(const std::vector<const Benchmark*>& rows, const Benchmark& row) {
  std::vector<const Benchmark*> nearest;
  double least = kDepthApart;
  for (const Benchmark* plain : rows) {
    if (plain->depth.has_value() != row.depth.has_value()) continue;
    const double apart = row.depth ? std::abs(*plain->depth - *row.depth) : 0;
    if (apart > least) continue;
    if (apart < least) nearest.clear();
    least = apart;
    nearest.push_back(plain);
  }
  return nearest;
}

/// Median time of the plain rows of a row's set-up; none without any.
std::optional<double> plain_seconds(const std::vector<const Benchmark*>& set_up, const Benchmark& row) {
  std::vector<const Benchmark*> rows;
  for (const Benchmark* plain : set_up) {
    if (plain->url == row.url) rows.push_back(plain);
  }
  rows = nearest_depth(rows, row);
  if (rows.empty()) rows = nearest_depth(set_up, row);
  if (rows.empty()) return std::nullopt;
  std::vector<double> seconds;
  seconds.reserve(rows.size());
  for (const Benchmark* plain : rows) seconds.push_back(1 / *plain->decode_tok_s);
  const auto [least, most] = std::minmax_element(seconds.begin(), seconds.end());
  if (*most > kMostSpread * *least) return std::nullopt;
  return median(seconds);
}

/// The calibration of the row's machine without deviations by device, scaled to the measured plain time.
SpeedModel scaled_model(const Rebuilt& r, const Benchmark& row, double plain_s, const Catalog& catalog,
                        const ParameterValues& decode) {
  SpeedModel m = speed_model(r.machine, r.settings, r.model, r.build, catalog);
  for (std::size_t d = 0; d <= r.machine.devices.size(); ++d) {
    const SpeedContext context = speed_context(r.machine, d, r.settings, r.model, r.build, catalog);
    TermFactors& factors = d < m.devices.size() ? m.devices[d] : m.host;
    for (std::size_t t = 0; t < kSpeedTermCount; ++t)
      factors[t] = factor_of(static_cast<SpeedTerm>(t), context, decode);
  }
  const Tokens depth = row.depth ? static_cast<Tokens>(*row.depth) : kMeasuredDepth;
  const double scale = plain_s / calibrated_s(decode_work(r.scenario(), r.placement, {depth, 1, 1}), m);
  for (TermFactors& factors : m.devices) {
    for (double& factor : factors) factor *= scale;
  }
  for (double& factor : m.host) factor *= scale;
  return m;
}

std::vector<double> weights_of(const std::vector<Pair>& pairs, const std::vector<bool>& used) {
  std::map<std::string, double> rows;
  for (std::size_t i = 0; i < pairs.size(); ++i) rows[pairs[i].cluster] += used[i] ? 1 : 0;
  std::vector<double> weights(pairs.size(), 0.0);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (used[i]) weights[i] = 1 / rows[pairs[i].cluster];
  }
  return weights;
}

double huber(double error) {
  const double a = std::abs(error);
  return a < kHuber ? a * a / 2 : kHuber * (a - kHuber / 2);
}

/// Smallest |error| that holds the coverage of the used pairs.
double width_of(const std::vector<Pair>& pairs, const std::vector<double>& errors,
                const std::vector<bool>& used) {
  const std::vector<double> weights = weights_of(pairs, used);
  std::vector<Weighted> values;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (used[i]) values.push_back({std::abs(errors[i]), weights[i]});
  }
  return quantile(std::move(values), kRangeCoverage);
}

/// Median of |speed error| over clusters drawn with replacement.
void bootstrap(const std::map<std::string, std::vector<double>>& by_cluster, PairScore& score) {
  std::vector<const std::vector<double>*> clusters;
  clusters.reserve(by_cluster.size());
  for (const auto& [name, errors] : by_cluster) clusters.push_back(&errors);
  std::mt19937 random(kSeed);
  std::vector<double> medians;
  for (int i = 0; i < kResamples; ++i) {
    std::vector<Weighted> drawn;
    for (std::size_t c = 0; c < clusters.size(); ++c) {
      const auto& errors = *clusters[random() % clusters.size()];
      for (const double e : errors) drawn.push_back({std::abs(e), 1.0 / static_cast<double>(errors.size())});
    }
    medians.push_back(quantile(std::move(drawn), 0.5));
  }
  std::sort(medians.begin(), medians.end());
  score.median_low = medians[kResamples / 10];
  score.median_high = medians[kResamples - kResamples / 10];
}

}  // namespace

std::vector<Pair> pair_up(const std::vector<Benchmark>& rows,
                          const std::function<bool(const Benchmark&)>& chosen, const Catalog& catalog,
                          const ParameterValues& decode) {
  const ParameterValues values = decode ? decode : [&](std::string_view id) -> std::optional<double> {
    const SpeedParameterRow* row = catalog.speed_parameter(parameter_id(id));
    return row == nullptr ? std::nullopt : std::optional(row->value);
  };
  std::map<std::string, std::vector<const Benchmark*>> plain;
  for (const Benchmark& row : rows) {
    if (is_plain(row)) plain[set_up_key(row)].push_back(&row);
  }
  std::vector<Pair> pairs;
  for (const Benchmark& row : rows) {
    if (row.generic || !row.decode_tok_s || row.depth.value_or(0) > kDeepestPair || !chosen(row)) continue;
    const auto set_up = plain.find(set_up_key(row));
    const auto plain_s = set_up == plain.end() ? std::nullopt : plain_seconds(set_up->second, row);
    std::string why;
    auto rebuilt = plain_s ? rebuild(row, catalog, why) : std::nullopt;
    if (!rebuilt) continue;
    Pair pair;
    pair.row = &row;
    pair.plain_s = *plain_s;
    pair.seconds = 1 / *row.decode_tok_s;
    pair.cluster = row.group + "|" + row.device + "|" + std::to_string(row.count) + "|" + row.model;
    pair.rebuilt = std::make_shared<const Rebuilt>(std::move(*rebuilt));
    pair.model = scaled_model(*pair.rebuilt, row, *plain_s, catalog, values);
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

std::size_t best_candidate(const Candidates& candidates, const std::vector<Pair>& pairs,
                           const std::vector<bool>& used) {
  std::vector<double> weights = weights_of(pairs, used);
  // A source of n clusters weighs n^0.5.
  std::map<std::string, double> clusters;
  for (std::size_t i = 0; i < pairs.size(); ++i) clusters[pairs[i].row->group] += weights[i];
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (used[i]) weights[i] /= std::sqrt(clusters[pairs[i].row->group]);
  }
  std::size_t best = 0;
  double least = HUGE_VAL;
  for (std::size_t c = 0; c < candidates.errors.size(); ++c) {
    double loss = 0;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (used[i]) loss += weights[i] * huber(candidates.errors[c][i]);
    }
    if (loss < least * (1 - 1e-12)) {
      least = loss;
      best = c;
    }
  }
  return best;
}

std::vector<double> left_out_errors(const Candidates& candidates, const std::vector<Pair>& pairs,
                                    const GroupOf& group) {
  std::set<std::string> groups;
  for (const Pair& pair : pairs) groups.insert(group(pair));
  std::vector<double> errors(pairs.size(), 0.0);
  for (const std::string& left_out : groups) {
    std::vector<bool> used;
    used.reserve(pairs.size());
    for (const Pair& pair : pairs) used.push_back(group(pair) != left_out);
    const std::size_t best = best_candidate(candidates, pairs, used);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (!used[i]) errors[i] = candidates.errors[best][i];
    }
  }
  return errors;
}

std::string source_of(const Pair& pair) {
  return pair.row->group;
}

std::string cluster_of(const Pair& pair) {
  return pair.cluster;
}

PairScore score_pairs(const std::vector<Pair>& pairs, const std::vector<double>& log_errors,
                      const std::function<bool(const Pair&)>& chosen, const GroupOf& group) {
  std::vector<bool> used;
  used.reserve(pairs.size());
  for (const Pair& pair : pairs) used.push_back(chosen(pair));
  const std::vector<double> weights = weights_of(pairs, used);
  std::map<std::string, std::vector<double>> by_cluster;
  std::map<std::string, double> width_without;
  std::set<std::string> sources;
  PairScore score;
  std::vector<Weighted> absolute, signed_errors;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!used[i]) continue;
    // Times come out too long by e^error: speeds too low.
    const double error = std::expm1(-log_errors[i]);
    by_cluster[pairs[i].cluster].push_back(error);
    sources.insert(pairs[i].row->group);
    absolute.push_back({std::abs(error), weights[i]});
    signed_errors.push_back({error, weights[i]});
    score.within_15 += std::abs(error) < 0.15 ? weights[i] : 0;
    score.within_25 += std::abs(error) < 0.25 ? weights[i] : 0;
    const auto [width, is_new] = width_without.emplace(group(pairs[i]), 0.0);
    if (is_new) {
      std::vector<bool> others = used;
      for (std::size_t j = 0; j < pairs.size(); ++j) others[j] = used[j] && group(pairs[j]) != width->first;
      width->second = width_of(pairs, log_errors, others);
    }
    score.covered += std::abs(log_errors[i]) <= width->second ? weights[i] : 0;
  }
  score.rows = absolute.size();
  score.clusters = by_cluster.size();
  score.sources = sources.size();
  if (by_cluster.empty()) return score;
  const double all = static_cast<double>(score.clusters);
  for (double* share : {&score.within_15, &score.within_25, &score.covered}) *share /= all;
  score.median = quantile(std::move(absolute), 0.5);
  score.bias = quantile(std::move(signed_errors), 0.5);
  score.half_width = width_of(pairs, log_errors, used);
  bootstrap(by_cluster, score);
  return score;
}

std::string score_line(const PairScore& s) {
  constexpr std::size_t kJudged = 8;
  std::array<char, 240> text{};
  std::snprintf(
      text.data(), text.size(),
      "%3zu rows %2zu clusters %d sources: median %4.1f %% (%.1f-%.1f), within 15 %% %2.0f, within 25 %% "
      "%2.0f, bias %+.1f %%; 80 %% half width %.2f, covers %2.0f %%%s",
      s.rows, s.clusters, static_cast<int>(s.sources), 100 * s.median, 100 * s.median_low,
      100 * s.median_high, 100 * s.within_15, 100 * s.within_25, 100 * s.bias, s.half_width, 100 * s.covered,
      s.clusters < kJudged ? " (under 8 clusters: not judged)" : "");
  return text.data();
}

}  // namespace qwenfit
