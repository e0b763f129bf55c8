#include "catalog/generated.h"
#include "qwenfit/quant.h"

namespace qwenfit {

const TensorTypeRow& tensor_type(TensorType type) {
  const auto index = static_cast<std::size_t>(type);
  return generated::tensor_types[index < generated::tensor_types.size() ? index : 0];
}

std::optional<TensorType> tensor_type_from_gguf(std::uint32_t gguf_id) {
  for (std::size_t i = 0; i < generated::tensor_types.size(); ++i) {
    if (generated::tensor_types[i].gguf_id == gguf_id) return static_cast<TensorType>(i);
  }
  return std::nullopt;
}

Bytes row_bytes(TensorType type, Bytes elements) {
  const TensorTypeRow& row = tensor_type(type);
  return mul(elements / row.block, row.bytes);
}

}  // namespace qwenfit
