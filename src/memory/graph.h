#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "memory/compute_buffer.h"
#include "memory/compute_sizes.h"

/// llama.cpp's prompt graph as far as its scratch memory depends on it: tensors with their bytes, sources and
/// places, in the order of execution. Internal to the compute buffers.
namespace qwenfit::graph {

/// Operations, told apart as far as placing, ordering and allocating do.
enum class Op : std::uint8_t {
  add,  // the result of these may take the place of a source
  multiply,
  divide,
  scale,
  unary,
  rope,
  norm,
  clamp,
  softmax,
  view,  // from here on never
  input,
  copy,  ///< of a source that lies elsewhere
  keep,  ///< holds its sources until here
  product,
  experts,
  rows,
  token_rows,
  concat,
  store,
  set_rows,
  convolution,
  delta,
  attention,
  contiguous,
  argsort,
  sum_rows,
  gated
};

/// Where a tensor lies or is computed. The order is ggml's priority of back ends.
enum Place : std::int8_t { kUnknown = -1, kDevice = 0, kOther = 1, kHost = 2, kPlaces = 3 };

/// Tensors of different layouts never take each other's place.
enum class Layout : std::uint8_t { plain, none, head_keys, heads, heads4, values, queries, keys, gate };

/// Sources of a tensor at most (GGML_MAX_SRC).
inline constexpr std::size_t kMostSources = 10;
/// Smallest batch for which weights on the host are copied to the device (offload_op of ggml's back ends).
inline constexpr Bytes kOffloadBatch = 32;
/// Caches as Metal's reordering sees them: one for all keys and values, and the recurrent states in the order
/// in which they lie in memory.
inline constexpr std::int32_t kNoCache = -1;
inline constexpr std::int32_t kKeyValueCache = 0;

struct Tensor {
  Bytes bytes = 0;
  std::int32_t viewed = -1;  ///< the tensor that a view looks at
  std::uint32_t first_source = 0;
  std::uint32_t sources = 0;
  std::uint32_t batch = 0;  ///< rows of the result, for the choice where weights of the host are used
  std::int32_t cache = kNoCache;
  Op op = Op::input;
  Layout layout = Layout::plain;
  std::int8_t place = kUnknown;
  bool external = false;  ///< has memory of its own: weights, caches and what is written to them
  bool output = false;    ///< never freed
  bool empty = false;
  bool weight = false;
  bool fixed = false;       ///< a weight that only its own place can use
  bool of_experts = false;  ///< weighted outputs of the experts, or a view of them
};

/// What the allocator knows about a tensor: all that it asks of a source, so that it reads no tensor twice.
struct Allocated {
  Bytes bytes = 0, offset = 0;
  std::uint32_t children = 0, views = 0;
  std::int32_t viewed = -1;
  std::int8_t place = kUnknown;
  bool now = false;
  bool settled = false;  ///< has memory now, or never needs any
  bool output = false;
};

struct Graph {
  std::vector<Tensor> tensors;
  std::vector<std::int32_t> sources;
  std::vector<std::int32_t> inputs;  ///< in host memory before the first operation
  std::vector<std::int32_t> order;
  std::int32_t caches = 1;
  // Room for `schedule` and `allocate`, kept from one graph to the next.
  std::vector<std::int32_t> copies, next_order, nodes;
  std::vector<std::int8_t> places;
  std::vector<Allocated> allocated;

  std::int32_t* sources_of(const Tensor& t) { return sources.data() + t.first_source; }
  const std::int32_t* sources_of(const Tensor& t) const { return sources.data() + t.first_source; }
  std::int32_t add(const Tensor& t, const std::int32_t* from, std::size_t count) {
    Tensor& own = tensors.emplace_back(t);
    own.first_source = static_cast<std::uint32_t>(sources.size());
    own.sources = static_cast<std::uint32_t>(count);
    for (std::size_t i = 0; i < count; ++i) sources.push_back(from[i]);
    return static_cast<std::int32_t>(tensors.size() - 1);
  }
};

/// Fills `g` with the graph of the layers in which a device takes part: its own, and for device 0 those with
/// weights on the host, for which it computes.
void build(Graph& g, const Architecture& a, const ComputeShape& s, const ComputePlacement& p,
           const DeviceLayers& layers, const Sizes& z);

/// Chooses where every operation is computed, and adds the copies that this needs
/// (ggml_backend_sched_split_graph).
void schedule(Graph& g, const Architecture& a, ComputeRules rules);

/// Bytes of the buffer of every place: ggml's allocator, best fit in the order of execution (ggml-alloc.c).
std::array<Bytes, kPlaces> allocate(Graph& g, const Architecture& a, const ComputeShape& s, const Sizes& z);

}  // namespace qwenfit::graph
