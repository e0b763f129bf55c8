#pragma once

#include <deque>

#include "advise/sweep.h"
#include "catch.h"
#include "qwenfit/query.h"

/// The first answer to a question, which is kept: answers point into it.
inline qwenfit::Answer answer_of(const qwenfit::Query& query) {
  using namespace qwenfit;
  static std::deque<Result<Question>> kept;
  kept.push_back(resolve(query, Catalog::builtin()));
  const Result<Question>& question = kept.back();
  INFO((question ? std::string() : question.error().message));
  REQUIRE(question);
  return sweep(*question, Explain::yes).front();
}
