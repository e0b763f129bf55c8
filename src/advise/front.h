#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "qwenfit/units.h"

namespace qwenfit {

/// What money buys: cheaper, faster and a larger context are better.
struct Point {
  double usd = 0;
  double tok_s = 0;
  Tokens context = 0;
};

/// `a` is nowhere worse than `b` and somewhere better.
bool beats(const Point& a, const Point& b);

/// Indices of the points that no other beats, cheapest first; of equal points the first.
std::vector<std::size_t> price_front(std::span<const Point> points);

}  // namespace qwenfit
