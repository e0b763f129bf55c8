#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/units.h"
#include "qwenfit/weights.h"

/// How llama.cpp cuts tensors for `--split-mode tensor`: every device gets a run of a tensor's rows or
/// columns in whole granules (blocks of its type, heads), norms and what else it does not name lie whole on
/// every one. Source: llama.cpp src/llama-model.cpp, llama_meta_device_get_split_state.
namespace qwenfit {

/// Caches that llama.cpp can cut; others end in a failed assertion at the start. Sources:
/// https://github.com/ggml-org/llama.cpp/issues/27116,
/// https://github.com/stew675/llama-cpp-rdna-boosts/issues/21.
constexpr bool can_cut_cache(TensorType k, TensorType v) {
  const bool listed = is_float(k) || k == TensorType::q8_0 || k == TensorType::q4_0;
  return listed && k == v;
}

/// The cut of one axis: elements by device, which sum to `all`.
struct Cut {
  std::vector<Bytes> elements;
  Bytes all = 0;

  /// The part of `bytes` that one device gets; the parts of all devices sum to `bytes`.
  Bytes part(Bytes bytes, std::size_t device) const;
};

/// Cut points in proportion to `shares`, rounded down to whole granules; device `turn` comes first.
Cut cut_axis(Bytes all, Bytes granule, std::size_t turn, std::span<const double> shares);

/// The cuts of one block.
struct BlockCuts {
  Cut attention;     ///< of heads: projections, KV cache, recurrent state
  Cut feed_forward;  ///< of its width, for MoE of every routed expert's
};

/// `block`: Architecture::layers is the MTP block.
BlockCuts cuts_of(const Architecture& a, const WeightTable& weights, std::uint32_t block,
                  std::span<const double> shares);

/// The cut of an untied output matrix: single rows of the vocabulary.
Cut cut_output(const Architecture& a, std::span<const double> shares);

/// Bytes of one block that are cut as its attention and its feed-forward are; the rest lies whole on every
/// device.
struct BlockParts {
  Bytes attention = 0;
  Bytes feed_forward = 0;  ///< routed experts included
};
BlockParts parts_of(const Architecture& a, const WeightTable& weights, std::uint32_t block);

}  // namespace qwenfit
