#include "speed/fit/users.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <set>

#include "speed/batching.h"

namespace qwenfit {
namespace {

constexpr int kPowers = 100;
constexpr double kPowerStep = 0.01;
/// llama.cpp serves so many requests at a time unless told otherwise; more wait their turn.
constexpr double kLlamaSlots = 4;
/// Deeper, rates of several users hold the time of each other's prompts.
constexpr double kDeepestShared = 1100;

/// Rates per user, of several users at once, none waiting.
bool is_shared(const Benchmark& b) {
  const bool waits = b.runtime == "llama.cpp" && b.users.value_or(1) > kLlamaSlots;
  return b.users.value_or(1) > 1 && b.speculation.empty() && b.decode_left_out == "several users" && !waits &&
         b.depth.value_or(0) <= kDeepestShared;
}

bool takes_turns(const Pair& pair) {
  return pair.row->count > 1 && pair.row->split == "layer";
}

double log_error(const Pair& pair, const BatchCosts& costs) {
  SpeedModel model = pair.model;
  model.batching = costs;
  Scenario s = pair.rebuilt->scenario();
  s.speed = &model;
  const DecodeStep step{static_cast<Tokens>(pair.row->depth.value_or(0)),
                        static_cast<std::uint32_t>(*pair.row->users), 1};
  const DecodeStep alone{step.depth, 1, 1};
  const double growth =
      batched_s(s, pair.rebuilt->placement, step) / batched_s(s, pair.rebuilt->placement, alone);
  return std::log(growth * pair.plain_s / pair.seconds);
}

/// Errors of every pair for each power, set into costs by `with`.
template <typename With>
Candidates candidates_of(const std::vector<Pair>& pairs, With with) {
  Candidates candidates;
  for (int p = 0; p <= kPowers; ++p) {
    std::vector<double> errors;
    errors.reserve(pairs.size());
    for (const Pair& pair : pairs) errors.push_back(log_error(pair, with(p * kPowerStep)));
    candidates.errors.push_back(std::move(errors));
  }
  return candidates;
}

struct UserEvidence {
  std::vector<Pair> together, turns;
  Candidates fixed;  ///< of `together`
};

/// Pages on which a user among several is faster than one alone: the latter was not measured alike.
std::set<std::string> contradictions(const std::vector<Pair>& pairs) {
  std::set<std::string> urls;
  for (const Pair& pair : pairs) {
    if (pair.seconds < pair.plain_s) urls.insert(pair.row->url);
  }
  return urls;
}

UserEvidence evidence(const std::vector<Benchmark>& rows, const Catalog& catalog,
                      const ParameterValues& decode) {
  UserEvidence e;
  std::vector<Pair> pairs = pair_up(rows, is_shared, catalog, decode);
  const std::set<std::string> contradicted = contradictions(pairs);
  for (Pair& pair : pairs) {
    if (contradicted.count(pair.row->url) == 0)
      (takes_turns(pair) ? e.turns : e.together).push_back(std::move(pair));
  }
  e.fixed = candidates_of(e.together, [](double power) { return BatchCosts{power, 0}; });
  return e;
}

double power_of(const Candidates& candidates, const std::vector<Pair>& pairs) {
  const std::vector<bool> all(pairs.size(), true);
  // A power of nothing would be no parameter.
  return std::max(kPowerStep, kPowerStep * static_cast<double>(best_candidate(candidates, pairs, all)));
}

Candidates split_candidates(const UserEvidence& e, double fixed_power) {
  return candidates_of(e.turns, [&](double power) { return BatchCosts{fixed_power, power}; });
}

bool every(const Pair&) {
  return true;
}

}  // namespace

std::vector<FittedParameter> fit_users(const std::vector<Benchmark>& rows, const Catalog& catalog,
                                       const ParameterValues& decode) {
  const UserEvidence e = evidence(rows, catalog, decode);
  if (e.together.empty()) return {};
  const double power = power_of(e.fixed, e.together);
  const PairScore score =
      score_pairs(e.together, left_out_errors(e.fixed, e.together, source_of), every, source_of);
  const double half_width = std::round(score.half_width * 100) / 100;
  double most = 0;
  for (const Pair& pair : e.together) most = std::max(most, *pair.row->users);
  const char* width_unit = "half width of ln(tok/s)";
  // Nobody has measured more users: twice the width.
  std::vector<FittedParameter> fitted = {
      {"users.fixed_power", power, "power", score.rows, score.sources},
      {"users.half_width", half_width, width_unit, score.rows, score.sources},
      {"users.half_width.beyond", 2 * half_width, width_unit, score.rows, score.sources},
      {"users.most", most, "users", score.rows, score.sources}};
  if (!e.turns.empty()) {
    const double split = power_of(split_candidates(e, power), e.turns);
    fitted.push_back({"users.layer_split_power", split, "power", e.turns.size(), 1});
  }
  return fitted;
}

UserScore score_users(const std::vector<Benchmark>& rows, const Catalog& catalog,
                      const ParameterValues& decode) {
  const UserEvidence e = evidence(rows, catalog, decode);
  UserScore s;
  if (e.together.empty()) return s;
  s.by_source = score_pairs(e.together, left_out_errors(e.fixed, e.together, source_of), every, source_of);
  s.by_cluster = score_pairs(e.together, left_out_errors(e.fixed, e.together, cluster_of), every, cluster_of);
  s.fixed_once = score_pairs(e.together, e.fixed.errors.front(), every, source_of);
  const Candidates split = split_candidates(e, power_of(e.fixed, e.together));
  const std::size_t best = best_candidate(split, e.turns, std::vector<bool>(e.turns.size(), true));
  s.layer_split = score_pairs(e.turns, split.errors[best], every, source_of);
  return s;
}

void print_users_accuracy(std::ostream& out, const std::vector<Benchmark>& rows, const Catalog& catalog,
                          const ParameterValues& decode) {
  const UserScore s = score_users(rows, catalog, decode);
  out << "Several users: speed per user, given the speed of one\n"
      << "  sources left out                       " << score_line(s.by_source) << '\n'
      << "  clusters left out                      " << score_line(s.by_cluster) << '\n'
      << "  fixed times once per step, no fit      " << score_line(s.fixed_once) << '\n'
      << "  layer split, as fitted                 " << score_line(s.layer_split) << '\n';
}

}  // namespace qwenfit
