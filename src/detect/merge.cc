#include "detect/merge.h"

#include <algorithm>

namespace qwenfit {
namespace {

/// Cards that are told apart at most.
constexpr std::size_t kMostCards = 64;

template <typename T>
void fill(T& mine, const T& other, const T& nothing = {}) {
  if (mine == nothing) mine = other;
}

void fill_card(CardFacts& card, const CardFacts& other) {
  if (card.name.empty())
    card.name = other.name;
  else if (!other.name.empty() && other.name != card.name)
    card.names.push_back(other.name);
  card.names.insert(card.names.end(), other.names.begin(), other.names.end());
  fill(card.bus, other.bus);
  fill(card.vendor, other.vendor);
  fill(card.device, other.device);
  fill(card.total, other.total);
  fill(card.used, other.used);
  fill(card.free, other.free);
  fill(card.window, other.window);
  fill(card.link, other.link);
  fill(card.display, other.display);
  card.own_switch = card.own_switch || other.own_switch;
  card.by_driver = card.by_driver || other.by_driver;
}

/// Whether both may be one card; without an address, of those that `taken` leaves.
bool same_card(const CardFacts& a, const CardFacts& b) {
  if (!a.bus.empty() && !b.bus.empty()) return a.bus == b.bus;
  if (a.vendor != b.vendor) return false;
  return a.device == b.device || a.device == 0 || b.device == 0;
}

}  // namespace

void merge_cards(std::vector<CardFacts>& cards, const std::vector<CardFacts>& more) {
  std::vector<bool> taken(cards.size());
  for (const CardFacts& other : more) {
    std::size_t at = 0;
    while (at < taken.size() && (taken[at] || !same_card(cards[at], other))) ++at;
    if (at < taken.size()) {
      taken[at] = true;
      fill_card(cards[at], other);
    } else if (cards.size() < kMostCards) {
      cards.push_back(other);
    }
  }
}

}  // namespace qwenfit
