#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "memory/graph_builder.h"

namespace qwenfit::graph {

void Builder::inputs() {
  tokens_ = input(4 * z_.tokens);
  input(z_.residual, true);  // embeddings given instead of tokens
  slots_ = input(4 * Bytes{s_.slots});
  positions_ = input(4 * kPositionParts * z_.tokens);
  if (z_.quantized_k) turn_k_ = input(kF32 * kRotationK * kRotationK);
  if (!is_float(s_.v)) turn_v_ = input(kF32 * kRotationV * kRotationV);
  key_index_ = input(8 * z_.tokens);
  value_index_ = input(8 * z_.tokens * (s_.flash_attention ? 1 : a_.kv_width()));
  mask_ = input(z_.mask);
  logit_ids_ = input(4 * logit_rows_);
}

/// Probabilities, choice and weights of the experts.
std::int32_t Builder::router(std::int32_t normed, std::int32_t& chosen) {
  const Bytes all = kF32 * a_.experts * z_.tokens;
  const Bytes used = kF32 * a_.experts_used * z_.tokens;
  const Bytes one = kF32 * z_.tokens;
  const std::int32_t logits =
      add(Op::product, all, {weight(home(), kF32 * a_.experts * Bytes{a_.embedding}), normed});
  const std::size_t first = g_.order.size();
  const std::int32_t shares = add(Op::softmax, all, {logits});
  const std::int32_t rows = view(shares);
  const std::int32_t order = add(Op::argsort, all, {shares});
  chosen = view(order, all - kF32 * (Bytes{a_.experts} - a_.experts_used));
  const std::int32_t weights = view(add(Op::rows, used, {rows, chosen}));
  std::int32_t sum = add(Op::sum_rows, one, {weights});
  sum = add(Op::clamp, one, {sum});
  const std::int32_t normalized = view(add(Op::divide, used, {weights, sum}));
  const std::size_t last = g_.order.size();
  if (s_.rules == ComputeRules::cuda) {
    std::vector<std::int32_t> kept;
    kept.reserve(3 * kMostSources);
    const auto hold = [&](std::int32_t t) {
      if (std::find(kept.begin(), kept.end(), t) == kept.end()) kept.push_back(t);
    };
    for (std::size_t i = first; i < last; ++i) {
      hold(g_.order[i]);
      const Tensor& t = g_.tensors[static_cast<std::size_t>(g_.order[i])];
      for (std::uint32_t j = 0; j < t.sources; ++j) hold(g_.sources_of(t)[j]);
    }
    keep(kept);
  }
  return normalized;
}

/// Nodes that hold what fused operations read or write.
void Builder::keep(std::span<const std::int32_t> tensors) {
  for (std::size_t i = 0; i < tensors.size(); i += kMostSources) {
    const auto part = tensors.subspan(i, std::min(kMostSources, tensors.size() - i));
    const Tensor& first = g_.tensors[static_cast<std::size_t>(part[0])];
    Tensor t;
    t.op = Op::keep;
    t.viewed = first.viewed >= 0 ? first.viewed : part[0];
    g_.order.push_back(g_.add(t, part.data(), part.size()));
  }
}

std::int32_t Builder::expert_feed_forward(std::int32_t normed) {
  std::int32_t chosen = 0;
  const std::int32_t shares = router(normed, chosen);
  const std::int32_t tokens = view(normed);
  const auto product = [&](BlockTensor which, Bytes bytes, std::int32_t of) {
    return add(Op::experts, bytes, {matrix(which, true), of, chosen});
  };
  const std::int32_t gate = product(BlockTensor::gate, z_.hidden, tokens);
  const std::int32_t up = product(BlockTensor::up, z_.hidden, tokens);
  const std::int32_t hidden = add(Op::gated, z_.hidden, {gate, up});
  const std::int32_t outputs = product(BlockTensor::down, z_.down, hidden);
  const std::int32_t weighted = add(Op::multiply, z_.down, {outputs, shares});
  g_.tensors[static_cast<std::size_t>(weighted)].of_experts = true;
  std::vector<std::int32_t> parts;
  parts.reserve(a_.experts_used);
  for (std::uint32_t i = 0; i < a_.experts_used; ++i) {
    parts.push_back(view(weighted));
    g_.tensors[static_cast<std::size_t>(parts.back())].of_experts = true;
  }
  std::int32_t sum = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) sum = add(Op::add, z_.residual, {sum, parts[i]});
  if (s_.rules == ComputeRules::cuda) keep(std::array{outputs, shares});
  if (a_.shared_expert_feed_forward == 0) return sum;
  return add(Op::add, z_.residual, {sum, shared_expert(normed)});
}

std::int32_t Builder::shared_expert(std::int32_t normed) {
  const Bytes width = kF32 * a_.shared_expert_feed_forward * z_.tokens;
  const std::int32_t gate = add(Op::product, width, {matrix(BlockTensor::shared_gate), normed});
  const std::int32_t up = add(Op::product, width, {matrix(BlockTensor::shared_up), normed});
  const std::int32_t hidden = add(Op::gated, width, {gate, up});
  const std::int32_t out = add(Op::product, z_.residual, {matrix(BlockTensor::shared_down), hidden});
  const std::int32_t share = add(Op::product, kF32 * z_.tokens, {vector(a_.embedding), normed});
  const std::int32_t opened = add(Op::unary, kF32 * z_.tokens, {share});
  return add(Op::multiply, z_.residual, {out, opened});
}

std::int32_t Builder::feed_forward(std::int32_t x) {
  std::int32_t normed = add(Op::norm, z_.residual, {x});
  normed = add(Op::multiply, z_.residual, {normed, vector(a_.embedding)});
  if (a_.is_moe()) return add(Op::add, z_.residual, {expert_feed_forward(normed), x});
  const std::int32_t gate = add(Op::product, z_.hidden, {matrix(BlockTensor::gate), normed});
  const std::int32_t up = add(Op::product, z_.hidden, {matrix(BlockTensor::up), normed});
  const std::int32_t hidden = add(Op::gated, z_.hidden, {gate, up});
  const std::int32_t out = add(Op::product, z_.residual, {matrix(BlockTensor::down), hidden});
  return add(Op::add, z_.residual, {out, x});
}

std::int32_t Builder::layer(std::int32_t x) {
  std::int32_t normed = add(Op::norm, z_.residual, {x});
  normed = add(Op::multiply, z_.residual, {normed, vector(a_.embedding)});
  x = a_.is_full_attention(layer_) ? full_attention(x, normed) : linear_attention(x, normed);
  return feed_forward(x);
}

void Builder::head(std::int32_t x) {
  const std::int8_t place = p_.output_on_host ? kHost : layers_.output ? kDevice : kOther;
  std::int32_t t = add(Op::norm, z_.residual, {x});
  t = add(Op::multiply, z_.residual, {t, weight(place, kF32 * a_.embedding)});
  g_.tensors[static_cast<std::size_t>(t)].output = true;
  t = add(Op::rows, kF32 * a_.embedding * logit_rows_, {t, logit_ids_});
  t = add(Op::product, kF32 * a_.vocab * logit_rows_,
          {weight(place, p_.output_bytes, p_.repacks && p_.output_repacked), t});
  g_.tensors[static_cast<std::size_t>(t)].output = true;
  g_.tensors[static_cast<std::size_t>(t)].batch = static_cast<std::uint32_t>(logit_rows_);
}

void build(Graph& g, const Architecture& a, const ComputeShape& s, const ComputePlacement& p,
           const DeviceLayers& layers, const Sizes& z) {
  Builder(g, a, s, p, layers, z).run();
}

}  // namespace qwenfit::graph
