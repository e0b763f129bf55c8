#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// Places in `Merit::tier`.
inline constexpr std::size_t kPlaceTier = 0, kEffortTier = 1, kVerdictTier = 2;

/// What one choice is worth against another for the same model and machine.
struct Merit {
  /// Smaller is better, compared from the left: where its weights lie and whether it has few bits; what it
  /// takes to get it (published, converted, the original itself, or nobody has it); the verdict; bits beyond
  /// what anybody can tell apart; of an offload, the bits that system RAM is read for.
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

/// It runs, in the best place that there is, and not with few bits.
bool is_well_placed(const Build& build, const Estimate& estimate);
/// `a` is not recommended, whatever its answer, beside `b`, which is well placed: it has few bits, or more is
/// needed to get it.
bool comes_after(const Build& a, const Build& b);

/// `a` is nowhere worse than `b` in quality, context and speed, and somewhere better. None whose loss is
/// unknown dominates, nor where the speed of only one is known.
bool dominates(const Merit& a, const Merit& b);

/// Indices of those that no other dominates, in order; of equal ones that with the cache that was asked for,
/// then the preferred, then the first.
std::vector<std::size_t> pareto_set(std::span<const Merit> merits);

/// `a` is to be recommended before `b`: by tier; then the best quality at a comfortable speed, and where no
/// speed is comfortable the fastest; then the larger context.
bool preferred(const Merit& a, const Merit& b);

/// `a` dominates `b`, with the same cache, not few bits unless `b` has few, and published if `b` is.
bool may_replace(const Merit& a, const Merit& b);

/// Fewer bits than `AdviceFigures::least_useful_bits`.
bool has_few_bits(const Build& build);
bool has_few_bits(const Merit& merit);

/// Why what is better than the recommended choice, or faster where nothing is comfortable, was not chosen.
struct Grounds {
  bool unpublished = false;  ///< of some, that nobody publishes them
  bool tight = false;        ///< of some, that they leave too little free
  bool few_bits = false;     ///< of some, that they have few bits
  bool others = false;       ///< of some, none of the rules of `preferred`
};
Grounds grounds_of(std::span<const Merit> merits, std::size_t recommended);

/// The choice to recommend: the preferred one with the cache that was asked for, or, where something may
/// replace that, the preferred one of those. None of none.
std::optional<std::size_t> recommended(std::span<const Merit> merits);

}  // namespace qwenfit
