#pragma once

#include <optional>

#include "qwenfit/catalog.h"

namespace qwenfit {

inline constexpr double kTera = 1e12;

/// Operations per second that prefill is measured against: the geometric mean of vector (2 x FP32) and matrix
/// rate, which orders devices better than either; none where no rate is known.
std::optional<double> matmul_flops(const DeviceRow& row);

/// The highest specified dense rate of any kind that prefill can use: its ceiling.
std::optional<double> peak_flops(const DeviceRow& row);

}  // namespace qwenfit
