#pragma once

#include <string>
#include <vector>

#include "detect/facts.h"
#include "qwenfit/catalog_rows.h"

/// Sentences about what was found, fit for a terminal.
namespace qwenfit {

/// The name of a card, the driver's first.
std::string shown_name(const CardFacts& card);
std::string unknown_words(const CardFacts& card);
std::string differs_words(const CardFacts& card, const DeviceRow& known);
std::string choice_words(const CardFacts& card, const std::vector<std::string>& choices);
std::string use_words(const CardFacts& card);
std::string limit_words(const MachineFacts& facts);
std::string wsl_words();
std::string memory_kind_words();
std::string tool_words(const ToolReport& tool);

}  // namespace qwenfit
