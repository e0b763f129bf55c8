#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// Slower than this, speed is worth more than quality: a quarter above what is ahead of nearly every reader
/// (8 tok/s, as the rows of speed words have it), since estimates may be that much too high.
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

/// At least as fast as is comfortable, as far as is known.
bool is_comfortable(const Merit& merit);

/// `context` is the largest that fits. `loss` is for weights and cache.
Merit merit_of(const Build& build, const Estimate& estimate, Tokens context, std::optional<double> loss);

/// `a` is nowhere worse than `b` in quality, context and speed, and somewhere better. None whose loss is
/// unknown dominates, nor where the speed of only one is known.
bool dominates(const Merit& a, const Merit& b);

/// Indices of those that no other dominates, in order; of equal ones that with the cache that was asked for,
/// then the preferred, then the first.
std::vector<std::size_t> pareto_set(std::span<const Merit> merits);

/// `a` is to be recommended before `b`: by tier; then the best quality at a comfortable speed, and where no
/// speed is comfortable the fastest; then the larger context.
bool preferred(const Merit& a, const Merit& b);

/// The choice to recommend: the preferred one with the cache that was asked for, or, where something is
/// better in quality, context and speed, the preferred one of those. None of none.
std::optional<std::size_t> recommended(std::span<const Merit> merits);

}  // namespace qwenfit
