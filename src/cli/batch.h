#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "qwenfit/error.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// Longest line of a batch and deepest nesting of its values.
inline constexpr std::size_t kBatchLineBytes = std::size_t{1} << 20;
inline constexpr int kBatchDepth = 8;

/// A line of a batch. `id` is set, if the line has one, even when the query has a fault.
struct BatchLine {
  std::optional<nlohmann::json> id;
  Result<Query> query = Query{};
};
BatchLine parse_batch_line(std::string_view line);

}  // namespace qwenfit
