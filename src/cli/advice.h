#pragma once

#include "advise/advice.h"
#include "cli/reply.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// Advice on every model that the query names, from the same question with one thing changed at a time.
/// Empty where there is one answer per model, or more models than a screen shows one by one.
Advice advise(const Query& query, const Reply& reply, Resolver& resolver);

}  // namespace qwenfit
