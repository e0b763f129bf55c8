#pragma once

#include <span>
#include <vector>

#include "advise/sweep.h"

namespace qwenfit {

/// Answers of the same builds of one model with other KV cache types (a question each), in the order of the
/// questions: the one in question, all that everything is on the devices of and that could gain, and of those
/// with a part in system RAM, which take long to place, what could be better in everything than a row of the
/// table of trade-offs, reach farther, or become comfortable.
std::vector<Answer> other_caches(std::span<const Answer> asked, const Answer& about,
                                 std::span<const Question* const> questions, const CatalogRows& rows);

}  // namespace qwenfit
