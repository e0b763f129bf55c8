#pragma once

#include <vector>

#include "detect/facts.h"

namespace qwenfit {

/// Adds what another tool says: to the card at the same bus address, or where a tool gives none, to the one
/// of the same maker and device. Cards that are there keep what they have.
void merge_cards(std::vector<CardFacts>& cards, const std::vector<CardFacts>& more);

}  // namespace qwenfit
