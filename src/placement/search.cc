#include "placement/search.h"

#include <algorithm>
#include <utility>

#include "placement/evaluate.h"
#include "placement/layout.h"

namespace qwenfit {
namespace {

/// Deals within this of the fastest count as equally fast.
constexpr double kAsFast = 1.01;
/// Placements turned down on a guess that are simulated after all, in vain, where something else fits.
constexpr std::size_t kSecondTries = 3;
/// Of these, deals that are made at the most.
constexpr std::size_t kSecondDeals = 12;
/// Of a model with more layers than this, which no released Qwen has, not every number of layers is tried
/// with every number of layers that have experts there too.
constexpr std::uint32_t kFineLayers = 128;
/// Times a deal is made again with what the memory core says of the one before.
constexpr int kCorrections = 16;

Bytes margin_of(Bytes usable, Margin margin) {
  return margin == Margin::comfortable ? fit_margin(usable) : 0;
}

/// Calls `take` for the numbers from `first` to `last`, both of them, in steps.
template <typename Take>
void each_from(std::uint32_t first, std::uint32_t last, std::uint32_t step, Take take) {
  for (std::uint32_t at = first; at < last; at += step) take(at);
  if (first <= last) take(last);
}

/// Bytes by which a row is short of its margin; 0 where it is not.
Bytes short_by(const DeviceMemory& row, Margin margin) {
  if (!row.usable || !row.in_use) return 0;
  const SignedBytes spare = *row.free() - static_cast<SignedBytes>(margin_of(*row.usable, margin));
  return spare < 0 ? static_cast<Bytes>(-spare) : 0;
}

std::vector<Bytes> usable_less_margin(const Runs& runs, Margin margin) {
  std::vector<Bytes> bytes;
  for (std::size_t row = 0; row < runs.devices(); ++row)
    bytes.push_back(runs.usable(row) - margin_of(runs.usable(row), margin));
  return bytes;
}

}  // namespace

bool holds(const Estimate& e, Margin margin) {
  return std::all_of(e.devices.begin(), e.devices.end(),
                     [&](const DeviceMemory& row) { return short_by(row, margin) == 0; });
}

Estimate measured(const Scenario& s, const Placement& placement, Effort effort) {
  Estimate e;
  e.guide_only = s.build->basis == TensorBasis::guide;
  evaluate(s, s.settings.context, placement, Explain::no, e, effort);
  return e;
}

Search::Search(const Scenario& s, Goal goal)
    : s_(s), goal_(goal), layers_(layer_count(s.model->architecture, s.build->has_mtp_block)) {
  const auto& devices = s.machine->devices;
  equal_devices_ = std::all_of(devices.begin(), devices.end(),
                               [&](const Device& d) { return d.limit == devices.front().limit; });
}

DecodeCosts& Search::costs(bool caches) {
  std::optional<DecodeCosts>& costs = caches ? costs_of_caches_ : costs_;
  if (!costs) costs.emplace(s_, caches);
  return *costs;
}

/// Whether a placement holds, and what lacks otherwise.
bool Search::holds_all(const Estimate& exact, Margin margin) {
  if (holds(exact, margin)) return true;
  lack_ = short_by(exact.devices.back(), margin) > 0 ? Lack::host : Lack::devices;
  return false;
}

/// Where the person chose the shares, or one device takes all, there is nothing to deal.
std::optional<Found> Search::undealt(const InRam& in_ram, Margin margin, std::vector<double> shares) {
  Placement placement = place(s_, in_ram, std::move(shares));
  Estimate exact = measured(s_, placement);
  if (!holds_all(exact, margin)) return std::nullopt;
  // Only one has nothing in system RAM: its time is compared with none.
  const bool alone = goal_ == Goal::any || in_ram.sort() == 0;
  const double seconds = alone ? 0 : costs(in_ram.caches).of(placement);
  return Found{in_ram, std::move(placement), seconds, std::move(exact)};
}

std::optional<Found> Search::searched(Runs& runs, Margin margin, double below) {
  const InRam& in_ram = runs.in_ram();
  const std::vector<Bytes> most = usable_less_margin(runs, margin);
  const double beside = goal_ == Goal::any ? 0 : costs(in_ram.caches).beside(in_ram);
  for (int i = 0; i < kCorrections; ++i) {
    std::optional<Deal> deal = any_deal(runs, most);
    lack_ = deal ? Lack::speed : Lack::devices;
    if (deal && goal_ == Goal::fastest) deal = fastest_deal(runs, costs(in_ram.caches), most, below - beside);
    guessed_ = !deal && runs.guessed();
    if (!deal) return std::nullopt;
    Placement placement = place(s_, in_ram, deal->counts);
    const Estimate exact = measured(s_, placement);
    ++simulated_;
    runs.correct(deal->counts, exact);
    if (holds_all(exact, margin)) return Found{in_ram, std::move(placement), deal->seconds + beside};
    if (lack_ == Lack::host) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Found> Search::with(const InRam& in_ram, Margin margin, double below) {
  guessed_ = false;
  const auto& chosen = s_.settings.forced.tensor_split;
  if (!chosen.empty()) return undealt(in_ram, margin, chosen);
  // With nothing in system RAM buffers are known without a simulation.
  if (s_.machine->devices.size() == 1 && in_ram.sort() == 0)
    return undealt(in_ram, margin, {static_cast<double>(layers_)});
  Runs runs(s_, in_ram, known_runs_, guesses_);
  const auto& capacity = s_.machine->host.capacity;
  if (!any_deal(runs, usable_less_margin(runs, margin))) {
    lack_ = Lack::devices;
  } else if (capacity && *runs.host_free() < static_cast<SignedBytes>(margin_of(*capacity, margin))) {
    lack_ = Lack::host;
  } else {
    return searched(runs, margin, below);
  }
  guessed_ = runs.guessed();
  return std::nullopt;
}

Placement Search::evened(const Found& found, Margin margin) {
  if (s_.machine->devices.size() == 1 || !s_.settings.forced.tensor_split.empty()) return found.placement;
  Runs runs(s_, found.in_ram, known_runs_, false);
  const DecodeCosts& c = costs(found.in_ram.caches);
  // Where no speed is known all take no time: a little more than that.
  const double most = std::nextafter(kAsFast * found.seconds - c.beside(found.in_ram), HUGE_VAL);
  runs.correct(found.placement.tensor_split, measured(s_, found.placement));
  Placement best = found.placement;
  // With exact figures of the last deal the next is dealt anew, until it comes out the same.
  for (int i = 0; i < kCorrections; ++i) {
    const std::optional<Deal> even = evenest_deal(runs, c, most);
    if (!even || even->counts == best.tensor_split) break;
    Placement placement = place(s_, found.in_ram, even->counts);
    const Estimate e = measured(s_, placement);
    runs.correct(even->counts, e);
    if (holds(e, margin)) best = std::move(placement);
    if (found.in_ram.sort() == 0) break;
  }
  return best;
}

/// What each device can have of layers, at the most.
std::vector<Bytes> Search::rooms(Margin margin) const {
  std::vector<Bytes> rooms;
  for (const Device& d : s_.machine->devices) {
    const Bytes taken = add(add(d.runtime, d.display), margin_of(d.limit, margin));
    rooms.push_back(d.limit > taken ? d.limit - taken : 0);
  }
  return rooms;
}

/// Devices that take the layers of weights alone, each what it can, in order; none where they do not suffice.
std::optional<std::uint32_t> Search::devices_needed(const InRam& in_ram,
                                                    const std::vector<Bytes>& rooms) const {
  const BlockSums& before = s_.build->weights->device_before;
  const std::uint32_t blocks = s_.model->architecture.layers;
  const auto bytes_before = [&](std::uint32_t layer) {
    return before.dense[layer] + before.experts[std::max(layer, in_ram.expert_layers)];
  };
  std::uint32_t layer = std::min(in_ram.layers, blocks);
  std::uint32_t used = 0;
  for (; used < rooms.size() && layer < blocks; ++used) {
    const Bytes most = add(bytes_before(layer), rooms[used]);
    // The last layer before which there is no more than that.
    for (std::uint32_t end = blocks; layer < end;) {
      const std::uint32_t middle = layer + (end - layer + 1) / 2;
      bytes_before(middle) <= most ? layer = middle : end = middle - 1;
    }
  }
  return layer == blocks ? std::optional(used) : std::nullopt;
}

/// None where system RAM cannot hold the weights alone, or it takes so many seconds. The devices can hold
/// theirs.
std::optional<Search::Choice> Search::choice(const InRam& in_ram, const std::vector<Bytes>& rooms,
                                             double below) {
  const WeightTable& w = *s_.build->weights;
  const std::uint32_t first = std::min(in_ram.layers, s_.model->architecture.layers);
  const Bytes on_host =
      add(w.host_before.dense[first], w.host_before.experts[std::max(first, in_ram.expert_layers)]);
  const Host& host = s_.machine->host;
  if (host.capacity && add(on_host, host.os_reserve) > *host.capacity) return std::nullopt;
  Choice possible{in_ram, on_host, 0};
  if (goal_ == Goal::any) return possible;
  const DecodeCosts& c = costs(in_ram.caches);
  // Equal devices are filled in order; of others a few large ones may do.
  std::uint32_t hops = 0;
  if (equal_devices_ && rooms.size() > 1) hops = std::max(devices_needed(in_ram, rooms).value_or(1), 1U) - 1;
  possible.bound = c.bound(in_ram) + c.hop() * hops;
  return possible.bound < below ? std::optional(possible) : std::nullopt;
}

/// The fewest layers, beyond those that are there whole, whose experts have to be in system RAM for the
/// devices to hold the rest of the weights; more than there are where that is not enough. With more experts
/// there the devices hold the rest as well.
std::uint32_t Search::least_experts(std::uint32_t layers, const std::vector<Bytes>& rooms) const {
  std::uint32_t least = layers + 1;
  for (std::uint32_t end = s_.model->architecture.layers + 1; least < end;) {
    const std::uint32_t middle = least + (end - least) / 2;
    devices_needed({layers, middle}, rooms) ? end = middle : least = middle + 1;
  }
  return least;
}

/// What could stay in system RAM (of more than kFineLayers layers, whole layers and experts of more both
/// there: not in every number of either): the fastest first by the least time that it can take, or, where
/// anything will do, what relieves the devices most.
std::vector<Search::Choice> Search::choices(Margin margin, bool caches, double below) {
  const Architecture& a = s_.model->architecture;
  const std::vector<Bytes> room = rooms(margin);
  std::vector<Choice> found;
  const auto consider = [&](const InRam& in_ram) {
    if (const auto possible = choice(in_ram, room, below)) found.push_back(*possible);
  };
  const std::uint32_t step = 1 + a.layers / (kFineLayers + 1);
  for (std::uint32_t layers = 0; layers <= layers_; ++layers) {
    if ((layers > 0 || caches) && devices_needed({layers, 0}, room)) consider({layers, 0, caches});
    if (!a.is_moe() || layers % step > 0) continue;
    each_from(least_experts(layers, room), a.layers, layers == 0 ? 1 : step, [&](std::uint32_t experts) {
      consider({layers, experts, caches});
    });
  }
  std::stable_sort(found.begin(), found.end(), [&](const Choice& x, const Choice& y) {
    return goal_ == Goal::fastest ? x.bound < y.bound : x.on_host > y.on_host;
  });
  return found;
}

/// What this choice gives if that takes less than so many seconds.
std::optional<Found> Search::better(const Choice& c, Margin margin, double below, Tried& tried) {
  if (tried.is_hopeless(c.in_ram)) return std::nullopt;
  auto found = with(c.in_ram, margin, below);
  if (found || guessed_ || lack_ == Lack::speed) return found;
  lack_ == Lack::host ? tried.host_was_short(c.in_ram) : tried.devices_were_short(c.in_ram);
  return std::nullopt;
}

std::optional<Found> Search::in_ram(Margin margin, bool caches, double below) {
  Tried tried(layers_);
  std::optional<Found> best;
  std::vector<Choice> doubtful;
  guesses_ = true;
  for (const Choice& c : choices(margin, caches, below)) {
    if (best && (c.bound >= below || goal_ == Goal::any)) break;
    guessed_ = false;
    if (auto found = better(c, margin, below, tried)) {
      best = std::move(found);
      below = best->seconds;
    }
    if (guessed_) doubtful.push_back(c);
  }
  guesses_ = false;
  // What was turned down on a guess, what has most in system RAM first: the nearest to what was found, and
  // what shows that others need not be tried. That nothing fits is never said on a guess alone; that nothing
  // is faster, after a few more tries.
  std::stable_sort(doubtful.begin(), doubtful.end(),
                   [](const Choice& x, const Choice& y) { return x.bound > y.bound; });
  const std::size_t most = below < HUGE_VAL ? kSecondTries : SIZE_MAX;
  const bool limited = below < HUGE_VAL;
  std::size_t before = simulated_, dealt = 0;
  for (const Choice& c : doubtful) {
    if (c.bound >= below || tried.is_hopeless(c.in_ram)) continue;
    if (simulated_ - before >= most || (limited && ++dealt > kSecondDeals) || (best && goal_ == Goal::any))
      break;
    auto found = better(c, margin, below, tried);
    if (!found) continue;
    best = std::move(found);
    below = best->seconds;
    before = simulated_;
  }
  return best;
}

Placement Search::least_short(const InRam& in_ram) {
  if (!s_.settings.forced.tensor_split.empty()) return place(s_, in_ram, s_.settings.forced.tensor_split);
  if (s_.machine->devices.size() == 1) return place(s_, in_ram, {1.0});
  Runs runs(s_, in_ram, known_runs_, false);
  return place(s_, in_ram, least_short_deal(runs, costs(in_ram.caches)).counts);
}

}  // namespace qwenfit
