#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/mixture.h"
#include "model/tensors.h"
#include "qwenfit/quant.h"

namespace qwenfit {

/// Which tensors of a file to add up.
struct TensorSelection {
  std::uint32_t first_block = 0, last_block = 0;  ///< blocks [first, last)
  bool dense = false;                             ///< tensors of these blocks other than routed experts
  bool experts = false;                           ///< their routed experts
  bool embedding = false, output = false;
};

/// Elements and file bytes of all selected tensors of one type.
struct TypeSum {
  TensorType type = TensorType::f32;
  std::uint64_t tensors = 0;
  Bytes elements = 0;
  Bytes bytes = 0;
};

/// The selected tensors of a file by type: one entry per type that occurs, in the order of the types.
std::vector<TypeSum> sum_by_type(std::span<const TypedTensor> tensors, const TensorSelection& selection);

/// The same of a file that llama-quantize writes with `mixture`.
std::vector<TypeSum> sum_by_type(const Architecture& a, Mixture mixture, bool with_mtp,
                                 const TensorSelection& selection);

}  // namespace qwenfit
