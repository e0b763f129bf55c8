#include "memory/kv_cache.h"

#include "memory/llama_rules.h"

namespace qwenfit {

Tokens kv_cells(Tokens context) {
  return pad_to(context, llama_rules::kCellPadding);
}

Bytes kv_cache_bytes_per_layer(const Architecture& a, Tokens cells, TensorType k, TensorType v) {
  return mul(cells, add(row_bytes(k, a.kv_width()), row_bytes(v, a.kv_width())));
}

}  // namespace qwenfit
