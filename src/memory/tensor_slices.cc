#include "memory/tensor_slices.h"

#include <algorithm>
#include <numeric>

#include "memory/llama_rules.h"

namespace qwenfit {
namespace {

/// Elements that llama.cpp's fast kernels want together.
constexpr Bytes kKernelWidth = 128;

/// Main blocks of the same kind before `block`: devices take turns within a kind.
std::size_t turn_of(const Architecture& a, std::uint32_t block) {
  const std::uint32_t full = a.full_attention_in(0, std::min(block, a.layers));
  const bool linear = block < a.layers && !a.is_full_attention(block);
  return linear ? block - full : full;
}

/// KV cache and projections: whole groups of query heads, in elements of K.
Bytes attention_granule(const Architecture& a, Bytes type_block, std::size_t devices) {
  const Bytes group = a.kv_heads > 0 ? a.heads / a.kv_heads : 1;
  const Bytes queries = mul(group, a.head_dim);
  Bytes width = type_block;
  while (width < kKernelWidth && mul(width, devices) < queries) width *= 2;
  return std::lcm(queries, width) / std::max<Bytes>(group, 1);
}

const BlockTensors& tensors_of_block(const WeightTable& weights, const Architecture& a, std::uint32_t block) {
  return block < a.layers ? weights.tensors[block] : weights.mtp_tensors;
}

bool is_linear(const Architecture& a, std::uint32_t block) {
  return block < a.layers && !a.is_full_attention(block);
}

}  // namespace

Bytes Cut::part(Bytes bytes, std::size_t device) const {
  __extension__ using Wide = unsigned __int128;
  if (all == 0) return 0;
  Bytes before = 0;
  for (std::size_t i = 0; i < device; ++i) before += elements[i];
  const auto upto = [&](Bytes end) { return static_cast<Bytes>(static_cast<Wide>(bytes) * end / all); };
  return upto(before + elements[device]) - upto(before);
}

Cut cut_axis(Bytes all, Bytes granule, std::size_t turn, std::span<const double> shares) {
  const std::size_t devices = shares.size();
  if (devices == 0) return {};
  const auto device = [&](std::size_t place) { return (place + turn) % devices; };
  const bool even = std::all_of(shares.begin(), shares.end(), [&](double s) { return s == shares[0]; });
  std::vector<float> sums;
  float sum = 0;
  for (std::size_t place = 0; place < devices; ++place)
    sums.push_back(sum += static_cast<float>(shares[device(place)]));
  Cut cut{std::vector<Bytes>(devices, 0), all};
  Bytes low = 0;
  for (std::size_t place = 0; place + 1 < devices; ++place) {
    Bytes high = even ? mul(all, place + 1) / devices
                      : static_cast<Bytes>(static_cast<float>(all) * sums[place] / sums.back());
    high -= high % granule;
    cut.elements[device(place)] = high - low;
    low = high;
  }
  cut.elements[device(devices - 1)] = all - low;
  return cut;
}

BlockCuts cuts_of(const Architecture& a, const WeightTable& weights, std::uint32_t block,
                  std::span<const double> shares) {
  const BlockTensors& tensors = tensors_of_block(weights, a, block);
  const std::size_t turn = turn_of(a, block) % shares.size();
  const Bytes out_block = std::max<Bytes>(tensors.type_block(BlockTensor::attention_output), 1);
  const Bytes down_block = std::max<Bytes>(tensors.type_block(BlockTensor::down), 1);
  BlockCuts cuts;
  if (is_linear(a, block)) {
    const Bytes granule = std::lcm(std::lcm(out_block, kKernelWidth), Bytes{a.linear_head_dim});
    cuts.attention = cut_axis(mul(a.linear_key_heads, a.linear_head_dim), granule, turn, shares);
  } else {
    cuts.attention = cut_axis(a.kv_width(), attention_granule(a, out_block, shares.size()), turn, shares);
  }
  const Bytes width = a.is_moe() ? a.expert_feed_forward : a.feed_forward;
  cuts.feed_forward = cut_axis(width, std::lcm(down_block, kKernelWidth), turn, shares);
  return cuts;
}

Cut cut_output(const Architecture& a, std::span<const double> shares) {
  return cut_axis(a.vocab, 1, a.layers % shares.size(), shares);
}

BlockParts parts_of(const Architecture& a, const WeightTable& weights, std::uint32_t block) {
  using enum BlockTensor;
  const BlockTensors& t = tensors_of_block(weights, a, block);
  BlockParts parts;
  for (const BlockTensor which : {query_or_linear, key, value, attention_output, linear_gate, alpha, beta})
    parts.attention = add(parts.attention, t[which]);
  if (is_linear(a, block)) {
    constexpr Bytes kVectors = 2;  // decay and step width of every value head
    const Bytes elements = add(mul(a.conv_kernel, a.conv_channels()), mul(kVectors, a.linear_value_heads));
    parts.attention = add(parts.attention, mul(elements, llama_rules::kF32));
  }
  for (const BlockTensor which : {gate, up, down}) parts.feed_forward = add(parts.feed_forward, t[which]);
  return parts;
}

}  // namespace qwenfit
