#pragma once

#include <optional>
#include <string>
#include <vector>

#include "advise/sweep.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// A question and its answers, which point into it.
struct Reply {
  Question question;
  std::vector<Answer> answers;
};

/// Answers a query. Without a model: the best build of each, or where nothing fits the smallest.
Result<Reply> reply_to(const Query& query, Resolver& resolver, Explain explain = Explain::no);

/// The answer to recommend, or where nothing fits the last, smallest one. `answers` is not empty.
const Answer& best_or_smallest(const std::vector<Answer>& answers);

/// A runtime in which something fits, and the best of that.
struct OtherRuntime {
  std::string id, name;
  std::string quant_name;
  bool in_ram = false;  ///< partly in system RAM
  std::optional<Rate> decode;
};

/// For one model of which nothing fits in the runtime of the reply: the first other one that answers the same
/// question, whatever the quant, with something that fits.
std::optional<OtherRuntime> other_runtime_that_fits(const Query& query, const Reply& reply,
                                                    Resolver& resolver);

}  // namespace qwenfit
