#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "query/blueprint.h"

namespace qwenfit {

/// Slots of the case between the tops of two board slots; none where a spacing on the way is not said.
std::optional<std::uint32_t> slot_distance(const PlannedBoard& board, std::size_t from, std::size_t to);

/// A slot for each card, by index: one after the other where they fit so, else the first order in which they
/// do; one after the other again where none fits. `widths` are in slots of the case, 0 for what is not known.
std::vector<std::size_t> deal_slots(const PlannedBoard& board, const std::vector<std::uint32_t>& widths,
                                    std::optional<std::uint32_t> case_slots);

}  // namespace qwenfit
