#include "catalog/generated.h"
#include "qwenfit/quant.h"

namespace qwenfit {

const TensorTypeRow& tensor_type(TensorType type) {
  const auto index = static_cast<std::size_t>(type);
  return generated::tensor_types[index < generated::tensor_types.size() ? index : 0];
}

Bytes row_bytes(TensorType type, Bytes elements) {
  const TensorTypeRow& row = tensor_type(type);
  return mul(elements / row.block, row.bytes);
}

}  // namespace qwenfit
