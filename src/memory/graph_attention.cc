#include <algorithm>

#include "memory/graph_builder.h"

namespace qwenfit::graph {

/// The slots' rows of a recurrent state (llm_graph_context::build_rs).
std::int32_t Builder::state_rows(std::int32_t cache, Bytes bytes) {
  const std::int32_t rows = view(cache);
  write(Op::scale, cache, {view(rows, 0)});
  if (live_slots_ < 0) live_slots_ = view(slots_, 4 * Bytes{s_.slots});
  const std::int32_t result = add(Op::rows, bytes, {rows, live_slots_});
  if (other_slots_ < 0) other_slots_ = view(slots_, 0);
  const std::int32_t others = add(Op::rows, 0, {rows, other_slots_});
  g_.tensors[static_cast<std::size_t>(others)].empty = true;
  const std::int32_t to = view(cache, 0);
  write(Op::store, cache, {others, to}, true);
  return result;
}

std::int32_t Builder::linear_attention(std::int32_t x, std::int32_t normed) {
  const Bytes copies = 1 + Bytes{s_.draft_length};
  const std::int32_t windows = cache(z_.window * copies, ++caches_);
  const std::int32_t states = cache(z_.state * copies, ++caches_);
  const std::int32_t window = view(state_rows(windows, z_.window));
  const std::int32_t channels = add(Op::product, z_.channels, {matrix(BlockTensor::query_or_linear), normed});
  const std::int32_t joined = add(Op::concat, z_.channels + z_.window, {window, view(view(channels))});
  const Bytes last = kF32 * (a_.conv_kernel - 1);  // the view ends with the last row's new window
  const Bytes column =
      z_.channels + z_.window - (z_.channels + z_.window) / (a_.conv_channels() * std::max(s_.slots, 1U));
  for (Bytes i = 0; i < copies; ++i) {
    const std::int32_t from = view(joined, column + last);
    const std::int32_t to = view(windows, z_.window);
    write(Op::store, windows, {from, to});
  }
  const std::int32_t state = state_rows(states, z_.state);
  const std::int32_t out = delta(joined, state, states, normed);
  const std::int32_t projected =
      view(add(Op::product, z_.residual, {matrix(BlockTensor::attention_output), out}));
  return add(Op::add, z_.residual, {projected, x});
}

/// Convolution, gated delta rule and gated norm.
std::int32_t Builder::delta(std::int32_t joined, std::int32_t state, std::int32_t states,
                            std::int32_t normed) {
  const Bytes heads = kF32 * a_.linear_value_heads * z_.tokens;
  const Bytes keys = z_.normalized / 2;
  const std::int32_t raw =
      add(Op::convolution, z_.channels, {joined, vector(Bytes{a_.conv_kernel} * a_.conv_channels())});
  const std::int32_t convolved = add(Op::unary, z_.channels, {raw});
  const auto normed_heads = [&] {
    const std::int32_t part = view(convolved);
    const std::int32_t unit = add(Op::norm, keys, {part}, Layout::head_keys);
    return add(Op::scale, keys, {unit}, Layout::head_keys);
  };
  const std::int32_t query = normed_heads();
  const std::int32_t key = normed_heads();
  const std::int32_t value = view(convolved);
  const std::int32_t alpha = view(add(Op::product, heads, {matrix(BlockTensor::alpha), normed}));
  std::int32_t decay = add(Op::add, heads, {alpha, vector(a_.linear_value_heads)}, Layout::heads);
  decay = add(Op::unary, heads, {decay}, Layout::heads);
  decay = view(add(Op::multiply, heads, {decay, vector(a_.linear_value_heads)}, Layout::heads));
  const std::int32_t strength = view(add(Op::product, heads, {matrix(BlockTensor::beta), normed}));
  const std::int32_t beta = add(Op::unary, heads, {strength}, Layout::heads4);
  const Bytes new_state = z_.state * (1 + Bytes{s_.draft_length});
  const std::int32_t before = view(state);
  const std::int32_t result = add(Op::delta, z_.values + new_state, {query, key, value, decay, beta, before});
  const std::int32_t after = view(result, new_state);
  const std::int32_t to = view(states);
  write(Op::store, states, {after, to});
  const std::int32_t out = view(result, z_.values);
  std::int32_t gated = add(Op::norm, z_.values, {out}, Layout::values);
  gated = add(Op::multiply, z_.values, {gated, vector(a_.linear_head_dim)}, Layout::values);
  const std::int32_t gate = view(add(Op::product, z_.values, {matrix(BlockTensor::linear_gate), normed}));
  const std::int32_t opened = add(Op::unary, z_.values, {gate}, Layout::values);
  return view(add(Op::multiply, z_.values, {gated, opened}, Layout::values));
}

/// Norm and rotary embedding of queries or keys.
std::int32_t Builder::rotated(std::int32_t source, Bytes bytes, Bytes norm_width, Layout layout) {
  std::int32_t t = add(Op::norm, bytes, {source}, layout);
  t = add(Op::multiply, bytes, {t, vector(norm_width)}, layout);
  return add(Op::rope, bytes, {t, positions_}, layout);
}

/// Product with a Hadamard matrix, for quantized caches.
std::int32_t Builder::turned(std::int32_t matrix, std::int32_t source, Bytes bytes) {
  const std::int32_t from = view(source);
  return view(add(Op::product, bytes, {matrix, from}));
}

std::int32_t Builder::full_attention(std::int32_t x, std::int32_t normed) {
  const Bytes gates = a_.attention_output_gate ? 2 : 1;
  const bool turns_v = !is_float(s_.v);
  const std::int32_t keys = cache(z_.cells * row_bytes(s_.k, a_.kv_width()), kKeyValueCache);
  const std::int32_t values = cache(z_.cells * row_bytes(s_.v, a_.kv_width()), kKeyValueCache);
  ++caches_;  // keys and values lie between the states of the layers before and after
  const std::int32_t joint =
      add(Op::product, gates * z_.query, {matrix(BlockTensor::query_or_linear), normed});
  std::int32_t query = rotated(view(joint), z_.query, a_.head_dim, Layout::queries);
  if (z_.quantized_k) query = turned(turn_k_, query, z_.query);
  std::int32_t value = view(add(Op::product, z_.key, {matrix(BlockTensor::value), normed}));
  if (turns_v) value = turned(turn_v_, value, z_.key);
  std::int32_t key = view(add(Op::product, z_.key, {matrix(BlockTensor::key), normed}));
  key = rotated(key, z_.key, a_.head_dim, Layout::keys);
  if (z_.quantized_k) key = turned(turn_k_, key, z_.key);
  write(Op::set_rows, keys, {view(key), key_index_});
  value = view(value);
  if (!s_.flash_attention) {
    value = view(value);
    view(values);
  }
  write(Op::set_rows, values, {value, value_index_});
  std::int32_t out = attention(query, keys, values);
  if (turns_v) out = turned(turn_v_, out, z_.query);
  if (a_.attention_output_gate) {
    const std::int32_t gate = add(Op::contiguous, z_.query, {view(joint)}, Layout::gate);
    const std::int32_t opened = add(Op::unary, z_.query, {gate}, Layout::gate);
    out = add(Op::multiply, z_.query, {out, opened}, Layout::gate);
  }
  const std::int32_t projected = add(Op::product, z_.residual, {matrix(BlockTensor::attention_output), out});
  return add(Op::add, z_.residual, {projected, x});
}

std::int32_t Builder::attention(std::int32_t query, std::int32_t keys, std::int32_t values) {
  const auto part = [&](std::int32_t of) { return view(view(of)); };
  if (s_.flash_attention) {
    query = part(query);
    keys = part(keys);
    values = part(values);
    return view(add(Op::attention, z_.query, {query, keys, values, mask_}, Layout::none));
  }
  values = part(values);
  keys = part(keys);
  query = part(query);
  const Bytes scores = kF32 * z_.cells * a_.heads * z_.tokens;
  const std::int32_t raw = add(Op::product, scores, {keys, query});
  const std::int32_t shares = add(Op::softmax, scores, {raw, mask_});
  const std::int32_t out = view(add(Op::product, z_.query, {values, shares}));
  return add(Op::contiguous, z_.query, {out}, Layout::gate);
}

}  // namespace qwenfit::graph
