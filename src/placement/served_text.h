#pragma once

#include "memory/paged_cache.h"
#include "placement/recorder.h"
#include "qwenfit/runtime.h"
#include "qwenfit/scenario.h"

/// Words and inputs of the parts of runtimes with memory rules of their own.
namespace qwenfit {

PartText shared_weights_text(const Build& build, const char* label, Bytes all, Bytes repeated,
                             std::uint32_t ranks);
/// `context` 0: blocks that a request needs at any length.
PartText blocks_text(const char* label, const PagedBlocks& blocks, Bytes count, Tokens context,
                     std::uint32_t slots, const RuntimeRules& rules);
PartText tokens_text(const char* label, std::uint32_t slots, Tokens tokens, std::uint32_t layers, Bytes token,
                     const RuntimeRules& rules);
PartText states_text(std::uint32_t count, Bytes bytes, const RuntimeRules& rules);
PartText difference_text(const char* label, Bytes with, Bytes without, const RuntimeRules& rules);
PartText activations_text(Bytes base, Tokens pass, Bytes token, const RuntimeRules& rules);
PartText scores_text(const Architecture& a, Tokens pass, Tokens context, std::uint32_t width,
                     const RuntimeRules& rules);
PartText estimated_text(const char* label, const RuntimeRules& rules);

}  // namespace qwenfit
