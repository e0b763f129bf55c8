#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"
#include "speed/held.h"

namespace qwenfit {

/// What stays in system RAM although there are devices. Layers are counted as `layer_count` does.
struct InRam {
  std::uint32_t layers = 0;         ///< the first layers, whole
  std::uint32_t expert_layers = 0;  ///< experts of the first layers; 0, or more than `layers`
  bool caches = false;              ///< KV cache and recurrent state of every layer

  static constexpr std::size_t kSorts = 4;
  /// With weights in system RAM, with the caches there, with both, with neither.
  std::size_t sort() const { return (layers > 0 || expert_layers > 0 ? 1U : 0U) + (caches ? 2U : 0U); }
};

Placement place(const Scenario& scenario, const InRam& in_ram, std::vector<double> counts);

/// Seconds that a decode step spends on any run of layers on any device, and on what lies in system RAM: the
/// terms of `decode_work`, summed by layer once so that a search only subtracts. Where no speed is known a
/// byte read from system RAM costs, and nothing else.
class DecodeCosts {
 public:
  DecodeCosts(const Scenario& scenario, bool caches_in_ram);

  /// Layers [first, last) on device `row`.
  double on_device(std::size_t row, std::uint32_t first, std::uint32_t last,
                   std::uint32_t expert_layers) const {
    return run(before_[kind_[row]], first, last, expert_layers);
  }
  /// No deal of layers [first, end) to devices takes less.
  double least(std::uint32_t first, std::uint32_t expert_layers) const;
  /// What lies in system RAM, and what a step takes wherever the layers are.
  double beside(const InRam& in_ram) const;
  /// Each device with layers, but for one.
  double hop() const { return hop_s_; }
  /// A whole step.
  double of(const Placement& placement) const;
  /// No placement with this in system RAM is faster.
  double bound(const InRam& in_ram) const;

 private:
  struct Before {
    std::vector<double> rest, experts;  ///< of all layers before a layer
  };
  Before sums_of(std::size_t row) const;
  static double run(const Before& before, std::uint32_t first, std::uint32_t last,
                    std::uint32_t expert_layers) {
    const std::uint32_t from = std::clamp(expert_layers, first, last);
    return before.rest[last] - before.rest[first] + before.experts[last] - before.experts[from];
  }
  double unit(SpeedTerm term, std::size_t row) const;

  const Scenario& s_;
  bool caches_in_ram_ = false;
  StepAmounts amounts_;
  bool known_ = false;
  std::uint32_t layers_ = 0;
  double growth_ = 1;
  double hop_s_ = 0;
  std::array<double, static_cast<std::size_t>(SpeedTerm::count)>
      host_unit_{};                ///< seconds per amount in system RAM
  std::vector<std::size_t> kind_;  ///< of each device: index of its sums
  std::vector<Before> before_;
  Before fastest_;
};

}  // namespace qwenfit
