#pragma once

#include <algorithm>
#include <initializer_list>
#include <span>
#include <utility>

#include "memory/graph.h"
#include "memory/llama_rules.h"

namespace qwenfit::graph {

using llama_rules::kF32;
using Ids = std::initializer_list<std::int32_t>;

/// Puts the graph together, layer by layer, in the order of llama.cpp (qwen35.cpp, qwen35moe.cpp,
/// llama-graph.cpp).
class Builder {
 public:
  Builder(Graph& g, const Architecture& a, const ComputeShape& s, const ComputePlacement& p,
          const DeviceLayers& layers, const Sizes& z)
      : g_(g), a_(a), s_(s), p_(p), layers_(layers), z_(z) {
    const Bytes rows = s.logit_rows == 0 ? z.tokens : s.logit_rows;
    logit_rows_ = std::min<Bytes>(rows, z.tokens);
    layer_ = layers.index == 0 ? 0 : layers.first_layer;
    end_ = (layers.index == 0 ? p.host_layers : layer_) + layers.full_attention + layers.linear_attention;
  }

  void run() {
    const std::uint32_t last = last_built();
    const std::size_t count = last - layer_;
    g_.tensors.clear();
    g_.sources.clear();
    g_.inputs.clear();
    g_.order.clear();
    g_.tensors.reserve(count * 128);
    g_.sources.reserve(count * 192);
    g_.order.reserve(count * 128);
    inputs();
    const std::int8_t before = layers_.index == 0 ? kHost : kOther;
    std::int32_t x = add(Op::token_rows, z_.residual, {weight(before, 0), tokens_});
    for (; layer_ < last; ++layer_) x = layer(x);
    head(x);
    g_.caches = caches_ + 1;
  }

 private:
  std::uint32_t last_built() const {
    return layers_.index == 0 ? std::max(end_, p_.host_expert_layers) : end_;
  }

  std::int8_t home() const {
    if (layers_.index == 0 && layer_ < p_.host_layers) return kHost;
    return layer_ < end_ ? kDevice : kOther;
  }
  std::int8_t cache_home() const { return p_.cache_on_host ? std::int8_t{kHost} : home(); }

  std::int32_t put(const Tensor& t, Ids sources) {
    const std::int32_t id = g_.add(t, sources.begin(), sources.size());
    g_.order.push_back(id);
    return id;
  }

  std::int32_t add(Op op, Bytes bytes, Ids sources, Layout layout = Layout::plain) {
    Tensor t;
    t.op = op;
    t.bytes = bytes;
    t.layout = layout;
    t.batch = static_cast<std::uint32_t>(z_.tokens);
    return put(t, sources);
  }

  std::int32_t view(std::int32_t of, Bytes bytes) {
    const Tensor& from = g_.tensors[static_cast<std::size_t>(of)];
    Tensor t;
    t.op = Op::view;
    t.bytes = bytes;
    t.layout = Layout::none;
    t.viewed = from.viewed >= 0 ? from.viewed : of;
    t.external = from.external;
    t.cache = from.cache;
    return put(t, {of});
  }
  std::int32_t view(std::int32_t of) { return view(of, g_.tensors[static_cast<std::size_t>(of)].bytes); }

  std::int32_t leaf(const Tensor& t) { return g_.add(t, nullptr, 0); }

  std::int32_t input(Bytes bytes, bool output = false) {
    Tensor t;
    t.bytes = bytes;
    t.place = kHost;
    t.output = output;
    g_.inputs.push_back(leaf(t));
    return g_.inputs.back();
  }

  std::int32_t weight(std::int8_t place, Bytes bytes, bool fixed = false) {
    Tensor t;
    t.bytes = bytes;
    t.place = place;
    t.external = t.weight = true;
    t.fixed = fixed;
    return leaf(t);
  }

  /// A matrix of the current block.
  std::int32_t matrix(BlockTensor which, bool expert = false) {
    const bool host_expert = expert && layer_ < p_.host_expert_layers;
    if (host_expert && layers_.index > 0) return weight(kOther, 0);  // device 0 computes with these
    const bool on_host = home() == kHost || host_expert;
    if (!on_host || p_.host == nullptr) return weight(home(), 0);
    const BlockTensors& block = (*p_.host)[layer_];
    return weight(kHost, block[which], p_.repacks && block.repacked(which));
  }
  std::int32_t vector(Bytes elements) { return weight(home(), kF32 * elements); }

  std::int32_t cache(Bytes bytes, std::int32_t number) {
    Tensor t;
    t.bytes = bytes;
    t.place = cache_home();
    t.external = true;
    t.cache = number;
    return leaf(t);
  }

  /// An operation that writes to a cache.
  std::int32_t write(Op op, std::int32_t to, Ids sources, bool empty = false) {
    Tensor t;
    t.op = op;
    t.place = g_.tensors[static_cast<std::size_t>(to)].place;
    t.cache = g_.tensors[static_cast<std::size_t>(to)].cache;
    t.external = true;
    t.empty = empty;
    return put(t, sources);
  }

  void inputs();
  std::int32_t state_rows(std::int32_t cache, Bytes bytes);
  std::int32_t linear_attention(std::int32_t x, std::int32_t normed);
  std::int32_t delta(std::int32_t joined, std::int32_t state, std::int32_t states, std::int32_t normed);
  std::int32_t full_attention(std::int32_t x, std::int32_t normed);
  std::int32_t rotated(std::int32_t source, Bytes bytes, Bytes norm_width, Layout layout);
  std::int32_t turned(std::int32_t matrix, std::int32_t source, Bytes bytes);
  std::int32_t attention(std::int32_t query, std::int32_t keys, std::int32_t values);
  std::int32_t feed_forward(std::int32_t x);
  std::int32_t expert_feed_forward(std::int32_t normed);
  std::int32_t router(std::int32_t normed, std::int32_t& chosen);
  std::int32_t shared_expert(std::int32_t normed);
  std::int32_t layer(std::int32_t x);
  void head(std::int32_t x);
  void keep(std::span<const std::int32_t> tensors);

  Graph& g_;
  const Architecture& a_;
  const ComputeShape& s_;
  const ComputePlacement& p_;
  const DeviceLayers& layers_;
  const Sizes& z_;
  std::uint32_t layer_ = 0;
  std::uint32_t end_ = 0;  ///< of the layers of device 0
  Bytes logit_rows_ = 0;
  std::int32_t tokens_ = 0, slots_ = 0, positions_ = 0, turn_k_ = 0, turn_v_ = 0;
  std::int32_t key_index_ = 0, value_index_ = 0, mask_ = 0, logit_ids_ = 0;
  std::int32_t live_slots_ = -1, other_slots_ = -1;
  std::int32_t caches_ = kKeyValueCache;
};

}  // namespace qwenfit::graph
