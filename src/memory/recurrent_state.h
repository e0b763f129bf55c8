#pragma once

#include <cstdint>

#include "qwenfit/model.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// Bytes of one linear-attention layer's state for one sequence: the last conv_kernel - 1 inputs of the
/// convolution and a head_dim x head_dim matrix per value head, always F32; llama.cpp llama_memory_recurrent.
Bytes recurrent_state_bytes_per_layer(const Architecture& a);

}  // namespace qwenfit
