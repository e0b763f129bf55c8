#include "placement/text.h"

namespace qwenfit {
namespace {

std::string str(Bytes value) { return std::to_string(value); }

/// `34/32 bytes`: what one element takes, block scales included.
std::string per_element(TensorType type) {
  const TensorTypeRow& row = tensor_type(type);
  return std::string(row.id) + " " + str(row.bytes) + "/" + str(row.block);
}

}  // namespace

std::string block_range(std::uint32_t first, std::uint32_t last) {
  if (last <= first) return "none";
  if (last == first + 1) return "block " + str(first);
  return "blocks " + str(first) + " to " + str(last - 1);
}

std::string vocab_text(const Architecture& a) {
  return "vocabulary " + str(a.vocab) + " x width " + str(a.embedding);
}

PartText kv_text(const Architecture& a, Tokens cells, TensorType k, TensorType v, std::uint32_t layers) {
  return {"KV cache of " + str(layers) + (layers == 1 ? " layer" : " full-attention layers"),
          "layers x cells x head_dim x kv_heads x (K + V bytes per element)",
          str(layers) + " x " + str(cells) + " x " + str(a.head_dim) + " x " + str(a.kv_heads) + " x (" + per_element(k) +
              " + " + per_element(v) + ")",
          "llama.cpp llama_kv_cache; cells are the context rounded up to a multiple of 256"};
}

PartText state_text(const Architecture& a, std::uint32_t layers, std::uint32_t copies, const char* label) {
  return {label,
          "layers x copies x 4 x ((conv - 1) x (2 key heads + value heads) x dim + dim x dim x value heads)",
          str(layers) + " x " + str(copies) + " x 4 x (" + str(a.conv_kernel > 0 ? a.conv_kernel - 1 : 0) + " x (2 x " +
              str(a.linear_key_heads) + " + " + str(a.linear_value_heads) + ") x " + str(a.linear_head_dim) + " + " +
              str(a.linear_head_dim) + " x " + str(a.linear_head_dim) + " x " + str(a.linear_value_heads) + ")",
          "llama.cpp llama_memory_recurrent: F32 state of linear-attention layers, per sequence"};
}

}  // namespace qwenfit
