#include "model/breakdown.h"

#include <array>

namespace qwenfit {
namespace {

bool selected(const Tensor& t, const TensorSelection& s) {
  if (t.role == TensorRole::token_embedding) return s.embedding;
  if (t.block < 0) return s.output;
  const auto block = static_cast<std::uint32_t>(t.block);
  return block >= s.first_block && block < s.last_block && (t.experts ? s.experts : s.dense);
}

}  // namespace

std::vector<TypeSum> sum_by_type(std::span<const TypedTensor> tensors, const TensorSelection& selection) {
  std::array<TypeSum, static_cast<std::size_t>(TensorType::count)> sums{};
  for (const TypedTensor& each : tensors) {
    const auto& [t, type] = each;
    if (!selected(t, selection)) continue;
    TypeSum& sum = sums[static_cast<std::size_t>(type)];
    sum.type = type;
    ++sum.tensors;
    sum.elements = add(sum.elements, t.elements());
    sum.bytes = add(sum.bytes, each.bytes());
  }
  std::vector<TypeSum> result;
  for (const TypeSum& sum : sums) {
    if (sum.elements > 0) result.push_back(sum);
  }
  return result;
}

std::vector<TypeSum> sum_by_type(const Architecture& a, Mixture mixture, bool with_mtp,
                                 const TensorSelection& selection) {
  return sum_by_type(typed_tensors(a, mixture, with_mtp), selection);
}

}  // namespace qwenfit
