#pragma once

#include "qwenfit/model.h"
#include "qwenfit/runtime.h"
#include "qwenfit/units.h"

/// MLX's cache, which grows as used. Source: mlx_lm/models/cache.py.
namespace qwenfit {

/// Tokens that a sequence's cache has room for once it holds so many.
Tokens grown_tokens(const GrowingRule& rule, Tokens context);

/// Bytes of K and V of one layer and one sequence, 16 bits an element.
Bytes grown_layer_bytes(const Architecture& a, const GrowingRule& rule, Tokens context);

/// Attention scores of one layer over a pass at the end of the context; 0 with fused kernels.
Bytes score_bytes(const Architecture& a, const GrowingRule& rule, Tokens context);

}  // namespace qwenfit
