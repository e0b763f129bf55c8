#include "advise/merit.h"

#include <algorithm>
#include <random>

#include "advise/figures.h"
#include "advise/trade_offs.h"
#include "catch.h"

using namespace qwenfit;

namespace {

const double comfortable = advice_figures().comfortable_tok_s;

/// Few values per axis, so that ties are common; some losses and speeds are unknown.
std::vector<Merit> random_merits(std::mt19937& random, bool all_known) {
  const auto pick = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  std::vector<Merit> merits(1 + pick(24));
  for (Merit& m : merits) {
    m.tier = {pick(2), pick(3), pick(2), pick(2)};
    m.asked = pick(3) > 0;
    if (all_known || pick(6) > 0) m.loss = 0.001 * (1 + pick(5));
    m.context = 1024 * pick(5);
    if (all_known || pick(6) > 0) m.tok_s = 4.0 * (1 + pick(5));
  }
  return merits;
}

/// Dominance written out on its own, axis by axis.
bool beats(const Merit& a, const Merit& b) {
  if (!a.loss || !b.loss || a.tok_s.has_value() != b.tok_s.has_value()) return false;
  const double a_speed = a.tok_s.value_or(0);
  const double b_speed = b.tok_s.value_or(0);
  const bool nowhere_worse = *a.loss <= *b.loss && a.context >= b.context && a_speed >= b_speed;
  return nowhere_worse && (*a.loss < *b.loss || a.context > b.context || a_speed > b_speed);
}

bool same_axes(const Merit& a, const Merit& b) {
  return a.loss == b.loss && a.context == b.context && a.tok_s == b.tok_s;
}

std::size_t recommended_of(const std::vector<Merit>& merits) {
  return recommended(merits).value_or(merits.size());
}

}  // namespace

TEST_CASE("the Pareto set is that of brute force") {
  std::mt19937 random(4);
  for (int round = 0; round < 2000; ++round) {
    const auto merits = random_merits(random, round % 2 == 0);
    const auto kept = pareto_set(merits);
    for (std::size_t i = 0; i < merits.size(); ++i) {
      const bool beaten =
          std::any_of(merits.begin(), merits.end(), [&](const Merit& m) { return beats(m, merits[i]); });
      const bool is_kept = std::find(kept.begin(), kept.end(), i) != kept.end();
      REQUIRE_FALSE((is_kept && beaten));
      // Of equal ones that nothing beats exactly one is kept.
      const auto equal = std::count_if(kept.begin(), kept.end(),
                                       [&](std::size_t k) { return same_axes(merits[k], merits[i]); });
      REQUIRE(equal == (beaten ? 0 : 1));
    }
  }
}

TEST_CASE("nothing that may be recommended in its place beats what is recommended") {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    const auto merits = random_merits(random, round % 2 == 0);
    const Merit& best = merits[recommended_of(merits)];
    for (const Merit& m : merits) {
      REQUIRE_FALSE(may_replace(m, best));
    }
  }
  CHECK_FALSE(recommended({}));
}

TEST_CASE("the preferred choice as asked is recommended unless something may replace it") {
  std::mt19937 random(8);
  for (int round = 0; round < 2000; ++round) {
    const auto merits = random_merits(random, round % 2 == 0);
    const Merit* wanted = nullptr;
    for (const Merit& m : merits) {
      if (m.asked && (wanted == nullptr || preferred(m, *wanted))) wanted = &m;
    }
    if (wanted == nullptr) continue;
    const bool beaten =
        std::any_of(merits.begin(), merits.end(), [&](const Merit& m) { return may_replace(m, *wanted); });
    const Merit& best = merits[recommended_of(merits)];
    REQUIRE(best.asked);
    REQUIRE((beaten ? beats(best, *wanted) : same_axes(best, *wanted)));
  }
}

TEST_CASE("an unpublished choice never displaces a published one of its class") {
  std::mt19937 random(9);
  for (int round = 0; round < 2000; ++round) {
    const auto merits = random_merits(random, round % 2 == 0);
    const Merit& best = merits[recommended_of(merits)];
    for (const Merit& m : merits) {
      const bool same_class = m.asked == best.asked && m.tier[kPlaceTier] == best.tier[kPlaceTier];
      REQUIRE((!same_class || best.tier[kEffortTier] <= m.tier[kEffortTier]));
    }
  }
}

TEST_CASE("a file to download comes before one to convert, and that before one that nobody has") {
  Estimate e;
  e.verdict = Verdict::fits;
  Build published, converted, none;
  for (Build* build : {&published, &converted, &none}) build->bits = 4;
  converted.bits = 8;
  converted.conversion = Conversion{8, 64, "affine"};
  none.obtainable = false;
  const auto merit = [&](const Build& build) { return merit_of(build, e, 8192, std::nullopt); };
  CHECK(preferred(merit(published), merit(converted)));
  CHECK(preferred(merit(converted), merit(none)));
}

TEST_CASE("grounds name the rules that kept what is better from being recommended") {
  Merit best;
  best.loss = 0.01;
  best.tok_s = 2 * comfortable;
  Merit better = best;
  better.loss = 0.001;
  const auto grounds = [&] { return grounds_of(std::vector<Merit>{best, better}, 0); };
  CHECK(grounds().others);
  better.tier[kEffortTier] = 1;
  CHECK(grounds().unpublished);
  CHECK_FALSE(grounds().others);
  better.tier[kEffortTier] = 0;
  better.tier[kVerdictTier] = static_cast<std::uint32_t>(Verdict::tight);
  CHECK(grounds().tight);
  better.tier = best.tier;
  better.tier[kPlaceTier] = 1;
  CHECK(grounds().few_bits);
  better = best;
  better.loss = 0.02;
  better.tier[kEffortTier] = 1;
  CHECK_FALSE(grounds().unpublished);
}

TEST_CASE("preference is an order: nothing is preferred to itself, never both ways, and it carries over") {
  std::mt19937 random(6);
  for (int round = 0; round < 300; ++round) {
    const auto merits = random_merits(random, round % 2 == 0);
    for (const Merit& a : merits) {
      REQUIRE_FALSE(preferred(a, a));
      for (const Merit& b : merits) {
        REQUIRE_FALSE((preferred(a, b) && preferred(b, a)));
        for (const Merit& c : merits) REQUIRE((!preferred(a, b) || !preferred(b, c) || preferred(a, c)));
      }
    }
  }
}

TEST_CASE("the small table holds the recommended choice once, few rows, and nothing twice") {
  std::mt19937 random(7);
  for (int round = 0; round < 1000; ++round) {
    const auto merits = random_merits(random, round % 2 == 0);
    const std::size_t best = recommended_of(merits);
    const auto pareto = pareto_set(merits);
    const auto rows = spread(merits, pareto, best);
    REQUIRE(rows.size() <= kMostTradeOffRows);
    std::vector<std::size_t> seen;
    int recommended = 0;
    for (const auto& row : rows) {
      REQUIRE(std::find(seen.begin(), seen.end(), row.choice) == seen.end());
      const bool is_best = row.choice == best;
      REQUIRE((is_best || std::find(pareto.begin(), pareto.end(), row.choice) != pareto.end()));
      seen.push_back(row.choice);
      if (row.pick != Pick::recommended) continue;
      ++recommended;
      REQUIRE(row.choice == best);
    }
    REQUIRE(recommended == 1);
    const auto again = spread(merits, pareto, best);
    REQUIRE(
        std::equal(rows.begin(), rows.end(), again.begin(), again.end(),
                   [](const auto& a, const auto& b) { return a.choice == b.choice && a.pick == b.pick; }));
  }
}

TEST_CASE("a choice whose only advantage is too small to show is not shown") {
  Merit good;
  good.loss = 0.01;
  good.context = 8192;
  good.tok_s = 20;
  Merit hardly_faster = good;
  hardly_faster.loss = 0.02;
  hardly_faster.tok_s = 20.2;
  Merit faster = hardly_faster;
  faster.tok_s = 30;
  const std::vector<Merit> merits = {good, hardly_faster, faster};
  const auto pareto = pareto_set(std::span(merits).first(2));
  REQUIRE(pareto.size() == 2);
  CHECK(spread(std::span(merits).first(2), pareto, 0).size() == 1);
  const std::vector<std::size_t> with_faster = {0, 2};
  CHECK(spread(merits, with_faster, 0).size() == 2);
  // What is recommended always is.
  CHECK(spread(std::span(merits).first(2), pareto, 1).size() == 2);
}

TEST_CASE(
    "a comfortable speed comes before quality, and where none is comfortable the fastest is preferred") {
  Merit good;
  good.loss = 0.001;
  good.tok_s = comfortable / 2;
  Merit fair = good;
  fair.loss = 0.02;
  fair.tok_s = comfortable;
  CHECK(preferred(fair, good));
  fair.tok_s = comfortable * 0.9;
  CHECK(preferred(fair, good));
  good.tok_s = comfortable;
  fair.tok_s = comfortable * 9;
  CHECK(preferred(good, fair));
  good.tok_s = fair.tok_s = std::nullopt;
  CHECK(preferred(good, fair));
}
