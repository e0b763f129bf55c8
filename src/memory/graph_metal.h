#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "memory/graph.h"

namespace qwenfit::graph {

/// The order in which Metal computes the operations of a split (ggml_graph_optimize of ggml-metal), with what
/// fused operations keep alive.
class MetalOrder {
 public:
  MetalOrder(Graph& g, const Architecture& a);

  std::vector<std::int32_t> of(const std::vector<std::int32_t>& split);

 private:
  using Ids = std::vector<std::int32_t>;

  /// Operations that stay together.
  struct Pack {
    std::size_t first = 0, last = 0;
  };
  /// Memory that some operations read and write: what bears the mark of this epoch.
  struct Ranges {
    std::vector<std::uint32_t> read, written;
    std::uint32_t epoch = 1;
  };

  const Tensor& tensor(std::size_t n) const { return g_.tensors[static_cast<std::size_t>(nodes_[n])]; }
  Op op(std::size_t n) const { return tensor(n).op; }
  std::span<const std::int32_t> sources(std::size_t n) const {
    return {g_.sources_of(tensor(n)), tensor(n).sources};
  }
  bool counts(std::size_t n) const { return op(n) != Op::view && !tensor(n).empty; }
  bool is_view(const Pack& pack) const { return op(pack.first) == Op::view; }

  bool is(std::size_t n, std::initializer_list<Op> pattern) const;
  std::size_t run_of(std::size_t n, Op o, std::size_t most) const;
  std::size_t weighted_sum(std::size_t n) const;
  std::size_t fused(std::size_t n) const;
  void find_kept();
  void put_kept(std::size_t n, Ids& out);

  std::size_t next_fused(std::span<const std::size_t> at) const;
  void pack();

  std::int32_t range_of(std::int32_t i) const;
  bool meets(const std::vector<std::uint32_t>& marks, std::uint32_t epoch, std::int32_t range) const;
  void mark(Ranges& ranges, const Pack& pack) const;
  bool is_free(const Ranges& ranges, const Pack& pack) const;
  template <typename Use>
  void for_ranges(const Pack& pack, Use use) const;
  std::vector<std::size_t> reorder();

  Graph& g_;
  std::size_t used_experts_;
  std::size_t first_cache_;
  Ids nodes_;
  std::vector<Ids> kept_;
  std::vector<Pack> packs_;
  Ranges running_, skipped_;
};

}  // namespace qwenfit::graph
