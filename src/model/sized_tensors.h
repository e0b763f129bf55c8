#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/mixture.h"
#include "model/tensors.h"
#include "model/weight_table.h"
#include "qwenfit/model.h"
#include "qwenfit/weights.h"

namespace qwenfit {

/// A tensor, or the vectors of a block together, with its size in the file and in the buffers of both sides.
struct SizedTensor {
  const Tensor* tensor = nullptr;  ///< of this block or of one of its kind
  TensorType type = TensorType::f32;
  bool quantized = false;
  bool repacked = false;  ///< the CPU back end would repack it
  std::uint32_t type_block = 1;
  BlockTensor matrix = BlockTensor::count;  ///< which of its block; count: a vector, the router
  std::uint64_t elements = 0;
  Bytes file = 0;
  Bytes device = 0;
  Bytes host = 0;
};

/// The tensors of a model. Blocks repeat: those of one kind whose matrices have the same types are kept once.
struct SizedModel {
  std::vector<SizedTensor> outside;
  std::vector<std::vector<SizedTensor>> alike;
  std::vector<std::size_t> blocks;  ///< which of `alike` each block is, the MTP blocks last

  std::span<const SizedTensor> block(std::size_t index) const { return alike[blocks[index]]; }
};

SizedTensor sized(const Tensor& t, TensorType type, const Layouts& layouts);

/// What llama-quantize makes of each tensor; the vectors of a block are one entry. `layout` must stay.
SizedModel size_up(const Architecture& a, const TensorLayout& layout, MixtureChooser choose,
                   const Layouts& layouts);

/// Tensors that are known one by one, in any order, sorted by block.
SizedModel by_block(const Architecture& a, bool with_mtp, std::span<const SizedTensor> tensors);

}  // namespace qwenfit
