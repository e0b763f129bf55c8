#include "memory/recurrent_state.h"

#include "memory/llama_rules.h"

namespace qwenfit {

Bytes recurrent_state_bytes_per_layer(const Architecture& a) {
  if (a.conv_kernel == 0) return 0;
  const Bytes convolution = mul(a.conv_kernel - 1, a.conv_channels());
  const Bytes matrices = mul(a.linear_head_dim, a.linear_head_dim, a.linear_value_heads);
  return mul(add(convolution, matrices), llama_rules::kF32);
}

}  // namespace qwenfit
