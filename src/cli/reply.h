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
/// The same for what takes one model alone: `who`, for the message where the query has several.
Result<Reply> reply_about_one(const Query& query, Resolver& resolver, const std::string& who,
                              Explain explain = Explain::no);

/// The answer to recommend, or where nothing fits the last, smallest one. `answers` is not empty.
const Answer& best_or_smallest(const std::vector<Answer>& answers);

}  // namespace qwenfit
