#pragma once

#include <cstdint>
#include <vector>

#include "placement/layout.h"
#include "qwenfit/catalog.h"
#include "qwenfit/scenario.h"
#include "speed/work.h"

namespace qwenfit {

/// A step that drafts tokens with the MTP block and verifies them.
struct Drafting {
  double tokens_per_step = 1;  ///< kept, on average
  double seconds = 0;
  double floor_s =
      0;  ///< least time for `tokens_per_step`: every drafted token kept, at the specified bandwidths
};

/// Tokens drafted beyond this many count as this many: programs end a draft that has become unlikely.
inline constexpr std::uint32_t kMostDrafts = 4;

/// Tokens that a step in this runtime drafts: its memory is counted with as many and its command says so.
std::uint32_t drafted_tokens(const RuntimeRow& runtime);

/// Bandwidth per FP32 operation of each device, as a multiple of the usual; 1 where it is unknown.
std::vector<double> draft_balances(const Machine& machine, const Catalog& catalog);

/// A step with drafting: for every drafted token the MTP block and the output are read once more, and
/// verifying it costs arithmetic (a share of the time of the weights, more on devices with little arithmetic
/// for their bandwidth) and a launch; the tokens verified together touch more experts. `plain_s`: time of the
/// step without drafting. Without calibration nothing is gained.
Drafting draft(const Scenario& scenario, const Placement& placement, const DecodeStep& step, double plain_s);

}  // namespace qwenfit
