#include "placement/deal.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace qwenfit {
namespace {

/// Least seconds in which the devices so far can take all layers before one, and where the last device began.
struct Reached {
  double seconds = HUGE_VAL;
  std::uint32_t began = 0;
};

/// Halvings when the evenest share is looked for: to a part in a hundred of a device.
constexpr int kHalvings = 8;
/// The same where nothing fits: to a megabyte or so.
constexpr int kFineHalvings = 22;
/// A device can be short by this many times its size.
constexpr double kMostShort = 64;

/// What each device may take to keep a share of it free.
std::vector<Bytes> keeping(const Runs& runs, double share) {
  std::vector<Bytes> may_take;
  for (std::size_t row = 0; row < runs.devices(); ++row)
    may_take.push_back(static_cast<Bytes>((1 - share) * static_cast<double>(runs.usable(row))));
  return may_take;
}

class Table {
 public:
  Table(Runs& runs, const DecodeCosts& costs, const std::vector<Bytes>& may_take, double below)
      : runs_(runs),
        costs_(costs),
        may_take_(may_take),
        below_(below + costs.hop()),
        first_(runs.first_layer()),
        width_(runs.end_layer() - first_ + 1),
        cells_((runs.devices() + 1) * width_) {
    find_starts();
    if (starts_.front() > 0) return;
    for (std::uint32_t to = 0; to < width_; ++to)
      rest_.push_back(costs.least(first_ + to, runs.in_ram().expert_layers));
    cells_.front().seconds = 0;
    for (std::size_t row = 0; row < runs.devices(); ++row) add_device(row);
  }

  std::optional<Deal> deal() const {
    if (cells_.back().seconds == HUGE_VAL) return std::nullopt;
    Deal deal{std::vector<double>(runs_.devices(), 0.0), cells_.back().seconds - costs_.hop()};
    std::uint32_t end = width_ - 1;
    for (std::size_t row = runs_.devices(); row-- > 0;) {
      const std::uint32_t began = cells_[(row + 1) * width_ + end].began;
      deal.counts[row] = end - began;
      end = began;
    }
    if (width_ == 1) deal.counts.front() = 1;
    return deal;
  }

 private:
  void find_starts() {
    starts_.assign(runs_.devices() + 1, width_ - 1);
    for (std::size_t row = runs_.devices(); row-- > 0;) {
      const std::uint32_t end = starts_[row + 1];
      std::uint32_t& start = starts_[row] = end;
      while (start > 0 && runs_.least(row, first_ + start - 1, first_ + end) <= may_take_[row]) --start;
    }
  }

  void add_device(std::size_t row) {
    for (std::uint32_t from = starts_[row]; from < width_; ++from) {
      const double before = cells_[row * width_ + from].seconds;
      if (before + rest_[from] >= below_) continue;
      std::uint32_t to = std::max(from, starts_[row + 1]);
      while (to < width_ && try_run(row, from, to, before)) ++to;
      // All on one device takes less than nearly all: nothing is copied between devices then.
      if (from == 0 && to + 1 < width_) try_run(row, from, width_ - 1, before);
    }
  }

  /// Counts the run [from, to) if the device can take it.
  bool try_run(std::size_t row, std::uint32_t from, std::uint32_t to, double before) {
    if (runs_.bytes(row, first_ + from, first_ + to) > may_take_[row]) return false;
    const double own = to == from ? 0
                                  : costs_.hop() + costs_.on_device(row, first_ + from, first_ + to,
                                                                    runs_.in_ram().expert_layers);
    Reached& cell = cells_[(row + 1) * width_ + to];
    if (before + own < cell.seconds && before + own + rest_[to] < below_) cell = {before + own, from};
    return true;
  }

  Runs& runs_;
  const DecodeCosts& costs_;
  const std::vector<Bytes>& may_take_;
  double below_;              ///< with a hop for every device
  std::vector<double> rest_;  ///< the least that layers from here on take
  std::uint32_t first_;
  std::uint32_t width_;
  /// Of each device and beyond the last: it and those behind it cannot take what begins earlier.
  std::vector<std::uint32_t> starts_;
  std::vector<Reached> cells_;  ///< by devices so far, then layers so far
};

}  // namespace

std::optional<Deal> fastest_deal(Runs& runs, const DecodeCosts& costs, const std::vector<Bytes>& may_take,
                                 double below) {
  return Table(runs, costs, may_take, below).deal();
}

namespace {

/// All on the first device that can take it alone, which takes less than nearly all does.
std::optional<Deal> deal_of_one(Runs& runs, const std::vector<Bytes>& may_take) {
  for (std::size_t row = 0; row < runs.devices(); ++row) {
    if (runs.bytes(row, runs.first_layer(), runs.end_layer()) > may_take[row]) continue;
    if (row > 0 && runs.bytes(0, runs.first_layer(), runs.first_layer()) > may_take[0]) continue;
    Deal deal{std::vector<double>(runs.devices(), 0.0), 0};
    deal.counts[row] = std::max<double>(runs.end_layer() - runs.first_layer(), row == 0 ? 1 : 0);
    return deal;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Deal> any_deal(Runs& runs, const std::vector<Bytes>& may_take) {
  if (auto one = deal_of_one(runs, may_take)) return one;
  Deal deal{std::vector<double>(runs.devices(), 0.0), 0};
  std::uint32_t next = runs.first_layer();
  for (std::size_t row = 0; row < runs.devices(); ++row) {
    const bool is_last = row + 1 == runs.devices();
    std::uint32_t end = is_last ? runs.end_layer() : next;
    if (runs.bytes(row, next, end) > may_take[row]) return std::nullopt;
    while (!is_last && end < runs.end_layer() && runs.bytes(row, next, end + 1) <= may_take[row]) ++end;
    deal.counts[row] = end - next;
    next = end;
  }
  if (runs.first_layer() == runs.end_layer()) deal.counts.front() = 1;
  return deal;
}

std::optional<Deal> evenest_deal(Runs& runs, const DecodeCosts& costs, double below) {
  std::optional<Deal> best;
  double low = 0;
  double high = 1;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    std::optional<Deal> deal = fastest_deal(runs, costs, keeping(runs, middle), below);
    (deal ? low : high) = middle;
    if (deal) best = std::move(deal);
  }
  return best;
}

Deal least_short_deal(Runs& runs, const DecodeCosts& costs) {
  double low = -kMostShort;
  double high = 1;
  for (int i = 0; i < kFineHalvings; ++i) {
    const double middle = (low + high) / 2;
    (any_deal(runs, keeping(runs, middle)) ? low : high) = middle;
  }
  const std::optional<Deal> deal = fastest_deal(runs, costs, keeping(runs, low));
  if (deal) return *deal;
  Deal all_on_first{std::vector<double>(runs.devices(), 0.0), HUGE_VAL};
  all_on_first.counts.front() = 1;
  return all_on_first;
}

}  // namespace qwenfit
