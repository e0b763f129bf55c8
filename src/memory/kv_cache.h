#pragma once

#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// K and V.
inline constexpr Bytes kPair = 2;

/// Cells of the unified cache that `--parallel` slots share: the context rounded up to whole steps of cells.
Tokens kv_cells(Tokens context);

/// Bytes of one full-attention layer's K and V over `cells` cells, block scales included.
/// cells x (head_dim x kv_heads elements of K type + the same of V type); llama.cpp llama_kv_cache.
Bytes kv_cache_bytes_per_layer(const Architecture& a, Tokens cells, TensorType k, TensorType v);

}  // namespace qwenfit
