#pragma once

#include <cstdint>

#include "placement/layout.h"
#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"
#include "qwenfit/speed.h"

namespace qwenfit {

/// What one device, or the host, holds of the main blocks and the output, as far as speed depends on it.
struct Held {
  double dense = 0;    ///< bytes without routed experts, the output included
  double experts = 0;  ///< bytes of all routed experts
  double kv_per_token = 0;
  double state = 0;  ///< bytes of one sequence
  double layers = 0;
  double full_layers = 0;
  double expert_layers = 0;   ///< layers whose experts are here
  bool caches_apart = false;  ///< of a host: caches of layers that run on devices
  bool empty() const { return dense == 0 && experts == 0; }
};

/// Main blocks [first, last) on a device, the experts of blocks before `experts_from` elsewhere; `caches`:
/// with their KV cache and recurrent state.
Held held_blocks(const Scenario& scenario, std::uint32_t first, std::uint32_t last,
                 std::uint32_t experts_from, bool caches);
Held held_by_device(const Scenario& scenario, const Layout& layout, std::size_t row);
Held held_by_host(const Scenario& scenario, const Layout& layout);
/// Main blocks with any part in system RAM beside devices.
double blocks_in_ram(const Scenario& scenario, const Layout& layout);

/// What a decode step does with what a place holds: bytes touched, and layers run.
struct StepAmounts {
  double touched = 0;  ///< share of the routed experts of a layer
  double sequences = 1;
  double depth = 0;  ///< tokens in context of each sequence
  bool moe = false;

  double weights(const Held& h) const { return h.dense + h.experts * touched; }
  double state(const Held& h) const { return 2 * h.state * sequences; }
  double kv(const Held& h) const { return h.kv_per_token * depth * sequences; }

  /// Calls `take(term, amount)` for every term of a device.
  template <typename Take>
  void of_device(const Held& h, Take&& take) const {
    take(SpeedTerm::weights, weights(h));
    take(SpeedTerm::state, state(h));
    take(SpeedTerm::kv, kv(h));
    take(SpeedTerm::layers, h.layers);
    if (moe) take(SpeedTerm::expert_layers, h.layers);
  }
  /// The same for the host; `blocks`: see `blocks_in_ram`.
  template <typename Take>
  void of_host(const Held& h, double blocks, Take&& take) const {
    const double caches = state(h) + kv(h);
    take(SpeedTerm::host_weights, h.dense + (h.caches_apart ? 0 : caches));
    if (h.caches_apart) take(SpeedTerm::host_cache, caches);
    take(SpeedTerm::host_experts, h.experts * touched);
    take(SpeedTerm::host_layers, blocks);
    take(SpeedTerm::request, 1.0);
  }
};

/// Amount per second of a decode term at the specified figures; `row`: device, or their number for the host.
double decode_per_s(const Scenario& scenario, SpeedTerm term, std::size_t row);

}  // namespace qwenfit
