#pragma once

#include <string>
#include <vector>

#include "advise/buy.h"

/// Sentences about what to buy, without line breaks.
namespace qwenfit {

/// What is recommended and why, what the next money buys, what one owns, and what was left out; where nothing
/// is to be had within the wish, what would be.
std::vector<std::string> buying_sentences(const Buying& buying, const BuyWish& wish);
/// The pick of a budget and why, and what was left out.
std::vector<std::string> budget_sentences(const BudgetPicks& picks, const BuyWish& wish);
/// `Qwen3.5-27B and Qwen3.5-35B-A3B`.
std::string model_names(const Candidate& candidate);

}  // namespace qwenfit
