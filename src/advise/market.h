#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "advise/offers.h"
#include "advise/sweep.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// What an answer takes of system RAM as its place for a part of the model; 0 where it stays on the devices.
Bytes ram_used(const Answer& answer);

/// An offer and what it answers, a model each. Owns what the answers point into.
struct Candidate {
  Offer offer;
  std::shared_ptr<const Question> question;
  std::vector<Answer> answers;

  /// The worst of the answers.
  Verdict verdict() const;
  /// Of the slowest model; none where a speed is not known.
  std::optional<double> tok_s() const;
  /// Of the model that has least room.
  Tokens context() const;
  /// Of system RAM, by the model that takes most of it; 0 where all stay on the devices.
  Bytes ram() const;
};

/// Finds the largest contexts of a candidate's answers where they were left out.
void find_contexts(Candidate& candidate);

/// Answers one question for many offers. `query` names the models and settings but no machine; each model is
/// answered at one quant, the one that `query` names or `AdviceFigures::common_quant`.
class Market {
 public:
  Market(Query query, Resolver& resolver);

  /// How far an offer may go: its devices alone, or with the RAM of the query.
  enum class Reach : bool { devices, ram };
  /// What an offer has to run.
  enum class Need : bool { every_model, any_model };

  /// Those of `offers` that run the models, in their order, with the answers of those that run. An offer that
  /// cannot be asked the question, such as a card without the back end that was named, is left out; where
  /// none can be asked the first error.
  /// At most `most` of them. Where any model will do their largest contexts are left to be found.
  Result<std::vector<Candidate>> run(const std::vector<Offer>& offers, Reach reach,
                                     Need need = Need::every_model, std::size_t most = kAll);
  /// Names of the offers that could not be asked the question in the last `run`.
  const std::set<std::string>& refused() const { return refused_; }
  static constexpr std::size_t kAll = ~std::size_t{0};

  /// The answers of a machine that one has, as after --gpu, with the RAM of the query and an offer that costs
  /// nothing. Empty where a needed model does not run. On `backend`; empty: as the query says.
  Result<Candidate> run_owned(const std::vector<std::string>& gpu, Need need = Need::every_model,
                              std::string_view backend = {});

  /// Each model's build to recommend on the offer's machine: of all quants, or of those the query names,
  /// those that reach `least_tok_s` before others. Models without one are left out.
  Candidate best_builds(const Offer& offer, Reach reach, double least_tok_s);

  /// Id of the quant that all are compared at.
  const std::string& quant() const { return quant_; }

 private:
  Result<Question> ask(const std::vector<std::string>& gpu, bool with_ram,
                       const std::vector<std::string>& quants, std::string_view backend = {}) const;

  Query query_;
  Resolver& resolver_;
  std::string quant_;
  std::set<std::string> refused_;
};

/// Names one quant at most, since machines are compared at one; no guide-only models, which nobody can run;
/// and nothing of `query` that belongs to one machine alone.
Result<bool> check_market_query(const Query& query, Resolver& resolver);

}  // namespace qwenfit
