#pragma once

#include "memory/compute_sizes.h"

/// Phases of a compute buffer that placements build on; internal to the compute buffer.
namespace qwenfit {

/// All phases over the sizes of an architecture and its settings.
ComputeBuffer compute(const Architecture& a, const ComputeShape& s, const Sizes& z);

/// Last and largest tensor of attention: its output with the scratch of the kernel, or all scores.
Bytes attention_output(const Architecture& a, const ComputeShape& s, const Sizes& z);

/// Attention phase over a residual stream above `gap`; 0 where everything fits into the gap.
/// `fetched`: bytes of K and V copied from the host for this layer.
Bytes full_attention(const Architecture& a, const ComputeShape& s, const Sizes& z, Bytes gap,
                     Bytes fetched = 0);

}  // namespace qwenfit
