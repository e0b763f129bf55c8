#pragma once

#include <optional>
#include <span>

#include "model/tensors.h"
#include "qwenfit/catalog.h"
#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/weights.h"

namespace qwenfit {

/// How the two sides of a machine lay out tensors.
struct Layouts {
  BufferLayout device;
  BufferLayout host;
};

/// Bytes by place of a file that llama-quantize writes with `mixture`, tensor by tensor.
/// `importance_matrix`: the quantizer had one, which changes a few tensors.
WeightTable computed_weights(const Architecture& a, Mixture mixture, bool with_mtp, const Layouts& layouts,
                             bool importance_matrix = false);

/// Bytes by place of a file whose tensors are known one by one. Every block is one of the architecture's, the
/// MTP blocks behind the others if the file has them.
WeightTable file_weights(const Architecture& a, bool with_mtp, std::span<const TypedTensor> tensors,
                         const Layouts& layouts);

/// The same as `computed_weights` for a published file whose tensor types are unknown: the blocks' quantized
/// tensors of `mixture` scaled in proportion so that all tensors sum to `tensor_bytes` exactly (a size below
/// embedding, output and norms leaves the blocks empty). `embedding`: type of the token embedding where it is
/// known to differ from the mixture's. `moe_dense_bits`: bits per weight of a MoE file's block tensors other
/// than routed experts, where known; the experts then take the rest.
WeightTable scaled_weights(const Architecture& a, Mixture mixture, bool with_mtp, Bytes tensor_bytes,
                           const Layouts& layouts, std::optional<TensorType> embedding = std::nullopt,
                           std::optional<double> moe_dense_bits = std::nullopt);

/// Bytes of a safetensors or MLX repository's text model by its format's rule, with the MTP block if it keeps
/// one.
WeightTable format_weights(const Architecture& a, const FormatRule& rule, const Layouts& layouts);

}  // namespace qwenfit
