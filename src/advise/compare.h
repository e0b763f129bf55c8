#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "advise/sweep.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// One of the machines that are compared, with the build to recommend of each model on it.
struct ComparedMachine {
  std::string asked;  ///< as typed
  Question question;
  std::vector<Answer> best;  ///< one per model, in the question's order; the nearest one where nothing fits
  /// One per model: at the quant of its standing, at which machines and models are compared.
  std::vector<Answer> compared;
  bool ram_dropped = false;  ///< `--ram` was not counted: the memory is one pool
};

/// What the machines are ranked under.
struct Condition {
  std::size_t model = 0;  ///< index into the models asked for
  std::string quant;      ///< id of the quant that all are asked for; empty: each its best, as none has all
  Tokens filled = 0;      ///< tokens in context; 0: as the question says
  bool operator==(const Condition&) const = default;
};

/// The machines under one condition.
struct Standing {
  Condition condition;
  std::string quant_name;  ///< of the condition's quant; empty with it
  std::vector<std::optional<Bytes>> files;
  std::vector<std::optional<Tokens>>
      max_contexts;                        ///< per machine; none where it does not fit or is not known
  std::vector<std::optional<Rate>> rates;  ///< per machine; none where it does not fit or is not known
  std::vector<Verdict> verdicts;           ///< per machine
  std::optional<std::size_t> leader;       ///< the fastest; none where nothing fits
  bool level = false;                      ///< another is as fast to within what shows

  double tok_s(std::size_t machine) const { return rates[machine]->tok_s; }
};

/// Several machines, several models, or both. Owns what the answers point into; not to be copied.
struct Comparison {
  std::deque<ComparedMachine> machines;
  /// Per model: at the quant that is asked for or, of several, the common one. One machine's models are
  /// compared at one quant.
  std::vector<Standing> standings;
  std::vector<Standing> flips;  ///< of the other conditions, those that another machine leads
  /// Models that another machine leads than the first that one visibly leads: indices into `standings`.
  std::vector<std::size_t> model_flips;
  bool flips_by_kind = false;  ///< of those: one machine leads all dense models, another all MoE models
};

/// Faster by less than this is not visibly faster.
inline constexpr double kVisiblyFaster = 1.05;

/// Answers `query` on each machine of `machines`, each written as after `--gpu`, and looks for contexts,
/// quants and models at which another machine is the fastest. Errors are the resolver's, and `usage` without
/// machines.
Result<Comparison> compare(const std::vector<std::string>& machines, const Query& query, Resolver& resolver);

}  // namespace qwenfit
