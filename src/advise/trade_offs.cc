#include "advise/trade_offs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "placement/plan.h"
#include "placement/served.h"

namespace qwenfit {
namespace {

/// Where a choice lies among the others, each axis on a logarithmic scale.
struct SpreadPoint {
  double loss = 0, context = 0, speed = 0;
};

SpreadPoint spread_point(const Merit& m) {
  constexpr double kLeastLoss = 1e-6;  // of the original, which loses nothing
  return {std::log(std::max(m.loss.value_or(0), kLeastLoss)),
          std::log(static_cast<double>(std::max<Tokens>(m.context, 1))),
          std::log(std::max(m.tok_s.value_or(1), kLeastLoss))};
}

double distance(const SpreadPoint& p, const SpreadPoint& q) {
  return std::abs(p.loss - q.loss) + std::abs(p.context - q.context) + std::abs(p.speed - q.speed);
}

/// Differences of less than this do not show among rounded figures, nor are estimates that good.
constexpr double kVisible = 1.05;

/// `p` is visibly better than `q` in something and visibly worse in nothing.
bool all_but_dominates(const SpreadPoint& p, const SpreadPoint& q) {
  const double step = std::log(kVisible);
  const std::array<double, 3> gains = {q.loss - p.loss, p.context - q.context, p.speed - q.speed};
  const auto visible = [&](double gain) { return gain > step; };
  const auto worse = [&](double gain) { return gain < -step; };
  return std::any_of(gains.begin(), gains.end(), visible) && std::none_of(gains.begin(), gains.end(), worse);
}

/// Rows being chosen; nothing twice.
class Chosen {
 public:
  Chosen(std::span<const Merit> merits, std::span<const SpreadPoint> points, std::size_t most)
      : merits_(merits), points_(points), most_(most) {}

  void add(std::size_t choice, Pick pick) {
    const auto same = [&](const TradeOffs::Row& row) { return row.choice == choice; };
    if (rows_.size() < most_ && std::none_of(rows_.begin(), rows_.end(), same))
      rows_.push_back({choice, pick});
  }
  bool full() const { return rows_.size() >= most_; }
  /// To the nearest that is chosen; 0 for those.
  double gap(std::size_t choice) const {
    double least = std::numeric_limits<double>::infinity();
    for (const TradeOffs::Row& row : rows_)
      least = std::min(least, row.choice == choice ? 0 : distance(points_[row.choice], points_[choice]));
    return least;
  }
  std::vector<TradeOffs::Row> sorted() && {
    std::stable_sort(rows_.begin(), rows_.end(), [&](const TradeOffs::Row& a, const TradeOffs::Row& b) {
      const Merit& x = merits_[a.choice];
      const Merit& y = merits_[b.choice];
      return x.loss != y.loss ? x.loss.value_or(0) < y.loss.value_or(0) : x.context < y.context;
    });
    return std::move(rows_);
  }

 private:
  std::span<const Merit> merits_;
  std::span<const SpreadPoint> points_;
  std::size_t most_;
  std::vector<TradeOffs::Row> rows_;
};

/// What caches lose, each kind looked up once: most answers have one of a few.
class CacheLosses {
 public:
  explicit CacheLosses(const CatalogRows& rows) : rows_(rows) {}

  KvQuality of(ModelKind kind, const Settings& s) {
    const Cache cache(kind, s.kv_k, s.kv_v, s.context);
    const auto same = [&](const auto& known) { return known.first == cache; };
    const auto known = std::find_if(known_.begin(), known_.end(), same);
    if (known != known_.end()) return known->second;
    return known_.emplace_back(cache, kv_quality(kind, s.kv_k, s.kv_v, s.context, rows_)).second;
  }

 private:
  using Cache = std::tuple<ModelKind, TensorType, TensorType, Tokens>;

  const CatalogRows& rows_;
  std::vector<std::pair<Cache, KvQuality>> known_;
};

/// Slots that can be asked for: as many as the runtime takes, and, where they share a context, together no
/// more of it than the model has.
std::uint32_t most_slots(const Answer& answer, bool shared, const CatalogRows& rows) {
  const Settings& s = answer.settings;
  std::uint64_t most = kMostUsers;
  if (shared) most = std::min(most, answer.subject->model.max_context / std::max<Tokens>(s.context, 1));
  for (const RuntimeRow& row : rows.runtimes) {
    if (row.id == s.runtime && row.max_sequences > 0) most = std::min<std::uint64_t>(most, row.max_sequences);
  }
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(most, 1));
}

bool less_loss(const Merit& a, const Merit& b) {
  return a.loss.value_or(0) < b.loss.value_or(0);
}

}  // namespace

std::vector<TradeOffs::Row> spread(std::span<const Merit> merits, std::span<const std::size_t> pareto,
                                   std::size_t recommended, std::size_t most) {
  std::vector<SpreadPoint> points;
  points.reserve(merits.size());
  for (const Merit& merit : merits) points.push_back(spread_point(merit));
  std::vector<std::size_t> shown(pareto.begin(), pareto.end());
  if (std::find(shown.begin(), shown.end(), recommended) == shown.end()) shown.push_back(recommended);
  const auto slow = [&](std::size_t i) { return !is_comfortable(merits[i]); };
  if (!std::all_of(shown.begin(), shown.end(), slow))
    std::erase_if(shown, [&](std::size_t i) { return i != recommended && slow(i); });
  for (auto i = shown.begin(); i != shown.end();) {
    const auto beats = [&](std::size_t other) { return all_but_dominates(points[other], points[*i]); };
    i = *i != recommended && std::any_of(shown.begin(), shown.end(), beats) ? shown.erase(i) : i + 1;
  }
  const auto first_by = [&](auto&& less) {
    return *std::min_element(shown.begin(), shown.end(),
                             [&](std::size_t a, std::size_t b) { return less(merits[a], merits[b]); });
  };
  Chosen chosen(merits, points, most);
  chosen.add(recommended, Pick::recommended);
  chosen.add(first_by(less_loss), Pick::best_quality);
  chosen.add(first_by([](const Merit& a, const Merit& b) {
               return a.context != b.context ? a.context > b.context : less_loss(a, b);
             }),
             Pick::longest_context);
  chosen.add(first_by([](const Merit& a, const Merit& b) {
               return a.tok_s != b.tok_s ? a.tok_s.value_or(0) > b.tok_s.value_or(0) : less_loss(a, b);
             }),
             Pick::fastest);
  while (!chosen.full()) {
    const std::size_t next = *std::max_element(shown.begin(), shown.end(), [&](std::size_t a, std::size_t b) {
      return chosen.gap(a) < chosen.gap(b);
    });
    if (chosen.gap(next) <= 0) break;
    chosen.add(next, Pick::between);
  }
  return std::move(chosen).sorted();
}

std::optional<TradeOffs> trade_offs(std::span<const Answer> asked, std::span<const Answer> other_caches,
                                    const CatalogRows& rows) {
  TradeOffs result;
  CacheLosses caches(rows);
  const auto take = [&](const Answer& answer, bool as_asked) {
    if (answer.estimate.verdict == Verdict::no_fit || answer.estimate.guide_only) return;
    auto quality = quality_of(*answer.build, caches.of(answer.subject->model.kind, answer.settings), rows);
    Merit merit = merit_of(*answer.build, answer.estimate, answer.max_context.tokens,
                           quality ? std::optional(quality->mean_kld) : std::nullopt);
    merit.asked = as_asked;
    result.choices.push_back({&answer, quality, merit});
  };
  result.choices.reserve(asked.size() + other_caches.size());
  const auto marked = best_answer(asked);
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (i == marked) best = result.choices.size();
    take(asked[i], true);
  }
  for (const Answer& answer : other_caches) take(answer, false);
  std::vector<Merit> merits;
  for (const TradeOff& choice : result.choices) merits.push_back(choice.merit);
  if (!best) best = recommended(merits);
  if (!best || *best >= merits.size()) return std::nullopt;
  result.pareto = pareto_set(merits);
  result.rows = spread(merits, result.pareto, *best);
  return result;
}

std::optional<BetterCache> better_cache(const TradeOffs& t, std::size_t than) {
  const TradeOff& star = t.choices[than];
  std::optional<BetterCache> better;
  for (const std::size_t i : t.pareto) {
    const TradeOff& choice = t.choices[i];
    Merit merit = choice.merit;
    merit.asked = star.merit.asked;
    const bool same_class = merit.tier[kPlaceTier] <= star.merit.tier[kPlaceTier];
    if (choice.merit.asked == star.merit.asked || !same_class || !dominates(merit, star.merit)) continue;
    const SpreadPoint p = spread_point(merit);
    const SpreadPoint q = spread_point(star.merit);
    const double step = std::log(kVisible);
    const BetterCache found{&choice, q.loss - p.loss > step, p.context - q.context > step,
                            p.speed - q.speed > step};
    if (!found.quality && !found.context && !found.speed) continue;
    const auto of_same_build = [&](const TradeOff& other) {
      return same_build(*other.answer->build, *star.answer->build);
    };
    const bool same = of_same_build(choice);
    const bool first = !better || (same && !of_same_build(*better->choice));
    if (first || (same == of_same_build(*better->choice) && preferred(merit, better->choice->merit)))
      better = found;
  }
  return better;
}

std::optional<Users> users_at_context(const Question& question, const Answer& answer,
                                      const CatalogRows& rows) {
  const Estimate& e = answer.estimate;
  if (e.guide_only || e.verdict == Verdict::offload) return std::nullopt;
  if (e.verdict == Verdict::no_fit) return Users{};
  if (answer.runtime != nullptr && answer.runtime->most_sequences == 1)
    return Users{1, false, answer.settings.context};
  Scenario trial = scenario_of(question, answer);
  trial.speed = nullptr;
  const bool shared = !is_served(trial);
  const std::uint32_t most = most_slots(answer, shared, rows);
  const auto with = [&](std::uint32_t users, bool at_least) {
    return Users{users, at_least, shared ? mul(answer.settings.context, users) : answer.settings.context};
  };
  const auto fits = [&](std::uint32_t users) {
    trial.settings.parallel = users;
    trial.settings.context = with(users, false).context;
    return can_hold(trial, Reach::devices);
  };
  if (fits(most)) return with(most, true);
  std::uint32_t good = 1;
  std::uint32_t bad = most;
  // One slot fits, since at least as many as were asked for do.
  while (bad - good > 1) {
    const std::uint32_t middle = good + (bad - good) / 2;
    (fits(middle) ? good : bad) = middle;
  }
  return with(good, false);
}

}  // namespace qwenfit
