#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "placement/costs.h"
#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// What a run of layers takes beside its weights, cache and state, by device and kind of run, where it was
/// found already. Shared by searches over what stays in system RAM: the buffers of all but the first device
/// do not depend on how much that is.
struct RunOverheads {
  static constexpr std::size_t kKinds = 16;
  using ByKind = std::array<std::optional<Bytes>, kKinds>;
  /// With weights in system RAM, with the caches there, with both, with neither.
  std::array<std::vector<ByKind>, InRam::kSorts> tables;
};

/// Bytes that any run of layers takes on any device, for a given part in system RAM: weights, cache and state
/// are differences of sums; everything else depends on what kinds of layers a run has, and is asked of the
/// memory core once for each. Buffers are the least they can be (`Effort::least`).
class Runs {
 public:
  Runs(const Scenario& scenario, const InRam& in_ram, RunOverheads& shared);

  std::uint32_t first_layer() const { return in_ram_.layers; }
  std::uint32_t end_layer() const { return layers_; }
  std::size_t devices() const { return usable_.size(); }
  const InRam& in_ram() const { return in_ram_; }

  /// Layers [first, last) on device `row`. Layers before `first` are on earlier devices, those from `last` on
  /// later ones: the first device starts with the first layer, the last one ends with the last.
  Bytes bytes(std::size_t row, std::uint32_t first, std::uint32_t last);
  /// The exact bytes of a run: from here on runs of its kind on this device take as much besides their
  /// layers.
  void correct(std::size_t row, std::uint32_t first, std::uint32_t last, Bytes exact);
  Bytes usable(std::size_t row) const { return usable_[row]; }
  /// What system RAM keeps free; none where its size is unknown.
  const std::optional<SignedBytes>& host_free() const { return host_free_; }
  std::optional<Bytes> host_usable() const { return host_usable_; }

 private:
  std::size_t kind_of(std::uint32_t first, std::uint32_t last) const;
  Bytes by_layer(std::uint32_t first, std::uint32_t last) const;
  Bytes overhead(std::size_t row, std::uint32_t first, std::uint32_t last);

  const Scenario& s_;
  InRam in_ram_;
  std::uint32_t layers_ = 0;
  Bytes kv_ = 0, state_ = 0;       ///< of one layer
  std::vector<std::size_t> like_;  ///< of each device: the first with the same overheads
  std::vector<RunOverheads::ByKind>& overheads_;
  std::vector<RunOverheads::ByKind> corrected_;
  std::vector<Bytes> usable_;
  std::optional<SignedBytes> host_free_;
  std::optional<Bytes> host_usable_;
  Estimate scratch_;
};

}  // namespace qwenfit
