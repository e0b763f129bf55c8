#pragma once

#include <vector>

#include "advise/sweep.h"

namespace qwenfit {

/// Decode speed of one user with so many tokens in context.
struct CurvePoint {
  Tokens filled = 0;
  Rate rate;
};

/// How an answer slows down as its context fills, up to the largest context that fits.
struct SpeedCurve {
  const Answer* of = nullptr;
  std::vector<CurvePoint> points;  ///< by `filled`; none where the answer has no speed
};
using SpeedCurves = std::vector<SpeedCurve>;

/// Each point is an estimate of its own: with the context in force or, where that is too short for it, with
/// as much as it takes. The depth and the context of the answer are among the points.
SpeedCurve speed_curve(const Question& question, const Answer& answer);

}  // namespace qwenfit
