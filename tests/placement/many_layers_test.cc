// What a search over many layers leaves out, against the rules and against trying everything.

#include <algorithm>
#include <optional>
#include <vector>

#include "catch.h"
#include "placement/costs.h"
#include "placement/plan.h"
#include "placement/random_case.h"
#include "placement/search.h"
#include "placement/tried.h"
#include "support/sampling.h"

using namespace qwenfit;

namespace {

std::uint32_t experts_in_ram(const InRam& in_ram) {
  return std::max(in_ram.layers, in_ram.expert_layers);
}

/// No less of `a` is in system RAM than of `b`, and whole layers of both or of neither.
bool contains(const InRam& a, const InRam& b) {
  return (a.layers > 0) == (b.layers > 0) && a.layers >= b.layers && experts_in_ram(a) >= experts_in_ram(b);
}

std::uint32_t all_layers(const Scenario& s) {
  return s.model->architecture.layers + (s.build->has_mtp_block ? 1 : 0) + 1;
}

/// Seconds of a step of the fastest that fits on the only device with whole layers or experts in system RAM.
std::optional<double> fastest(const Scenario& s, Margin margin) {
  const std::uint32_t blocks = s.model->architecture.layers;
  std::vector<InRam> choices;
  for (std::uint32_t n = 1; n <= all_layers(s); ++n) choices.push_back({n, 0});
  for (std::uint32_t n = 1; s.model->architecture.is_moe() && n <= blocks; ++n) {
    choices.push_back({0, n});
    if (n < blocks) choices.push_back({n, blocks});
  }
  const DecodeCosts costs(s, false);
  std::optional<double> best;
  for (const InRam& in_ram : choices) {
    const Placement placement = place(s, in_ram, {1.0});
    const double seconds = costs.of(placement);
    if ((!best || seconds < *best) && holds(measured(s, placement), margin)) best = seconds;
  }
  return best;
}

/// A machine with one device and system RAM for a model of 136 to 508 layers, beyond any released Qwen.
void make_tall(unsigned seed, Case& c) {
  Dice dice(seed);
  make(dice, c, 4 * dice.whole(34, 127));
  c.machine.devices.resize(1);
  c.speed.devices.resize(1);
  if (!c.machine.host.capacity) c.machine.host.capacity = 4 * c.weights.tensor_bytes;
}

/// Device and system RAM become what this takes and a little more.
void tighten(Case& c, const InRam& in_ram) {
  constexpr Bytes kLittle = kMiB;
  c.machine.host.capacity = 4 * c.weights.tensor_bytes;
  const Scenario s = c.scenario();
  const Estimate e = measured(s, place(s, in_ram, {1.0}));
  c.machine.devices.front().limit = add(e.devices.front().total(), kLittle);
  c.machine.host.capacity = add(e.devices.back().total(), kLittle);
}

}  // namespace

TEST_CASE("what was tried in vain rules out what has less on short devices, or more in short system RAM") {
  constexpr std::uint32_t kLayers = 12;
  for (unsigned seed = 0; seed < 50; ++seed) {
    Dice dice(seed);
    Tried tried(kLayers);
    std::vector<InRam> short_devices, short_host;
    for (int i = 0; i < 6; ++i) {
      const std::uint32_t layers = dice.chance(0.4) ? 0 : dice.whole(1, kLayers);
      const InRam in_ram{layers, dice.chance(0.5) ? 0 : dice.whole(0, kLayers)};
      const bool devices = dice.chance(0.5);
      devices ? tried.devices_were_short(in_ram) : tried.host_was_short(in_ram);
      (devices ? short_devices : short_host).push_back(in_ram);
      for (std::uint32_t whole = 0; whole <= kLayers; ++whole) {
        for (std::uint32_t experts = 0; experts <= kLayers; ++experts) {
          const InRam wanted{whole, experts};
          const bool hopeless = std::any_of(short_devices.begin(), short_devices.end(),
                                            [&](const InRam& t) { return contains(t, wanted); }) ||
                                std::any_of(short_host.begin(), short_host.end(),
                                            [&](const InRam& t) { return contains(wanted, t); });
          REQUIRE(tried.is_hopeless(wanted) == hopeless);
        }
      }
    }
  }
}

TEST_CASE("a model of many layers is nearly as fast as with any number of layers or experts in system RAM") {
  int offloaded = 0, unfit = 0;
  const int runs = random_cases(16, 10);
  for (int run = 0; run < runs; ++run) {
    Case c;
    make_tall(20000 + static_cast<unsigned>(run), c);
    const std::uint32_t blocks = c.model.architecture.layers;
    if (run % 3 == 0 && c.model.architecture.is_moe()) {
      tighten(c, {blocks / 7, blocks});
      c.machine.host.capacity = 4 * c.weights.tensor_bytes;
    }
    INFO("machine " << run);
    const Scenario s = c.scenario();
    const Plan found = plan(s, Reach::system_ram);
    CHECK(can_hold(s, Reach::system_ram) == found.holds);
    CHECK(holds(measured(s, found.placement), Margin::none) == found.holds);
    if (holds(measured(s, default_placement(s)), Margin::none)) continue;
    auto best = fastest(s, Margin::comfortable);
    if (!best) best = fastest(s, Margin::none);
    if (!found.holds) {
      CHECK(!best);
      ++unfit;
    } else if (best) {
      ++offloaded;
      CHECK(DecodeCosts(s, found.placement.cache_in_ram).of(found.placement) <= *best * 1.02);
    }
  }
  if (runs < 16) return;
  CHECK(offloaded > 10);
  CHECK(unfit > 0);
}

TEST_CASE("of many layers just as many are left to system RAM as memory has room for") {
  for (unsigned seed = 0; seed < static_cast<unsigned>(random_cases(24, 10)); ++seed) {
    Case c;
    make_tall(30000 + seed, c);
    Dice dice(seed);
    const bool experts = c.model.architecture.is_moe() && dice.chance(0.7);
    const std::uint32_t most = experts ? c.model.architecture.layers : all_layers(c.scenario());
    const std::uint32_t n = dice.chance(0.2) ? most : dice.whole(1, most);
    tighten(c, experts ? InRam{0, n} : InRam{n, 0});
    const Scenario s = c.scenario();
    INFO("machine " << seed);
    const Plan found = plan(s, Reach::system_ram);
    CHECK(found.holds);
    CHECK(can_hold(s, Reach::system_ram));
    CHECK(holds(measured(s, found.placement), Margin::none));
  }
}
