// The front of price, speed and context against the definition.

#include "advise/front.h"

#include <algorithm>
#include <random>

#include "catch.h"
#include "support/sampling.h"

using namespace qwenfit;

namespace {

/// Points of few different values, so that ties and equal points are frequent.
std::vector<Point> random_points(std::mt19937& random) {
  const auto pick = [&](int most) { return std::uniform_int_distribution<int>(1, most)(random); };
  std::vector<Point> points(static_cast<std::size_t>(pick(40)));
  for (Point& p : points) p = {pick(12) * 100.0, pick(10) * 5.0, static_cast<Tokens>(pick(8)) * 1024};
  return points;
}

bool equal(const Point& a, const Point& b) {
  return a.usd == b.usd && a.tok_s == b.tok_s && a.context == b.context;
}

}  // namespace

TEST_CASE("the front is what no other point beats, each value once, cheapest first") {
  std::mt19937 random(5);
  for (int round = 0; round < random_cases(2000, 20); ++round) {
    const std::vector<Point> points = random_points(random);
    std::vector<std::size_t> expected;
    for (std::size_t i = 0; i < points.size(); ++i) {
      bool stays = true;
      for (std::size_t j = 0; j < points.size(); ++j)
        stays = stays && !beats(points[j], points[i]) && !(j < i && equal(points[j], points[i]));
      if (stays) expected.push_back(i);
    }
    std::vector<std::size_t> front = price_front(points);
    for (std::size_t k = 1; k < front.size(); ++k) CHECK(points[front[k - 1]].usd <= points[front[k]].usd);
    std::sort(front.begin(), front.end());
    CHECK(front == expected);
  }
}

TEST_CASE("a point beats another that is nowhere better and somewhere worse") {
  const Point p{100, 20, 8192};
  CHECK(beats(p, {101, 20, 8192}));
  CHECK(beats(p, {100, 19, 8192}));
  CHECK(beats(p, {100, 20, 4096}));
  CHECK_FALSE(beats(p, p));
  CHECK_FALSE(beats(p, {99, 10, 1024}));
  CHECK(price_front({}).empty());
}
