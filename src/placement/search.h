#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "placement/compute_terms.h"
#include "placement/costs.h"
#include "placement/deal.h"
#include "placement/runs.h"
#include "placement/tried.h"
#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

enum class Margin : bool { none, comfortable };
/// `any`: whether something fits, at the least cost.
enum class Goal : bool { any, fastest };

/// True when every row of known size keeps its margin free.
bool holds(const Estimate& estimate, Margin margin);
/// The memory of a placement, without a verdict.
Estimate measured(const Scenario& scenario, const Placement& placement, Effort effort = Effort::exact);

struct Found {
  InRam in_ram;
  Placement placement;
  double seconds = 0;
  std::optional<Estimate> exact = std::nullopt;  ///< its memory, where nothing was dealt
};

/// The search for a placement of one scenario that has devices and a weight table. What it finds was checked
/// by the memory core.
class Search {
 public:
  Search(const Scenario& scenario, Goal goal);

  /// The fastest with just this in system RAM, if it takes less than so many seconds.
  std::optional<Found> with(const InRam& in_ram, Margin margin, double below = HUGE_VAL);
  /// The fastest with anything in system RAM that need be there; `caches`: with all caches there too.
  std::optional<Found> in_ram(Margin margin, bool caches, double below = HUGE_VAL);
  /// Of deals about as fast as the one found, that which fills the devices most evenly.
  Placement evened(const Found& found, Margin margin);
  /// Where nothing fits: the deal that is short by least.
  Placement least_short(const InRam& in_ram);

 private:
  struct Choice {
    InRam in_ram;
    Bytes on_host = 0;
    double bound = 0;
  };
  /// Why nothing was found with something in system RAM.
  enum class Lack : std::uint8_t { nothing, devices, host, speed };

  std::optional<Found> undealt(const InRam& in_ram, Margin margin, std::vector<double> shares);
  std::optional<Found> searched(Runs& runs, Margin margin, double below);
  bool holds_all(const Estimate& exact, Margin margin);
  std::optional<Found> better(const Choice& choice, Margin margin, double below, Tried& tried);
  std::vector<Bytes> rooms(Margin margin) const;
  std::optional<std::uint32_t> devices_needed(const InRam& in_ram, const std::vector<Bytes>& rooms) const;
  std::uint32_t least_experts(std::uint32_t layers, const std::vector<Bytes>& rooms) const;
  std::optional<Choice> choice(const InRam& in_ram, const std::vector<Bytes>& rooms, double below);
  std::vector<Choice> choices(Margin margin, bool caches, double below);
  DecodeCosts& costs(bool caches);

  const Scenario& s_;
  Goal goal_;
  std::uint32_t layers_;
  bool equal_devices_ = false;
  KnownRuns known_runs_;
  std::optional<DecodeCosts> costs_, costs_of_caches_;
  Lack lack_ = Lack::nothing;
  bool guesses_ = false;  ///< what is too large by the buffers of like placements is not tried
  bool guessed_ = false;  ///< the last one was turned down for that alone
  std::size_t simulated_ = 0;
};

}  // namespace qwenfit
