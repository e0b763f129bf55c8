#include "speed/fit/drafting.h"

#include <cmath>
#include <ostream>

#include "speed/fit/offsets.h"
#include "speed/speculation.h"

namespace qwenfit {
namespace {

/// One choice of the costs of drafting.
struct Costs {
  double verify = 0;
  double fixed_ms = 0;
  double metal = 1;
};

/// Costs that the fit chooses among, coarser than rows could tell.
std::vector<Costs> choices() {
  constexpr int kVerify = 25, kFixed = 16, kMetal = 9;
  constexpr double kVerifyStep = 0.02, kFixedStep = 0.25, kMetalStep = 0.5;
  std::vector<Costs> all;
  for (int m = 0; m < kMetal; ++m) {
    for (int v = 1; v <= kVerify; ++v) {
      for (int f = 1; f <= kFixed; ++f) all.push_back({v * kVerifyStep, f * kFixedStep, 1 + m * kMetalStep});
    }
  }
  return all;
}

/// A single user, at most as many drafts as the model of drafting knows. Where more are allowed programs
/// draft fewer than the row says, and what was drafted is unknown.
bool is_drafting(const Benchmark& b) {
  return b.speculation == "mtp" && b.users.value_or(1) == 1 && b.decode_left_out == "speculation" &&
         b.drafts.value_or(1) <= kMostDrafts;
}

bool is_stated(const Benchmark& b) {
  return b.drafts.has_value() && b.acceptance.has_value();
}

const DraftRow& usual_row(const Catalog& catalog) {
  constexpr std::string_view kUsualText = "mixed";
  for (const DraftRow& row : catalog.rows().drafts) {
    if (row.id == kUsualText) return row;
  }
  return catalog.rows().drafts.front();
}

/// Drafts and acceptance of a row: as stated, else the usual drafts and the median of rows with as many.
struct Usual {
  Usual(const std::vector<Benchmark>& rows, const Catalog& catalog) : row(usual_row(catalog)) {
    for (const Benchmark& b : rows) {
      if (is_drafting(b) && is_stated(b)) by_drafts[*b.drafts].push_back(*b.acceptance);
    }
  }
  void set(const Benchmark& b, SpeedModel& model) const {
    const double drafts = b.drafts.value_or(row.draft_tokens);
    const auto known = by_drafts.find(drafts);
    model.draft_tokens = static_cast<std::uint32_t>(drafts);
    model.draft_acceptance =
        b.acceptance.value_or(known == by_drafts.end() ? row.acceptance : median(known->second));
  }

  const DraftRow& row;
  std::map<double, std::vector<double>> by_drafts;
};

/// Predicted time per kept token as a sum of costs: the step, and what a unit of each cost adds to it.
struct Linear {
  double step_s = 0, verify_s = 0, metal_s = 0, fixed_s = 0;
  double tokens = 1;
};

Linear linear(const Pair& pair, const Catalog& catalog) {
  const Rebuilt& r = *pair.rebuilt;
  SpeedModel model = pair.model;
  Scenario s = r.scenario();
  s.speed = &model;
  const std::vector<double> balance = draft_balances(r.machine, catalog);
  const DecodeStep step{static_cast<Tokens>(pair.row->depth.value_or(0)), 1, 1};
  const auto at = [&](double verify, double metal, double fixed_s) {
    model.drafting = DraftCosts{verify, metal, fixed_s, balance};
    return draft(s, r.placement, step, pair.plain_s);
  };
  const Drafting none = at(0, 1, 0);
  Linear l;
  l.tokens = none.tokens_per_step;
  l.step_s = none.seconds;
  l.verify_s = at(1, 1, 0).seconds - none.seconds;
  l.metal_s = at(1, 2, 0).seconds - none.seconds - l.verify_s;
  l.fixed_s = at(0, 1, 1).seconds - none.seconds;
  return l;
}

struct DraftEvidence {
  std::vector<Pair> pairs;
  std::vector<Costs> costs = choices();
  Candidates candidates;
  Candidates constants;  ///< a constant share of the plain time per drafted token
};

DraftEvidence evidence(const std::vector<Benchmark>& rows, const Catalog& catalog,
                       const ParameterValues& decode) {
  DraftEvidence e;
  e.pairs = pair_up(rows, is_drafting, catalog, decode);
  const Usual usual(rows, catalog);
  std::vector<Linear> times;
  for (Pair& pair : e.pairs) {
    usual.set(*pair.row, pair.model);
    times.push_back(linear(pair, catalog));
  }
  for (const Costs& c : e.costs) {
    std::vector<double> errors;
    for (std::size_t i = 0; i < times.size(); ++i) {
      const Linear& l = times[i];
      const double seconds =
          l.step_s + c.verify * (l.verify_s + (c.metal - 1) * l.metal_s) + c.fixed_ms * 1e-3 * l.fixed_s;
      errors.push_back(std::log(seconds / l.tokens / e.pairs[i].seconds));
    }
    e.candidates.errors.push_back(std::move(errors));
  }
  constexpr int kConstants = 60;
  for (int share = 0; share <= kConstants; ++share) {
    std::vector<double> errors;
    for (std::size_t i = 0; i < times.size(); ++i) {
      const double seconds = e.pairs[i].plain_s * (1 + 0.01 * share * e.pairs[i].model.draft_tokens);
      errors.push_back(std::log(seconds / times[i].tokens / e.pairs[i].seconds));
    }
    e.constants.errors.push_back(std::move(errors));
  }
  return e;
}

bool stated(const Pair& pair) {
  return is_stated(*pair.row);
}
bool usual(const Pair& pair) {
  return !stated(pair);
}
bool on_metal(const Pair& pair) {
  return pair.row->backend == backend_id(Backend::metal);
}
bool is_moe(const Pair& pair) {
  return pair.rebuilt->model.architecture.is_moe();
}

}  // namespace

std::vector<FittedParameter> fit_drafting(const std::vector<Benchmark>& rows, const Catalog& catalog,
                                          const ParameterValues& decode) {
  const DraftEvidence e = evidence(rows, catalog, decode);
  if (e.pairs.empty()) return {};
  const Costs best = e.costs[best_candidate(e.candidates, e.pairs, std::vector<bool>(e.pairs.size(), true))];
  const std::vector<double> errors = left_out_errors(e.candidates, e.pairs, source_of);
  const auto all = [](const Pair&) { return true; };
  const PairScore every = score_pairs(e.pairs, errors, all, cluster_of);
  const PairScore metal = score_pairs(e.pairs, errors, on_metal, cluster_of);
  const PairScore known = score_pairs(e.pairs, errors, stated, cluster_of);
  const PairScore assumed = score_pairs(e.pairs, errors, usual, cluster_of);
  const auto rounded = [](double value) { return std::round(value * 100) / 100; };
  return {
      {"draft.verify", best.verify, "factor", every.rows, every.sources},
      {"draft.fixed_ms", best.fixed_ms, "ms", every.rows, every.sources},
      {"draft.metal", best.metal, "factor", metal.rows, metal.sources},
      {"draft.half_width", rounded(known.half_width), "half width of ln(tok/s)", known.rows, known.sources},
      {"draft.half_width.usual", rounded(assumed.half_width), "half width of ln(tok/s)", assumed.rows,
       assumed.sources}};
}

DraftScore score_drafting(const std::vector<Benchmark>& rows, const Catalog& catalog,
                          const ParameterValues& decode) {
  const DraftEvidence e = evidence(rows, catalog, decode);
  const std::vector<double> by_source = left_out_errors(e.candidates, e.pairs, source_of);
  const std::vector<double> by_cluster = left_out_errors(e.candidates, e.pairs, cluster_of);
  const std::vector<double> constant = left_out_errors(e.constants, e.pairs, source_of);
  DraftScore s;
  s.stated_by_source = score_pairs(e.pairs, by_source, stated, source_of);
  s.stated_by_cluster = score_pairs(e.pairs, by_cluster, stated, cluster_of);
  s.usual_by_source = score_pairs(e.pairs, by_source, usual, source_of);
  s.usual_by_cluster = score_pairs(e.pairs, by_cluster, usual, cluster_of);
  s.dense = score_pairs(
      e.pairs, by_cluster, [](const Pair& p) { return !is_moe(p); }, cluster_of);
  s.moe = score_pairs(e.pairs, by_cluster, is_moe, cluster_of);
  s.metal = score_pairs(e.pairs, by_cluster, on_metal, cluster_of);
  s.constant_by_source = score_pairs(e.pairs, constant, stated, source_of);
  return s;
}

void print_drafting_accuracy(std::ostream& out, const std::vector<Benchmark>& rows, const Catalog& catalog,
                             const ParameterValues& decode) {
  const DraftScore s = score_drafting(rows, catalog, decode);
  out << "MTP drafting: speed with drafting, given the plain speed of the set-up\n"
      << "  acceptance stated, sources left out    " << score_line(s.stated_by_source) << '\n'
      << "  acceptance stated, clusters left out   " << score_line(s.stated_by_cluster) << '\n'
      << "  the same, constant cost, sources out   " << score_line(s.constant_by_source) << '\n'
      << "  acceptance assumed, sources left out   " << score_line(s.usual_by_source) << '\n'
      << "  acceptance assumed, clusters left out  " << score_line(s.usual_by_cluster) << '\n'
      << "  dense, clusters left out               " << score_line(s.dense) << '\n'
      << "  MoE, clusters left out                 " << score_line(s.moe) << '\n'
      << "  Metal, clusters left out               " << score_line(s.metal) << '\n';
}

}  // namespace qwenfit
