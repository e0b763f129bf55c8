#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "placement/costs.h"
#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// What was found already of runs of layers, of one scenario: shared by all that try what stays in system
/// RAM.
struct KnownRuns {
  static constexpr std::size_t kLayerKinds = 4;
  static constexpr std::size_t kKinds = 2U << kLayerKinds;  ///< with layers of these kinds, and all or not
  /// Neighbours: how the run lies to what is in system RAM, as far as buffers are much alike.
  static constexpr std::size_t kNeighbours = 10;
  using ByKind = std::array<std::optional<Bytes>, kKinds>;
  /// What a run takes beside its weights, cache and state.
  struct Known {
    std::vector<ByKind> least;                              ///< whatever lies beside
    std::vector<std::array<ByKind, kNeighbours>> seen;      ///< exact, of the last such run
    std::array<std::optional<Bytes>, kNeighbours> of_host;  ///< the host's beyond the least, likewise
  };
  std::array<Known, InRam::kSorts> by_sort;  ///< of what stays in system RAM
  std::vector<std::size_t> like;             ///< of each device: the first with the same overheads
  /// Of the layers before each, without routed experts; with the caches on devices, and in system RAM. Once
  /// filled it stays as it is.
  std::array<std::vector<Bytes>, 2> before;
  std::vector<std::array<std::uint32_t, kLayerKinds>> next;  ///< from each layer on, the first of each kind
};

/// Bytes that any run of layers takes on any device, for a given part in system RAM: weights, cache and state
/// are differences of sums; everything else depends on what kinds of layers a run has, and is asked of the
/// memory core once for each. Buffers are those of a like run that was seen before where that is wanted, else
/// the least they can be (`Effort::least`).
class Runs {
 public:
  Runs(const Scenario& scenario, const InRam& in_ram, KnownRuns& shared, bool guesses);

  std::uint32_t first_layer() const { return in_ram_.layers; }
  std::uint32_t end_layer() const { return layers_; }
  std::size_t devices() const { return usable_.size(); }
  const InRam& in_ram() const { return in_ram_; }

  /// Layers [first, last) on device `row`. Layers before `first` are on earlier devices, those from `last` on
  /// later ones: the first device starts with the first layer, the last one ends with the last.
  Bytes bytes(std::size_t row, std::uint32_t first, std::uint32_t last) {
    if (first == last && !computes(row)) return 0;
    const Likeness like{kind_of(first, last), neighbours_of(row, first, last)};
    Bytes& beside =
        overheads_[(row * KnownRuns::kNeighbours + like.neighbours) * KnownRuns::kKinds + like.kind];
    if (beside == kUnknown) beside = overhead(row, first, last, like);
    return add(by_layer(first, last), beside);
  }
  /// No such run takes less.
  Bytes least(std::size_t row, std::uint32_t first, std::uint32_t last) const {
    if (first == last) return 0;
    const Device& d = s_.machine->devices[row];
    return add(by_layer(first, last), add(d.runtime, d.display));
  }
  /// The exact memory of a deal: from here on runs of the same kinds on the same devices take as much besides
  /// their layers.
  void correct(const std::vector<double>& counts, const Estimate& exact);
  /// True if a figure of another run stood in for one that is not known yet.
  bool guessed() const { return guessed_; }
  Bytes usable(std::size_t row) const { return usable_[row]; }
  /// What system RAM keeps free at the most; none where its size is unknown.
  std::optional<SignedBytes> host_free();

 private:
  /// Runs that are like each other in both take as much beside their layers, or nearly so.
  struct Likeness {
    std::size_t kind = 0, neighbours = 0;
  };
  static constexpr Bytes kUnknown = ~Bytes{0};

  /// The device computes for what lies in system RAM, layers of its own or none.
  bool computes(std::size_t row) const { return row == 0 && in_ram_.sort() > 0; }
  /// Which kinds of layers a run has, and whether it has all that are on devices.
  std::size_t kind_of(std::uint32_t first, std::uint32_t last) const {
    constexpr std::size_t kAll = std::size_t{1} << KnownRuns::kLayerKinds;
    std::size_t kinds = first == in_ram_.layers && last == layers_ ? kAll : 0;
    for (std::size_t kind = 0; kind < KnownRuns::kLayerKinds; ++kind)
      kinds |= (next_[first][kind] < last ? std::size_t{1} : std::size_t{0}) << kind;
    return kinds;
  }
  /// On the first device, how many layers of others have experts in system RAM, for they are computed there;
  /// on the others, whether none, some or all of the run has.
  std::size_t neighbours_of(std::size_t row, std::uint32_t first, std::uint32_t last) const {
    constexpr std::uint32_t kManyOthers = 3, kManyWhole = 1;
    const std::uint32_t experts = in_ram_.expert_layers;
    if (row > 0) return experts <= first ? 0 : experts < last ? 1 : 2;
    const std::uint32_t others = experts > last ? std::min(experts - last, kManyOthers) : 0;
    const std::uint32_t own = experts > first ? 1 : 0;
    const std::uint32_t sort = others > 0 ? others + 1 : own;
    return sort + 5 * std::min(in_ram_.layers, kManyWhole);
  }
  /// Weights, cache and state.
  Bytes by_layer(std::uint32_t first, std::uint32_t last) const {
    return before_[last] - before_[first] + (experts_before(last) - experts_before(first));
  }
  /// At least all experts that are in system RAM, so that a difference is without them.
  Bytes experts_before(std::uint32_t layer) const {
    return experts_[std::min<std::size_t>(std::max(layer, in_ram_.expert_layers), experts_.size() - 1)];
  }
  void forget();
  const DeviceMemory& host();
  Bytes overhead(std::size_t row, std::uint32_t first, std::uint32_t last, Likeness like);

  const Scenario& s_;
  InRam in_ram_;
  std::uint32_t layers_ = 0;
  std::span<const Bytes> before_, experts_;
  std::span<const std::array<std::uint32_t, KnownRuns::kLayerKinds>> next_;
  const std::vector<std::size_t>& like_;
  KnownRuns::Known& known_;
  bool guesses_ = false, guessed_ = false;
  std::vector<KnownRuns::ByKind> corrected_;
  std::vector<Bytes> overheads_;  ///< in force, by device, neighbours and kind
  std::vector<Bytes> usable_;
  std::optional<DeviceMemory> host_;  ///< at the least
  Estimate scratch_;
};

}  // namespace qwenfit
