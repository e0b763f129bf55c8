#pragma once

#include <string_view>
#include <vector>

#include "detect/facts.h"

namespace qwenfit {

/// The query of every field, and the one that drivers of all ages answer.
ToolCall nvidia_query(const std::string& program);
ToolCall nvidia_short_query(const std::string& program);
/// Lists the parts of cards that are cut up.
ToolCall nvidia_list(const std::string& program);

/// The cards of an answer, and what it says where a card or the whole table should be; empty: nothing.
struct NvidiaAnswer {
  std::vector<CardFacts> cards;
  std::string instead;
};
/// Reads `nvidia-smi --query-gpu=... --format=csv`.
NvidiaAnswer read_nvidia(std::string_view text);
/// True if a card of the query is cut into parts (MIG).
bool has_parts(std::string_view text);
/// Adds the largest part of each card as `nvidia-smi -L` lists them; cards in the same order.
void read_nvidia_parts(std::string_view text, std::vector<CardFacts>& cards);
/// Name and bus address of one `/proc/driver/nvidia/gpus/*/information`.
CardFacts read_nvidia_information(std::string_view text);

}  // namespace qwenfit
