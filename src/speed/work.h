#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "placement/layout.h"
#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"
#include "qwenfit/speed.h"
#include "speed/held.h"

namespace qwenfit {

/// Time of one term on one device at the specified figures of the hardware, before calibration.
struct SpecifiedTime {
  SpeedTerm term = SpeedTerm::weights;
  std::size_t row = 0;  ///< device; their number for the host
  double seconds = 0;
  double amount = 0;  ///< what the time is worked out from: bytes, operations or a count
  double per_s = 0;   ///< amount per second as specified
};
using Work = std::vector<SpecifiedTime>;

/// In seconds.
inline constexpr double kMillisecond = 1e-3;

/// What devices and host hold, as far as speed depends on it.
struct Places {
  std::vector<Held> held;  ///< devices, then the host
  double host_layers = 0;  ///< main blocks with any part in system RAM
  bool in_ram = false;     ///< weights or caches are in system RAM, or there is no GPU at all
  bool cache_in_ram = false;
};
Places places_of(const Scenario& scenario, const Placement& placement);

/// One pass over tokens of `sequences` independent sequences, each `depth` tokens deep.
struct DecodeStep {
  Tokens depth = 0;
  std::uint32_t sequences = 1;
  std::uint32_t tokens = 1;  ///< per sequence; more when drafted tokens are verified
};

/// Share of the routed experts of a layer that `tokens` tokens touch, each choosing `experts_used` of them
/// independently: 1 - (1 - used / all)^tokens.
double touched_experts(const Architecture& a, double tokens);

StepAmounts step_amounts(const Scenario& scenario, const DecodeStep& step);

/// Everything one decode step takes: weights on each device (all but the embedding; of routed experts those
/// touched), recurrent state read and written, KV cache up to the depth, fixed times per layer, hand-overs,
/// and what lies in system RAM.
Work decode_work(const Scenario& scenario, const Places& places, const DecodeStep& step);
inline Work decode_work(const Scenario& scenario, const Placement& placement, const DecodeStep& step) {
  return decode_work(scenario, places_of(scenario, placement), step);
}

/// A prompt on top of `depth` tokens, run through the model `pass` tokens at a time.
struct Prompt {
  Tokens tokens = 0;
  Tokens depth = 0;
  Tokens pass = 0;
};

/// Everything a prompt takes: arithmetic of matrices and attention, weights read once per pass, what lies in
/// system RAM copied once per pass. Times of devices that work at once are divided by how many do so on
/// average.
Work prefill_work(const Scenario& scenario, const Places& places, const Prompt& prompt);
inline Work prefill_work(const Scenario& scenario, const Placement& placement, const Prompt& prompt) {
  return prefill_work(scenario, places_of(scenario, placement), prompt);
}

/// Least time of a step that the specified bandwidths allow.
double decode_floor_s(const Work& work);

/// Least time of a prompt that the specified arithmetic and bandwidths allow; 0 where neither is known.
double prefill_floor_s(const Scenario& scenario, const Work& work);

/// Devices that share each layer instead of taking turns.
bool tensor_parallel(const Scenario& scenario);

/// What they come to together, of a rate of each: whichever takes longest for its share sets the pace.
double shared_rate(const Scenario& scenario, double (*rate)(const Device&));

/// Bytes per second of a device's memory; 0 where unknown.
double bandwidth(const Device& device);

}  // namespace qwenfit
