#pragma once

#include <cstdint>
#include <vector>

#include "model/tensors.h"
#include "qwenfit/model.h"
#include "qwenfit/quant.h"

namespace qwenfit {

/// Chooses the type of each tensor as llama-quantize does for a file type. Feed it the tensors in the order
/// of `tensors_of`: the rules count what they have seen, but only of those that `by_place` names. Source:
/// llama-quant.cpp, llama_tensor_get_type_impl (snapshot of 2026-09-28), checked against 592 dry runs in
/// tests/data/oracle_sizes.csv.
class MixtureChooser {
 public:
  /// `importance_matrix`: the quantizer had one, which changes a few choices.
  MixtureChooser(const Architecture& a, Mixture mixture, bool with_mtp, bool importance_matrix);

  /// `block`: the tensor's, -1 outside.
  TensorType operator()(const Tensor& tensor, std::int64_t block);

  /// Whether the rules may give such tensors other types in other blocks of a kind.
  bool by_place(TensorRole role) const {
    using enum TensorRole;
    const bool gate_or_up = role == ffn_gate || role == ffn_up;
    return role == attention_v || role == TensorRole::ffn_down || (gate_or_up && mixture_ == Mixture::iq3_xs);
  }

 private:
  TensorType wanted(const Tensor& tensor, std::int64_t block);
  TensorType output(const Tensor& tensor) const;
  TensorType embedding() const;
  TensorType below_three_bits(const Tensor& tensor);
  TensorType attention_value();
  TensorType ffn_down(std::int64_t block);
  TensorType ffn_gate_or_up(const Tensor& tensor, std::int64_t block);
  TensorType attention_output() const;
  /// Layer number the rule counts by: the block for MoE, else the tensors of this kind seen so far.
  std::uint32_t position(std::int64_t block, std::uint32_t seen) const;

  const Architecture& a_;
  Mixture mixture_;
  bool importance_matrix_;
  TensorType base_;
  std::uint32_t blocks_;
  std::uint32_t value_tensors_;  ///< attn_v and attn_qkv in the whole file
  std::uint32_t values_seen_ = 0, downs_seen_ = 0, gates_seen_ = 0, ups_seen_ = 0;
};

/// Every tensor of a file that llama-quantize writes with `mixture`, with its type.
std::vector<TypedTensor> typed_tensors(const Architecture& a, Mixture mixture, bool with_mtp,
                                       bool importance_matrix = false);

}  // namespace qwenfit
