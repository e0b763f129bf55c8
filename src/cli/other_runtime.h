#pragma once

#include <optional>
#include <string>

#include "advise/advice.h"
#include "cli/reply.h"
#include "report/launch.h"

namespace qwenfit {

/// The best answer of a reply that somebody publishes and that has a command.
struct FoundCommand {
  Launch run;
  std::string quant;  ///< what to type after --quant
  const Answer* answer = nullptr;
};
/// Of files that nobody is known to publish only where `published` is false.
std::optional<FoundCommand> best_command(const Reply& reply, const CatalogInfo& info, bool published,
                                         bool with_publisher = false);

/// The first such runtime for the question as asked, else for the same without its quants. One model only.
std::optional<OtherRuntime> other_runtime(const Query& query, Resolver& resolver, const CatalogInfo& info);
/// The same where nothing fits in the runtime of `reply`, whatever the quant.
std::optional<OtherRuntime> other_runtime_that_fits(const Query& query, const Reply& reply,
                                                    Resolver& resolver, const CatalogInfo& info);

}  // namespace qwenfit
