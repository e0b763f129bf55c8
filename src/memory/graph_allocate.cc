#include <algorithm>

#include "memory/compute_phases.h"
#include "memory/graph.h"
#include "memory/llama_rules.h"

namespace qwenfit::graph {
namespace {

using llama_rules::kF32;

/// Counters of Metal's expert operation (ggml-metal-ops.cpp).
constexpr Bytes kMetalExpertsScratch = 8 + 4 * 256;

struct Block {
  Bytes offset = 0, bytes = 0;
};

/// Free blocks of one buffer by offset; the last one has no end.
class Buffer {
 public:
  explicit Buffer(Bytes alignment) : alignment_(alignment) { free_.push_back({0, kEndless}); }

  Bytes padded(Bytes bytes) const { return aligned(bytes, alignment_); }
  Bytes most() const { return most_; }

  Bytes take(Bytes bytes) {
    bytes = padded(bytes);
    std::size_t best = free_.size() - 1;
    Bytes best_bytes = kEndless;
    for (std::size_t i = 0; i + 1 < free_.size(); ++i) {
      if (free_[i].bytes >= bytes && free_[i].bytes <= best_bytes) {
        best = i;
        best_bytes = free_[i].bytes;
      }
    }
    Block& block = free_[best];
    const Bytes offset = block.offset;
    block.offset += bytes;
    block.bytes -= bytes;
    if (block.bytes == 0) free_.erase(free_.begin() + static_cast<std::ptrdiff_t>(best));
    most_ = std::max(most_, offset + bytes);
    return offset;
  }

  /// `bytes` padded already. Blocks of no bytes are kept too, as ggml does.
  void give_back(Bytes offset, Bytes bytes) {
    for (std::size_t i = 0; i < free_.size(); ++i) {
      Block& block = free_[i];
      if (block.offset + block.bytes == offset) {
        block.bytes += bytes;
        if (i + 1 < free_.size() && block.offset + block.bytes == free_[i + 1].offset) {
          block.bytes += free_[i + 1].bytes;
          erase(i + 1);
        }
        return;
      }
      if (offset + bytes == block.offset) {
        block.offset = offset;
        block.bytes += bytes;
        if (i > 0 && free_[i - 1].offset + free_[i - 1].bytes == block.offset) {
          free_[i - 1].bytes += block.bytes;
          erase(i);
        }
        return;
      }
    }
    const auto at =
        std::find_if(free_.begin(), free_.end(), [&](const Block& b) { return b.offset >= offset; });
    free_.insert(at, {offset, bytes});
  }

 private:
  static constexpr Bytes kEndless = Bytes{1} << 62;

  void erase(std::size_t i) { free_.erase(free_.begin() + static_cast<std::ptrdiff_t>(i)); }

  Bytes alignment_;
  Bytes most_ = 0;
  std::vector<Block> free_;
};

/// Bytes of a tensor in its buffer, with the scratch that device operations keep behind their result.
Bytes buffer_bytes(const Tensor& t, const Architecture& a, const ComputeShape& s, const Sizes& z) {
  if (t.place == kHost) return t.bytes;
  if (t.op == Op::attention) return attention_output(a, s, z);
  if (s.rules != ComputeRules::metal) return t.bytes;
  if (t.op == Op::argsort) return 2 * t.bytes;
  if (t.op == Op::experts) return t.bytes + kF32 * a.experts * (1 + z.tokens) + kMetalExpertsScratch;
  return t.bytes;
}

class Allocation {
 public:
  Allocation(Graph& g, const Architecture& a, const ComputeShape& s, const Sizes& z)
      : g_(g),
        states_(g.allocated),
        buffers_{Buffer(s.rules == ComputeRules::metal ? kHostAlignment : kDeviceAlignment),
                 Buffer(kDeviceAlignment), Buffer(kHostAlignment)} {
    states_.assign(g.tensors.size(), {});
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const Tensor& t = g.tensors[i];
      Allocated& own = states_[i];
      own.viewed = t.viewed;
      own.place = std::max(t.place, std::int8_t{kDevice});
      own.output = t.output;
      own.settled = !needs_memory(t);
      if (!own.settled) own.bytes = buffer(own).padded(buffer_bytes(t, a, s, z));
    }
  }

  std::array<Bytes, kPlaces> run() {
    for (const std::int32_t i : g_.inputs) {
      if (!state(i).settled) place(i);
    }
    for (const std::int32_t i : g_.order) {
      const Tensor& t = g_.tensors[static_cast<std::size_t>(i)];
      if (t.viewed >= 0 && t.op != Op::keep) ++state(t.viewed).views;
      for_sources(t, [&](std::int32_t source) { ++state(source).children; });
    }
    for (const std::int32_t i : g_.order) {
      const Tensor& t = g_.tensors[static_cast<std::size_t>(i)];
      for_sources(t, [&](std::int32_t source) {
        if (!state(source).settled) place(source);
      });
      if (!state(i).settled) place(i);
      for_sources(t, [&](std::int32_t source) { release(source); });
    }
    return {buffers_[kDevice].most(), buffers_[kOther].most(), buffers_[kHost].most()};
  }

 private:
  static bool needs_memory(const Tensor& t) { return !t.external && t.viewed < 0; }

  Allocated& state(std::int32_t i) { return states_[static_cast<std::size_t>(i)]; }
  const Tensor& tensor(std::int32_t i) const { return g_.tensors[static_cast<std::size_t>(i)]; }
  Buffer& buffer(const Allocated& state) { return buffers_[static_cast<unsigned char>(state.place)]; }

  template <typename Use>
  void for_sources(const Tensor& t, Use use) {
    const std::int32_t* sources = g_.sources_of(t);
    for (std::uint32_t i = 0; i < t.sources; ++i) use(sources[i]);
  }

  bool takes_place_of_source(const Tensor& t, Allocated& own) {
    if (t.op > Op::softmax) return false;
    const std::int32_t* sources = g_.sources_of(t);
    for (std::uint32_t i = 0; i < t.sources; ++i) {
      const Tensor& source = tensor(sources[i]);
      Allocated& other = state(sources[i]);
      if (!other.now || other.output || source.layout == Layout::none || source.layout != t.layout ||
          source.bytes != t.bytes || other.children != 1 || other.views != 0) {
        continue;
      }
      own.offset = other.offset;
      other.now = other.settled = false;
      if (other.bytes > own.bytes) buffer(own).give_back(own.offset + own.bytes, other.bytes - own.bytes);
      return true;
    }
    return false;
  }

  void place(std::int32_t i) {
    Allocated& own = state(i);
    own.now = own.settled = true;
    if (!takes_place_of_source(tensor(i), own)) own.offset = buffer(own).take(own.bytes);
  }

  void release(std::int32_t i) {
    Allocated& used = state(i);
    if (--used.children > 0 || used.views > 0) return;
    if (used.viewed < 0) {
      free(used);
      return;
    }
    Allocated& viewed = state(used.viewed);
    if (--viewed.views == 0 && viewed.children == 0) free(viewed);
  }

  void free(Allocated& own) {
    if (!own.now || own.output) return;
    buffer(own).give_back(own.offset, own.bytes);
    own.now = own.settled = false;
  }

  const Graph& g_;
  std::vector<Allocated>& states_;
  std::array<Buffer, kPlaces> buffers_;
};

}  // namespace

std::array<Bytes, kPlaces> allocate(Graph& g, const Architecture& a, const ComputeShape& s, const Sizes& z) {
  return Allocation(g, a, s, z).run();
}

}  // namespace qwenfit::graph
