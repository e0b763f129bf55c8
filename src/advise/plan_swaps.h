#pragma once

#include <optional>
#include <tuple>
#include <vector>

#include "advise/prices.h"
#include "query/blueprint.h"

namespace qwenfit {

/// What swaps are ordered by: those with a price first, within the budget before above it, by what they cost
/// more, at most that price; then those without by memory.
using SwapRank = std::tuple<bool, Within, double, Bytes>;

/// An entry of "gpus" with other boards in the place of its own.
struct EntrySwap {
  std::size_t entry = 0;
  PlannedGpu gpu;
  std::optional<UsdRange> usd;  ///< more than the build as planned; none: not known
  SwapRank rank;
};

/// The indices of the entries of "gpus", one of each that are alike, in an order that does not depend on
/// that in which they are written: of equal cards those that draw most first.
std::vector<std::size_t> unlike_entries(const Blueprint& build);

/// What could stand in the place of some entry, of its kind, and larger or faster: what is sold, and a few of
/// those without a price, the smallest. In the place of nothing any card. By rank; of equal ones that of
/// the first of `unlike_entries` first.
std::vector<EntrySwap> entry_swaps(const Blueprint& build, const Catalog& catalog);

Blueprint swapped(Blueprint build, const EntrySwap& swap);

/// What is paid more; none where a price is not known.
std::optional<UsdRange> usd_more(const std::optional<UsdRange>& now, const std::optional<UsdRange>& before);

}  // namespace qwenfit
