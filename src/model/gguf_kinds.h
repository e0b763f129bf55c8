#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/gguf.h"

namespace qwenfit {

/// What to do about a model of a kind that is not known; follows a semicolon.
inline constexpr std::string_view kTheseWork =
    "dense models of plain attention work (llama, mistral, phi, qwen2, starcoder2 and the like), Qwen 3 and "
    "3.5, or --model NAME of one that qwenfit models lists";

/// Why this is no model whose memory can be told, by its metadata and the names of its tensors; empty: it may
/// be one. `own_graph`: the architecture is one of Qwen 3's or 3.5's.
std::string foreign_kind(const std::vector<GgufHeader>& parts, const std::string& architecture,
                         bool own_graph);

/// The architecture is one of those whose attention is known to be plain; their kinds with experts are not
/// all known.
bool is_plain_attention(std::string_view architecture);

}  // namespace qwenfit
