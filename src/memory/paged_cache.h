#pragma once

#include <cstdint>

#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/runtime.h"
#include "qwenfit/units.h"

/// vLLM's cache of a hybrid model: one pool of equal blocks for K and V and for recurrent states.
/// Source: vllm/v1/core/kv_cache_utils.py, vllm/platforms/interface.py.
namespace qwenfit {

/// Blocks as one of `ranks` devices holds them.
struct PagedBlocks {
  Tokens tokens = 0;            ///< of context in a block
  Bytes page = 0;               ///< one layer's part of a block; a state is padded to it
  std::uint32_t layers = 0;     ///< full-attention layers, which share a block
  Bytes bytes = 0;              ///< of a block
  std::uint32_t of_states = 0;  ///< blocks that a request needs at any length
};

/// `draft_tokens`: 0 without drafting; else the MTP block's layer joins the full-attention layers.
PagedBlocks paged_blocks(const Architecture& a, const PagedRule& rule, TensorType kv, std::uint32_t ranks,
                         std::uint32_t draft_tokens);

/// Blocks that one request of so many tokens needs.
Bytes blocks_per_request(const PagedBlocks& blocks, Tokens context);

/// Requests of so many tokens that a pool holds at once; not whole.
double paged_concurrency(const PagedBlocks& blocks, Bytes pool, Tokens context);

}  // namespace qwenfit
