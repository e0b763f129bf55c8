#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "speed/work.h"

namespace qwenfit {

/// What is shifted together on the logarithm of time: what grows with the depth; what lies in system RAM;
/// everything else on the devices and between them.
enum class ShiftGroup : std::uint8_t { devices, depth, ram, count };
inline constexpr std::size_t kShiftGroups = static_cast<std::size_t>(ShiftGroup::count);
ShiftGroup shift_group(SpeedTerm term);

using GroupValues = std::array<double, kShiftGroups>;  ///< by ShiftGroup
using GroupMatrix = std::array<GroupValues, kShiftGroups>;

/// A measured time beside the predicted one, which is the sum of the groups.
struct MeasuredTime {
  double seconds = 0;
  GroupValues predicted_s{};
  double variance = 0;  ///< of the logarithm
};

/// Shifts of the groups with their uncertainty.
struct Shift {
  GroupValues mean{};
  GroupMatrix covariance{};
};

/// The most likely shifts: those that explain the times without going far from what is assumed. A shift that
/// is large beside its prior widens the prior, so that a machine far from the usual is believed too.
Shift most_likely(const Shift& prior, const std::vector<MeasuredTime>& times);

/// Shares of the groups in the predicted time.
GroupValues shares_of(const MeasuredTime& time, const Shift& shift);

/// Variance that the shift leaves in the logarithm of a time made up so.
double variance_of(const Shift& shift, const GroupValues& shares);

/// ln(measured / predicted) after the shift.
double residual(const MeasuredTime& time, const Shift& shift);

}  // namespace qwenfit
