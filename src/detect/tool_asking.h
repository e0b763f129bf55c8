#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "detect/facts.h"
#include "detect/probe.h"

/// What the looks at the systems share.
namespace qwenfit {

/// Runs the tools and notes how each ended.
std::vector<ToolOutput> ask(const Probe& probe, const std::vector<ToolCall>& calls, MachineFacts& facts);

/// Notes of a tool that ended well whether its answer was `read`, and else with what it begins.
void note_read(MachineFacts& facts, const std::string& program, bool read, std::string_view text);

/// NVIDIA's cards from the answer to `nvidia_query`; asks again where an old driver refused it, and for the
/// parts of cards that are cut up. `program`: the name the answer is noted under.
std::vector<CardFacts> nvidia_cards(const Probe& probe, const std::string& program, const ToolOutput& answer,
                                    MachineFacts& facts);

}  // namespace qwenfit
