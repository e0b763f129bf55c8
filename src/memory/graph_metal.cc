#include "memory/graph_metal.h"

#include <algorithm>
#include <array>

namespace qwenfit::graph {
namespace {

/// Most operations in one fused group and in the window that is searched for others to run beside one
/// (ggml-metal-common.cpp).
constexpr std::size_t kMostFused = 16;
constexpr std::size_t kFusedWindow = 80;
constexpr std::size_t kWindow = 64;
/// Most additions, and most experts, that one operation takes together.
constexpr std::size_t kMostAdditions = 7;
constexpr std::size_t kMostExperts = 8;

bool may_move(Op op) {
  switch (op) {
    case Op::softmax:
    case Op::concat:
    case Op::delta:
    case Op::attention:
    case Op::argsort:
    case Op::token_rows:
      return false;
    default:
      return true;
  }
}

}  // namespace

MetalOrder::MetalOrder(Graph& g, const Architecture& a)
    : g_(g), used_experts_(a.experts_used), first_cache_(g.tensors.size()) {
  const std::size_t ranges = first_cache_ + static_cast<std::size_t>(g.caches) + 2;
  running_ = {std::vector<std::uint32_t>(ranges), std::vector<std::uint32_t>(ranges), 1};
  skipped_ = running_;
}

std::vector<std::int32_t> MetalOrder::of(const std::vector<std::int32_t>& split) {
  nodes_ = split;
  find_kept();
  pack();
  Ids result;
  for (const std::size_t i : reorder()) {
    for (std::size_t n = packs_[i].first; n < packs_[i].last; ++n) {
      result.push_back(nodes_[n]);
      put_kept(n, result);
    }
  }
  return result;
}

bool MetalOrder::is(std::size_t n, std::initializer_list<Op> pattern) const {
  if (n + pattern.size() > nodes_.size()) return false;
  return std::equal(pattern.begin(), pattern.end(), nodes_.begin() + static_cast<std::ptrdiff_t>(n),
                    [&](Op o, std::int32_t i) { return g_.tensors[static_cast<std::size_t>(i)].op == o; });
}

std::size_t MetalOrder::run_of(std::size_t n, Op o, std::size_t most) const {
  std::size_t count = 0;
  while (count < most && n + count < nodes_.size() && op(n + count) == o) ++count;
  return count;
}

/// A product with its views and the additions of them: the weighted sum of the experts.
std::size_t MetalOrder::weighted_sum(std::size_t n) const {
  if (op(n) != Op::multiply) return 0;
  std::size_t views = 0;
  while (views < kMostExperts && n + 1 + views < nodes_.size() && op(n + 1 + views) == Op::view &&
         tensor(n + 1 + views).of_experts) {
    ++views;
  }
  if (views < 2 || run_of(n + 1 + views, Op::add, views - 1) < views - 1) return 0;
  return 2 * views;
}

std::size_t MetalOrder::fused(std::size_t n) const {
  using enum Op;
  std::size_t most = weighted_sum(n);
  const std::size_t additions = run_of(n, add, kMostAdditions);
  if (additions >= 2) most = std::max(most, additions);
  const auto one_of = [&](std::initializer_list<Op> pattern) {
    if (is(n, pattern)) most = std::max(most, pattern.size());
  };
  one_of({norm, multiply});
  one_of({norm, scale});
  one_of({norm, multiply, add});
  one_of({convolution, unary});
  one_of({delta, store});
  one_of({softmax, view, argsort, view, rows});
  one_of({softmax, view, argsort, view, rows, view, sum_rows, clamp, divide, view});
  return most;
}

void MetalOrder::find_kept() {
  kept_.assign(nodes_.size(), {});
  for (std::size_t n = 0; n < nodes_.size();) {
    const std::size_t count = fused(n);
    if (count == 0) {
      ++n;
      continue;
    }
    Ids seen;
    Ids& kept = kept_[n + count - 1];
    const auto has = [](const Ids& ids, std::int32_t i) {
      return std::find(ids.begin(), ids.end(), i) != ids.end();
    };
    for (std::size_t m = n; m < n + count; ++m) {
      for (const std::int32_t source : sources(m)) {
        if (has(seen, source)) continue;
        seen.push_back(source);
        if (!has(kept, source)) kept.push_back(source);
      }
      seen.push_back(nodes_[m]);
    }
    n += count;
  }
}

void MetalOrder::put_kept(std::size_t n, Ids& out) {
  Ids& kept = kept_[n];
  kept.erase(std::remove_if(kept.begin(), kept.end(),
                            [&](std::int32_t i) {
                              const Tensor& t = g_.tensors[static_cast<std::size_t>(i)];
                              return t.external && t.viewed < 0;
                            }),
             kept.end());
  for (std::size_t i = 0; i < kept.size(); i += kMostSources) {
    const Tensor& first = g_.tensors[static_cast<std::size_t>(kept[i])];
    Tensor t;
    t.op = Op::keep;
    t.viewed = first.viewed >= 0 ? first.viewed : kept[i];
    t.place = kDevice;
    out.push_back(g_.add(t, kept.data() + i, std::min(kMostSources, kept.size() - i)));
  }
}

/// How many of these operations Metal computes as one.
std::size_t MetalOrder::next_fused(std::span<const std::size_t> at) const {
  using enum Op;
  const auto follows = [&](std::size_t i) { return sources(at[i])[0] == nodes_[at[i - 1]]; };
  const auto pair = [&](Op first, Op second) {
    return at.size() > 1 && op(at[0]) == first && op(at[1]) == second;
  };
  std::size_t most = 1;
  if ((pair(norm, multiply) || pair(norm, scale) || pair(convolution, unary)) && follows(1)) most = 2;
  if (pair(delta, store)) most = 2;
  std::size_t chain = 1;
  while (op(at[0]) == add && chain < kMostAdditions && chain < at.size() && op(at[chain]) == add &&
         follows(chain)) {
    ++chain;
  }
  most = std::max(most, chain);
  constexpr std::array kChoice = {softmax, argsort, rows, sum_rows, clamp, divide};
  if (at.size() >= kChoice.size() && std::equal(kChoice.begin(), kChoice.end(), at.begin(),
                                                [&](Op o, std::size_t n) { return op(n) == o; })) {
    most = std::max(most, kChoice.size());
  }
  const bool sums = op(at[0]) == multiply && tensor(at[0]).of_experts && used_experts_ >= 2 &&
                    used_experts_ <= kMostExperts && at.size() >= used_experts_;
  if (sums && std::all_of(at.begin() + 1, at.begin() + static_cast<std::ptrdiff_t>(used_experts_),
                          [&](std::size_t n) { return op(n) == add; })) {
    most = std::max(most, used_experts_);
  }
  return most;
}

void MetalOrder::pack() {
  packs_.clear();
  for (std::size_t n = 0; n < nodes_.size();) {
    std::size_t length = 1;
    if (counts(n)) {
      std::array<std::size_t, kMostFused> at{};
      std::size_t found = 0;
      for (std::size_t m = n; m < std::min(nodes_.size(), n + kFusedWindow) && found < kMostFused; ++m) {
        if (counts(m)) at[found++] = m;
      }
      std::size_t taken = 0;
      while (taken < found) {
        const std::size_t next = next_fused({at.data() + taken, found - taken});
        if (next == 1 || taken + next > kMostFused) break;
        taken += next;
      }
      if (taken > 0) length = std::min(kMostFused, at[taken - 1] - n + 1);
    }
    packs_.push_back({n, n + length});
    n += length;
  }
}

/// A number for the memory that a tensor reads or writes; -1 for weights.
std::int32_t MetalOrder::range_of(std::int32_t i) const {
  const Tensor& t = g_.tensors[static_cast<std::size_t>(i)];
  if (t.cache != kNoCache) return static_cast<std::int32_t>(first_cache_) + t.cache;
  if (t.external) return -1;
  return t.viewed >= 0 ? t.viewed : i;
}

template <typename Use>
void MetalOrder::for_ranges(const Pack& pack, Use use) const {
  const auto first = nodes_.begin() + static_cast<std::ptrdiff_t>(pack.first);
  const auto last = nodes_.begin() + static_cast<std::ptrdiff_t>(pack.last);
  for (std::size_t n = pack.first; n < pack.last; ++n) {
    for (const std::int32_t source : sources(n)) {
      if (std::find(first, last, source) != last) continue;
      if (const std::int32_t range = range_of(source); range >= 0) use(range, false);
    }
    if (const std::int32_t range = range_of(nodes_[n]); range >= 0) use(range, true);
  }
}

/// Recurrent states next to each other touch: the end of one is the start of the next.
bool MetalOrder::meets(const std::vector<std::uint32_t>& marks, std::uint32_t epoch,
                       std::int32_t range) const {
  const auto at = static_cast<std::size_t>(range);
  return marks[at] == epoch || (at > first_cache_ + kKeyValueCache && marks[at + 1] == epoch);
}

void MetalOrder::mark(Ranges& ranges, const Pack& pack) const {
  for_ranges(pack, [&](std::int32_t range, bool written) {
    (written ? ranges.written : ranges.read)[static_cast<std::size_t>(range)] = ranges.epoch;
  });
}

bool MetalOrder::is_free(const Ranges& ranges, const Pack& pack) const {
  bool free = true;
  for_ranges(pack, [&](std::int32_t range, bool written) {
    if (meets(ranges.written, ranges.epoch, range)) free = false;
    if (written && meets(ranges.read, ranges.epoch, range)) free = false;
  });
  return free;
}

std::vector<std::size_t> MetalOrder::reorder() {
  ++running_.epoch;
  std::vector<bool> used(packs_.size());
  std::vector<std::size_t> order;
  for (std::size_t a = 0; a < packs_.size(); ++a) {
    if (used[a]) continue;
    if (!is_view(packs_[a]) && !is_free(running_, packs_[a])) {
      ++skipped_.epoch;
      mark(skipped_, packs_[a]);
      for (std::size_t b = a + 1; b < std::min(a + kWindow, packs_.size()); ++b) {
        if (used[b]) continue;
        if (!may_move(op(packs_[b].first))) break;
        if ((is_view(packs_[b]) || is_free(running_, packs_[b])) && is_free(skipped_, packs_[b])) {
          mark(running_, packs_[b]);
          order.push_back(b);
          used[b] = true;
        } else {
          mark(skipped_, packs_[b]);
        }
      }
      ++running_.epoch;
    }
    mark(running_, packs_[a]);
    order.push_back(a);
  }
  return order;
}

}  // namespace qwenfit::graph
