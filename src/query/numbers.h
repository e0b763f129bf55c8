#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "qwenfit/error.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// A number of tokens: `8192`, `8k` (k = 1024). At least `least`.
Result<Tokens> parse_tokens(std::string_view text, std::string_view where, Tokens least);

/// A whole number from `least` to `most`.
Result<std::uint32_t> parse_count(std::string_view text, std::string_view where, std::uint32_t least,
                                  std::uint32_t most);

/// A count of layers: values above the range of 32 bits, and `all`, mean every layer.
Result<std::uint32_t> parse_layers(std::string_view text, std::string_view where);

/// How far two counts lie apart.
constexpr std::uint32_t distance(std::uint32_t a, std::uint32_t b) {
  return a > b ? a - b : b - a;
}

/// Shares such as `3,1`: finite, not negative, not all zero, scaled to sum to 1.
Result<std::vector<double>> parse_shares(std::string_view text, std::string_view where);

}  // namespace qwenfit
