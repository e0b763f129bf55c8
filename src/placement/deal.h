#pragma once

#include <cmath>
#include <optional>
#include <vector>

#include "placement/costs.h"
#include "placement/runs.h"

namespace qwenfit {

/// Layers per device, in order, and the seconds of a step that depend on it.
struct Deal {
  std::vector<double> counts;
  double seconds = 0;
};

/// The fastest deal in which no device takes more than it may; none where there is no such deal of less than
/// `below` seconds. Exact: every way to cut the layers into runs is considered.
std::optional<Deal> fastest_deal(Runs& runs, const DecodeCosts& costs, const std::vector<Bytes>& may_take,
                                 double below = HUGE_VAL);

/// Any such deal: each device takes what it can, in order.
std::optional<Deal> any_deal(Runs& runs, const std::vector<Bytes>& may_take);

/// The deal that keeps the largest share of every device free, among those of less than `below` seconds; none
/// where no such deal fits.
std::optional<Deal> evenest_deal(Runs& runs, const DecodeCosts& costs, double below);

/// Where nothing fits: the deal whose fullest device is short by the smallest share.
Deal least_short_deal(Runs& runs, const DecodeCosts& costs);

}  // namespace qwenfit
