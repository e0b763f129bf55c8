#include "advise/front.h"

#include <algorithm>
#include <numeric>

namespace qwenfit {
namespace {

bool is_nowhere_worse(const Point& a, const Point& b) {
  return a.usd <= b.usd && a.tok_s >= b.tok_s && a.context >= b.context;
}

}  // namespace

bool beats(const Point& a, const Point& b) {
  return is_nowhere_worse(a, b) && !is_nowhere_worse(b, a);
}

std::vector<std::size_t> price_front(std::span<const Point> points) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Whatever beats a point comes before it in this order, and so does an equal one with a lower index.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const Point &p = points[a], &q = points[b];
    if (p.usd != q.usd) return p.usd < q.usd;
    return p.tok_s != q.tok_s ? p.tok_s > q.tok_s : p.context > q.context;
  });
  std::vector<std::size_t> front;
  for (const std::size_t i : order) {
    if (std::none_of(front.begin(), front.end(),
                     [&](std::size_t kept) { return is_nowhere_worse(points[kept], points[i]); }))
      front.push_back(i);
  }
  return front;
}

}  // namespace qwenfit
