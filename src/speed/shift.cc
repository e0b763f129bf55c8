#include "speed/shift.h"

#include <algorithm>
#include <cmath>

namespace qwenfit {
namespace {

constexpr int kSteps = 40;
/// Shifts stay within a factor of a hundred, whatever the rows say.
const double kMostShift = std::log(100);

double predicted(const MeasuredTime& t, const GroupValues& shift) {
  double seconds = 0;
  for (std::size_t i = 0; i < kShiftGroups; ++i) seconds += t.predicted_s[i] * std::exp(shift[i]);
  return seconds;
}

GroupValues product(const GroupMatrix& m, const GroupValues& v) {
  GroupValues out{};
  for (std::size_t i = 0; i < kShiftGroups; ++i) {
    for (std::size_t j = 0; j < kShiftGroups; ++j) out[i] += m[i][j] * v[j];
  }
  return out;
}

/// Of a matrix that is symmetric and positive definite.
GroupMatrix inverse(GroupMatrix m) {
  GroupMatrix out{};
  for (std::size_t i = 0; i < kShiftGroups; ++i) out[i][i] = 1;
  for (std::size_t pivot = 0; pivot < kShiftGroups; ++pivot) {
    const double scale = 1 / m[pivot][pivot];
    for (std::size_t j = 0; j < kShiftGroups; ++j) {
      m[pivot][j] *= scale;
      out[pivot][j] *= scale;
    }
    for (std::size_t i = 0; i < kShiftGroups; ++i) {
      if (i == pivot) continue;
      const double times = m[i][pivot];
      for (std::size_t j = 0; j < kShiftGroups; ++j) {
        m[i][j] -= times * m[pivot][j];
        out[i][j] -= times * out[pivot][j];
      }
    }
  }
  return out;
}

GroupMatrix widened(const Shift& prior, const GroupValues& at) {
  GroupMatrix covariance = prior.covariance;
  for (std::size_t i = 0; i < kShiftGroups; ++i) {
    const double moved = at[i] - prior.mean[i];
    covariance[i][i] = std::max(covariance[i][i], moved * moved);
  }
  return covariance;
}

}  // namespace

ShiftGroup shift_group(SpeedTerm term) {
  switch (term) {
    case SpeedTerm::kv:
    case SpeedTerm::prompt_attention:
      return ShiftGroup::depth;
    case SpeedTerm::host_weights:
    case SpeedTerm::host_experts:
    case SpeedTerm::host_layers:
    case SpeedTerm::host_cache:
    case SpeedTerm::prompt_copy:
      return ShiftGroup::ram;
    default:
      return ShiftGroup::devices;
  }
}

GroupValues shares_of(const MeasuredTime& t, const Shift& shift) {
  const double total = predicted(t, shift.mean);
  GroupValues shares{};
  for (std::size_t i = 0; i < kShiftGroups; ++i)
    shares[i] = t.predicted_s[i] * std::exp(shift.mean[i]) / total;
  return shares;
}

Shift most_likely(const Shift& prior, const std::vector<MeasuredTime>& times) {
  Shift at = prior;
  for (int step = 0; step < kSteps; ++step) {
    GroupMatrix precision = inverse(widened(prior, at.mean));
    GroupValues pull = product(precision, prior.mean);
    for (const MeasuredTime& t : times) {
      const GroupValues share = shares_of(t, at);
      double target = residual(t, at);
      for (std::size_t i = 0; i < kShiftGroups; ++i) target += share[i] * at.mean[i];
      for (std::size_t i = 0; i < kShiftGroups; ++i) {
        pull[i] += share[i] * target / t.variance;
        for (std::size_t j = 0; j < kShiftGroups; ++j) precision[i][j] += share[i] * share[j] / t.variance;
      }
    }
    at.covariance = inverse(precision);
    at.mean = product(at.covariance, pull);
    for (double& mean : at.mean) mean = std::clamp(mean, -kMostShift, kMostShift);
  }
  return at;
}

double variance_of(const Shift& shift, const GroupValues& shares) {
  const GroupValues moved = product(shift.covariance, shares);
  double variance = 0;
  for (std::size_t i = 0; i < kShiftGroups; ++i) variance += shares[i] * moved[i];
  return variance;
}

double residual(const MeasuredTime& t, const Shift& shift) {
  return std::log(t.seconds / predicted(t, shift.mean));
}

}  // namespace qwenfit
