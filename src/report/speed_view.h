#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/view.h"

/// What printers read off an estimate of speed.
namespace qwenfit {

/// The speed that a screen shows; null where nothing fits, even if the placement was forced.
const Speed* shown_speed(const Answer& answer);
bool any_speed(const std::vector<const Answer*>& answers);

/// `36 (31-41)`; `-` without a rate.
std::string rate_cell(const std::optional<Rate>& rate);
/// `36`; `-` without a rate.
std::string rate_point(const std::optional<Rate>& rate);
/// Seconds without unit; `-` when unknown.
std::string seconds_cell(const std::optional<double>& seconds);

/// What the decode column is at: `short ctx`, `at 4k` for a depth, `per user` with several slots.
std::string decode_point(const Settings& settings);
/// The context in force as a heading: `at 8k`; `at ctx` when it differs between the answers.
std::string context_title(const std::vector<const Answer*>& answers);
/// The prompt in words: `4k prompt`.
std::string prompt_words(const Settings& settings);

/// What a decode speed feels like, from the thresholds of the catalog; empty where no row applies.
std::string_view decode_feel(const Speed& speed, std::span<const SpeedWordsRow> words);

}  // namespace qwenfit
