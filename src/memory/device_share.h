#pragma once

#include <cstdint>

#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/runtime.h"
#include "qwenfit/units.h"
#include "qwenfit/weights.h"

/// What one device holds when `ranks` devices divide every layer of a model (tensor parallel).
namespace qwenfit {

/// True when heads can be divided among so many devices: it divides the query heads and the key and value
/// heads of linear attention, and it divides the KV heads or, for a runtime that repeats these on several
/// devices, is a multiple of them.
bool heads_divide(const Architecture& a, std::uint32_t ranks, bool repeats_kv);

/// Bytes of one token's K and V in one layer. KV heads are repeated where there are more devices than heads.
Bytes kv_token_bytes(const Architecture& a, TensorType kv, std::uint32_t ranks);

/// Bytes of one linear-attention layer's state for one sequence. Every drafted token adds an input of the
/// convolution.
Bytes linear_state_bytes(const Architecture& a, const StateWidths& widths, std::uint32_t ranks,
                         std::uint32_t draft_tokens = 0);

/// Weights of the main model, or of its MTP block alone, as files that keep everything on devices hold them.
Bytes text_weight_bytes(const WeightTable& weights, const Architecture& a);
Bytes mtp_weight_bytes(const WeightTable& weights, const Architecture& a);

/// Of the main model's weights, what every device holds whole: routers, and the K and V projections of
/// repeated KV heads, 16 bits each. 0 for one device.
Bytes repeated_weight_bytes(const Architecture& a, std::uint32_t ranks);

/// `bytes` divided among devices, rounded up.
Bytes shared_bytes(Bytes bytes, std::uint32_t ranks);

/// Bytes that one layer keeps for every token of a pass, 16 bits an element: a bound, the residual stream and
/// the widest of its feed-forward and attention parts.
Bytes pass_token_bytes(const Architecture& a);

}  // namespace qwenfit
