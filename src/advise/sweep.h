#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "qwenfit/estimate.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// One build answered on the question's machine.
struct Answer {
  const Question::Answerable* subject = nullptr;
  const Build* build = nullptr;
  Settings settings;  ///< the context in force; for `--ctx max` the largest that fits
  Estimate estimate;
  MaxContext max_context;
  const SpeedModel* speed = nullptr;  ///< calibration that `estimate.speed` rests on; none: no speed
};

/// Every build of every model of the question, in the question's order.
std::vector<Answer> sweep(const Question& question, Explain explain = Explain::no);

/// The answer to recommend: most bits that fit, 8 at most where there is a choice; experts in system RAM,
/// then of the fewest bits from 4 on, before fewer than 4 bits on the devices; whole layers in system RAM
/// last.
std::optional<std::size_t> best_answer(const std::vector<Answer>& answers);

/// True when something asked for fits: exit code 0.
bool anything_fits(const std::vector<Answer>& answers);

}  // namespace qwenfit
