#include "speed/fit/offsets.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Dense>

namespace qwenfit {
namespace {

/// Widths of one source's deviation and of a cluster's noise, of ln(time); medians beyond the clip count as
/// the clip. Prefill varies more, in all levels alike.
constexpr double kSourceSd = 0.08, kNoiseSd = 0.10, kClip = 0.7;
constexpr double kPrefillScale = 2;

OffsetId id_of(const OffsetKey& key) {
  return {key.level, key.stack, key.key};
}

/// One cluster on one stack in one kind of set-up, with its median residual.
struct Group {
  const Observation* first = nullptr;
  std::vector<double> residuals;
};

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

Offsets::Offsets(const std::vector<Observation>& observations, const std::vector<std::size_t>& rows,
                 const std::vector<double>& residuals, SpeedPhase phase) {
  std::map<std::string, Group> groups;
  for (const std::size_t row : rows) {
    const Observation& o = observations[row];
    Group& group = groups[o.cluster + "|" + o.context.stack + "|" + set_up_name(o.set_up)];
    if (group.first == nullptr) group.first = &o;
    group.residuals.push_back(residuals[row]);
  }
  const double scale = phase == SpeedPhase::prefill ? kPrefillScale : 1;
  std::map<OffsetId, Eigen::Index> index;
  std::map<std::string, Eigen::Index> source_index;
  std::vector<double> sd;
  const auto column = [&](auto& map, const auto& key, double width) {
    const auto [at, is_new] = map.emplace(key, static_cast<Eigen::Index>(sd.size()));
    if (is_new) sd.push_back(width * scale);
    return at->second;
  };
  std::vector<std::vector<Eigen::Index>> columns;
  std::vector<double> medians;
  for (const auto& [name, group] : groups) {
    std::vector<Eigen::Index> used;
    for (const OffsetKey& key : offset_keys(group.first->context))
      used.push_back(column(index, id_of(key), key.prior_sd));
    used.push_back(column(source_index, group.first->row->group, kSourceSd));
    columns.push_back(std::move(used));
    medians.push_back(std::clamp(median(group.residuals), -kClip, kClip));
  }
  const auto n = static_cast<Eigen::Index>(sd.size());
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(n, n);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(n);
  for (Eigen::Index i = 0; i < n; ++i) normal(i, i) = std::pow(sd[static_cast<std::size_t>(i)], -2);
  const double weight = std::pow(kNoiseSd * scale, -2);
  for (std::size_t g = 0; g < columns.size(); ++g) {
    for (const auto i : columns[g]) {
      right[i] += weight * medians[g];
      for (const auto j : columns[g]) normal(i, j) += weight;
    }
  }
  const Eigen::VectorXd solved = normal.ldlt().solve(right);
  for (const auto& [id, i] : index) values_[id] = solved[i];
  for (const auto& [source, i] : source_index) sources_[source] = solved[i];
}

double Offsets::of(const SpeedContext& context) const {
  double sum = 0;
  for (const OffsetKey& key : offset_keys(context)) {
    const auto found = values_.find(id_of(key));
    if (found != values_.end()) sum += found->second;
  }
  return sum;
}

double Offsets::of(const Observation& o) const {
  const auto found = sources_.find(o.row->group);
  return of(o.context) + (found == sources_.end() ? 0 : found->second);
}

}  // namespace qwenfit
