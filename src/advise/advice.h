#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "advise/changes.h"
#include "advise/trade_offs.h"

namespace qwenfit {

/// Advice on one model: about the recommended answer, or where nothing fits the nearest.
struct ModelAdvice {
  const Answer* about = nullptr;
  std::vector<Answer> other_caches;     ///< of the same builds
  std::optional<TradeOffs> trade_offs;  ///< between the reply's answers and these
  std::optional<Users> users;           ///< at the context in force
  Limits limits;
  std::vector<Change> changes;  ///< each tried alone
  std::optional<std::size_t> most_helpful, most_helpful_free;
};

/// Another runtime that answers a question with a command.
struct OtherRuntime {
  std::string id, name, quant_name;
  bool in_ram = false;  ///< partly in system RAM
  std::optional<Rate> decode;
  bool without_quant = false;  ///< the quants that were named have to be dropped
};

/// Advice on every model of a reply, and the questions that its answers point into.
struct Advice {
  std::vector<ModelAdvice> models;
  std::deque<Question> questions;
  std::optional<OtherRuntime> other_runtime;  ///< where nothing fits in this one, whatever the quant
};

}  // namespace qwenfit
