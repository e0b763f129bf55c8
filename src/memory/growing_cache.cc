#include "memory/growing_cache.h"

#include <algorithm>

#include "memory/kv_cache.h"
#include "qwenfit/quant.h"

namespace qwenfit {

Tokens grown_tokens(const GrowingRule& rule, Tokens context) {
  return pad_to(context, rule.step_tokens);
}

Bytes grown_layer_bytes(const Architecture& a, const GrowingRule& rule, Tokens context) {
  return mul(grown_tokens(rule, context), kPair, row_bytes(TensorType::bf16, a.kv_width()));
}

Bytes score_bytes(const Architecture& a, const GrowingRule& rule, Tokens context) {
  return mul(a.heads, std::min(rule.prefill_tokens, context), context, rule.score);
}

}  // namespace qwenfit
