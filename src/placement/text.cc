#include "placement/text.h"

#include <algorithm>

namespace qwenfit {
namespace {

/// `34/32 bytes`: what one element takes, block scales included.
std::string per_element(TensorType type) {
  const TensorTypeRow& row = tensor_type(type);
  return std::string(row.id) + " " + std::to_string(row.bytes) + "/" + std::to_string(row.block);
}

}  // namespace

std::string block_range(std::uint32_t first, std::uint32_t last) {
  if (last <= first) return "none";
  if (last == first + 1) return "block " + std::to_string(first);
  return "blocks " + std::to_string(first) + " to " + std::to_string(last - 1);
}

PartText weights_text(const Model& model, const Build& build, const char* label,
                      const TensorSelection& selection, Bytes bytes) {
  std::string inputs = selection.last_block > selection.first_block
                           ? block_range(selection.first_block, selection.last_block) + ": "
                           : "";
  if (!build.mixture && build.tensors == nullptr) {
    return {label, "elements x bits of the format / 8, scales and zero points included",
            inputs + build.quant_name, build.source};
  }
  Bytes exact = 0;
  std::string sum;
  const std::vector<TypeSum> types =
      build.tensors != nullptr
          ? sum_by_type(*build.tensors, selection)
          : sum_by_type(model.architecture, *build.mixture, build.has_mtp_block, selection);
  for (const TypeSum& type : types) {
    sum += (sum.empty() ? "" : " + ") + per_element(type.type) + " x " + std::to_string(type.elements);
    exact = add(exact, type.bytes);
  }
  const char* formula = "sum over tensor types of bytes per element x elements, plus alignment";
  if (build.basis == TensorBasis::scaled) {
    formula =
        "sum over the stock mixture's types of bytes per element x elements, scaled to the published file's "
        "size";
    sum = "(" + sum + ") x " +
          std::to_string(static_cast<double>(bytes) / static_cast<double>(std::max<Bytes>(exact, 1)));
  } else if (bytes > exact) {
    sum += " + " + std::to_string(bytes - exact);
  }
  return {label, formula, inputs + sum, build.source};
}

PartText kv_text(const Architecture& a, Tokens cells, TensorType k, TensorType v, std::uint32_t layers) {
  return {"KV cache of " + std::to_string(layers) + (layers == 1 ? " layer" : " full-attention layers"),
          "layers x cells x head_dim x kv_heads x (K + V bytes per element)",
          std::to_string(layers) + " x " + std::to_string(cells) + " x " + std::to_string(a.head_dim) +
              " x " + std::to_string(a.kv_heads) + " x (" + per_element(k) + " + " + per_element(v) + ")",
          "llama.cpp llama_kv_cache; cells are the context rounded up to a multiple of 256"};
}

PartText state_text(const Architecture& a, std::uint32_t layers, std::uint32_t copies, const char* label) {
  return {label,
          "layers x copies x 4 x ((conv - 1) x (2 key heads + value heads) x dim + dim x dim x value heads)",
          std::to_string(layers) + " x " + std::to_string(copies) + " x 4 x (" +
              std::to_string(a.conv_kernel > 0 ? a.conv_kernel - 1 : 0) + " x (2 x " +
              std::to_string(a.linear_key_heads) + " + " + std::to_string(a.linear_value_heads) + ") x " +
              std::to_string(a.linear_head_dim) + " + " + std::to_string(a.linear_head_dim) + " x " +
              std::to_string(a.linear_head_dim) + " x " + std::to_string(a.linear_value_heads) + ")",
          "llama.cpp llama_memory_recurrent: F32 state of linear-attention layers, per sequence"};
}

}  // namespace qwenfit
