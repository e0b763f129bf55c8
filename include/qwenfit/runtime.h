#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/units.h"

namespace qwenfit {

/// How a runtime takes memory: as llama.cpp does; from one pool of blocks; from a pool for states and one for
/// the cache; or as used.
enum class MemoryModel : std::uint8_t { llama_cpp, paged, pools, growing };

/// Whether the vision part is loaded: when asked for; always from files that bundle it; never.
enum class VisionLoading : std::uint8_t { optional, bundled, none };

/// Bytes of an element of the recurrent state: the inputs of the convolution and the matrices.
struct StateWidths {
  std::uint32_t conv = 0;
  std::uint32_t matrix = 0;
};

/// vLLM: a fraction of the memory, of which a pool of blocks gets what weights and activations leave. A block
/// holds `block_multiple` times so many tokens that the state of a linear-attention layer fits into it too.
struct PagedRule {
  double memory_fraction = 0;
  std::uint32_t block_multiple = 1;
  std::uint32_t kept_states = 1;   ///< blocks of state that a request keeps per group of layers
  std::uint32_t draft_tokens = 0;  ///< with MTP
  StateWidths state;
  Tokens prefill_tokens = 0;  ///< tokens of one pass, which size the activations
  Bytes large_device = 0;     ///< from this much memory on ...
  Tokens large_prefill_tokens = 0;
  Bytes activation = 0;         ///< beside what grows with the pass
  std::uint32_t logit = 0;      ///< bytes per entry of the vocabulary and sequence
  Bytes vision_activation = 0;  ///< of the largest image
  Bytes other = 0;              ///< outside the tensor library
  Bytes graphs = 0;
  Bytes graphs_per_sequence = 0;
};

/// Tokens of one pass over a prompt and requests of one graph, from so much memory on.
struct PassTier {
  Bytes min_device = 0;
  Tokens prefill_tokens = 0;
  std::uint32_t graph_batch = 0;
};

/// SGLang: a static fraction of the memory for weights, states and cache; the rest is for activations and
/// graphs.
struct PoolsRule {
  double state_to_cache = 0;  ///< how the two pools are cut when nothing is said
  std::uint32_t states_per_request = 1;
  std::uint32_t spare_states = 0;
  std::uint32_t draft_tokens = 0;
  StateWidths state;
  Bytes base = 0;
  Bytes per_prefill_token = 0;
  Tokens least_prefill_tokens = 0;
  Bytes per_rank = 0;
  Bytes per_graph_request = 0;
  Bytes large_device = 0;  ///< from this much memory on at least `large_least` is left out
  Bytes large_least = 0;
  std::span<const PassTier> passes;  ///< by memory, the least first
};

/// MLX: a 16-bit cache that grows by steps as used.
struct GrowingRule {
  Tokens step_tokens = 1;
  Tokens prefill_tokens = 0;
  std::uint32_t score = 0;  ///< bytes of an attention score that is kept over a pass; 0: fused kernels
  StateWidths state;
};

/// What the kernels for some quants need of a device, beyond what the runtime needs itself.
struct QuantNeed {
  std::span<const std::string_view> quants;
  std::optional<double> least_capability;         ///< of NVIDIA devices
  std::span<const std::string_view> gfx_targets;  ///< of AMD devices; empty: any
  bool moe_only = false;                          ///< for models with experts alone
  std::string_view source;
};

/// Where a runtime runs.
struct RuntimeHardware {
  std::span<const std::string_view> systems;      ///< empty: any
  std::string_view on_windows;                    ///< what lends Windows one of the systems; empty: nothing
  std::optional<double> least_capability;         ///< of NVIDIA devices
  std::span<const std::string_view> gfx_targets;  ///< of AMD devices; empty: any
  std::span<const QuantNeed> quants;
  std::string_view source;
};

/// Memory rules of one runtime for one format of file, resolved from its row. The rule of `memory` is set.
struct RuntimeRules {
  std::string id;
  std::string name;
  std::string source;
  MemoryModel memory = MemoryModel::llama_cpp;
  PagedRule paged;
  PoolsRule pools;
  GrowingRule growing;
  bool offloads = false;                   ///< can keep layers in system RAM
  std::optional<double> one_device_share;  ///< of its memory: so far a single device is taken alone
  bool vision_with_all_layers = false;     ///< otherwise the vision part is in system RAM
  /// What it takes when nothing is said; 0: no fixed number.
  Tokens own_context = 0;
  std::uint32_t own_slots = 0;
  std::uint32_t most_sequences = 0;  ///< requests at once; 0: no such limit

  /// llama.cpp's placement and buffers do not describe it.
  bool has_own_memory() const { return memory != MemoryModel::llama_cpp; }
};

}  // namespace qwenfit
