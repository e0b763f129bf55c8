#include "query/numbers.h"

#include <algorithm>
#include <limits>
#include <string>

#include "query/text.h"

namespace qwenfit {
namespace {

/// Larger than any context, small enough that products of two stay in range.
constexpr Tokens kLargestTokens = Tokens{1} << 40;

}  // namespace

Result<Tokens> parse_tokens(std::string_view text, std::string_view where, Tokens least) {
  const std::string option(where);
  auto digits = trimmed(text);
  Tokens scale = 1;
  if (!digits.empty() && (digits.back() == 'k' || digits.back() == 'K')) {
    scale = 1024;
    digits = trimmed(digits.substr(0, digits.size() - 1));
  }
  if (!is_digits(digits)) {
    return usage_error(where,
                       option + " takes a number of tokens such as 8192 or 32k, not " + in_quotes(text));
  }
  const auto number = parse_unsigned(digits);
  const Tokens tokens = number ? std::min(mul(*number, scale), kLargestTokens) : kLargestTokens;
  if (tokens < least) {
    return usage_error(where,
                       option + " must be at least " + std::to_string(least) + ", not " + in_quotes(text));
  }
  return tokens;
}

Result<std::uint32_t> parse_count(std::string_view text, std::string_view where, std::uint32_t least,
                                  std::uint32_t most) {
  const auto number = parse_unsigned(trimmed(text));
  if (number && *number >= least && *number <= most) return static_cast<std::uint32_t>(*number);
  return usage_error(where, std::string(where) + " takes a whole number from " + std::to_string(least) +
                                " to " + std::to_string(most) + ", not " + in_quotes(text));
}

Result<std::uint32_t> parse_layers(std::string_view text, std::string_view where) {
  constexpr auto kAll = static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max());
  const auto typed = trimmed(text);
  if (lower_case(typed) == "all") return kAll;
  if (!is_digits(typed)) {
    return usage_error(
        where, std::string(where) + " takes a number of layers such as 20, or all, not " + in_quotes(text));
  }
  const auto number = parse_unsigned(typed);
  return number && *number < kAll ? static_cast<std::uint32_t>(*number) : kAll;
}

/// Shares are added in single precision, as llama.cpp does; outside this range one would swallow the others.
constexpr double kLeastTensorShare = 1e-3, kMostTensorShare = 1e6;

Result<std::vector<double>> parse_shares(std::string_view text, std::string_view where) {
  std::vector<double> shares;
  double sum = 0;
  for (const auto part : split(text, ',')) {
    const auto share = parse_decimal(part);
    if (!share)
      return usage_error(
          where, std::string(where) + " takes one share per device, such as 3,1, not " + in_quotes(text));
    if (*share > kMostTensorShare || (*share > 0 && *share < kLeastTensorShare))
      return usage_error(where, std::string(where) + " takes shares of 0 or from 1/" +
                                    std::to_string(static_cast<int>(1 / kLeastTensorShare)) + " to " +
                                    std::to_string(static_cast<int>(kMostTensorShare)) + ", not " +
                                    in_quotes(part));
    shares.push_back(*share);
    sum += *share;
  }
  if (!(sum > 0)) return usage_error(where, std::string(where) + " must give some device a share above zero");
  return shares;
}

}  // namespace qwenfit
