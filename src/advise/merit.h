#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// Decode speed from which reading along is comfortable; slower than this, speed is worth more than quality.
inline constexpr double kComfortableTokS = 10;

/// What one choice is worth against another for the same model and machine.
struct Merit {
  /// Smaller is better, compared from the left: where its weights lie and whether it has 4 bits; the verdict;
  /// that nobody is known to publish it; bits beyond what anybody can tell apart; of an offload, the bits
  /// that system RAM is read for.
  std::array<std::uint32_t, 5> tier{};
  bool asked = true;  ///< with the cache type that was asked for
  std::optional<double> loss;
  Tokens context = 0;  ///< the largest that fits
  std::optional<double> tok_s;
};

/// `context` is the largest that fits. `loss` is for weights and cache.
Merit merit_of(const Build& build, const Estimate& estimate, Tokens context, std::optional<double> loss);

/// `a` is nowhere worse than `b` and somewhere better. A choice of a worse tier, or of a cache that was not
/// asked for against one that was, never dominates; nor does one whose
/// loss is unknown, or whose speed is unknown alone.
bool dominates(const Merit& a, const Merit& b);

/// Indices of those that no other dominates, in order; of equal ones the first.
std::vector<std::size_t> pareto_set(std::span<const Merit> merits);

/// `a` is to be recommended before `b`: by tier; then the best quality at a comfortable speed, and where no
/// speed is comfortable the fastest; then the larger context.
bool preferred(const Merit& a, const Merit& b);

}  // namespace qwenfit
