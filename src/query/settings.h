#pragma once

#include "qwenfit/catalog.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// Largest values the options take: more than any runtime runs.
inline constexpr std::uint32_t kMostParallel = 1024;
inline constexpr std::uint32_t kMostUbatch = 65536;

/// Fills `question.settings` from the query. Machine and models of the question are resolved already.
/// An error, if any, is returned through the result; the value is always true.
Result<bool> resolve_settings(const Query& query, const Catalog& catalog, Question& question);

/// How several devices share a model under this runtime unless told otherwise.
SplitMode usual_split(std::string_view runtime, const Catalog& catalog);

}  // namespace qwenfit
