#include "query/board_slots.h"

#include <algorithm>
#include <numeric>

namespace qwenfit {
namespace {

/// Goes down the board and puts a card, or none, into each slot.
class SlotDealer {
 public:
  SlotDealer(const PlannedBoard& board, const std::vector<std::uint32_t>& widths,
             std::optional<std::uint32_t> case_slots)
      : board_(board), widths_(widths), case_slots_(case_slots), dealt_(widths.size(), board.slots.size()) {}

  std::optional<std::vector<std::size_t>> find() {
    if (!deal(0, widths_.size(), std::nullopt)) return std::nullopt;
    return std::move(dealt_);
  }

 private:
  bool fits(std::size_t card, std::size_t slot, std::optional<std::size_t> above) const {
    if (above) {
      const auto room = slot_distance(board_, dealt_[*above], slot);
      if (room && widths_[*above] > *room) return false;
    }
    const auto top = slot_distance(board_, 0, slot);
    return !case_slots_ || !top || *top + widths_[card] <= *case_slots_;
  }
  bool deal(std::size_t slot, std::size_t left, std::optional<std::size_t> above) {
    if (left == 0) return true;
    if (board_.slots.size() - slot < left || --steps_left_ == 0) return false;
    for (std::size_t card = 0; card < widths_.size(); ++card) {
      if (is_dealt(card) || has_twin_before(card)) continue;
      if (!fits(card, slot, above)) continue;
      dealt_[card] = slot;
      if (deal(slot + 1, left - 1, card)) return true;
      dealt_[card] = board_.slots.size();
      if (steps_left_ == 0) return false;
    }
    return deal(slot + 1, left, above);
  }
  bool is_dealt(std::size_t card) const { return dealt_[card] < board_.slots.size(); }
  /// One as wide that is tried first.
  bool has_twin_before(std::size_t card) const {
    for (std::size_t i = 0; i < card; ++i) {
      if (!is_dealt(i) && widths_[i] == widths_[card]) return true;
    }
    return false;
  }

  const PlannedBoard& board_;
  const std::vector<std::uint32_t>& widths_;
  std::optional<std::uint32_t> case_slots_;
  std::vector<std::size_t> dealt_;  ///< the number of slots: none yet
  std::size_t steps_left_ = 20000;  ///< beyond any real board, where cards of many widths fit in no order
};

}  // namespace

std::optional<std::uint32_t> slot_distance(const PlannedBoard& board, std::size_t from, std::size_t to) {
  std::uint32_t distance = 0;
  for (std::size_t i = from; i < to; ++i) {
    if (!board.slots[i].spacing) return std::nullopt;
    distance += *board.slots[i].spacing;
  }
  return distance;
}

std::vector<std::size_t> deal_slots(const PlannedBoard& board, const std::vector<std::uint32_t>& widths,
                                    std::optional<std::uint32_t> case_slots) {
  std::vector<std::size_t> in_order(widths.size());
  std::iota(in_order.begin(), in_order.end(), std::size_t{0});
  if (widths.size() > board.slots.size()) return in_order;
  if (auto found = SlotDealer(board, widths, case_slots).find()) return *found;
  if (auto found = SlotDealer(board, widths, std::nullopt).find()) return *found;
  return in_order;
}

}  // namespace qwenfit
