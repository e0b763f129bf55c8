#pragma once

#include "advise/audit.h"
#include "advise/sweep.h"

/// Parts of the audit: each checks the rows of some kinds.
namespace qwenfit {

inline constexpr double kGB = 1e9;

/// A figure that says `low` to `high` beside ours: agrees where the ranges meet, give or take the tolerance.
AuditedFigure compared_figure(std::string what, std::string unit, std::optional<double> low,
                              std::optional<double> high, double ours_low, double ours_high);
/// A figure of something that does not exist, or that nothing is known of.
AuditedFigure unchecked_figure(std::string what, const ClaimRow& row, AuditReason reason);

/// The one build of a model asked for, answered on a machine; none where the question has no answer.
struct Audited {
  Question question;
  std::vector<Answer> answers;
  const Answer& answer() const { return answers.front(); }
};
std::optional<Audited> ask_for(Resolver& resolver, const Query& query);
/// `model` at `quant` on `machine`, which may be a CPU; its own RAM where the CPU's row names one.
Query claim_query(const ClaimRow& row, std::string_view machine, std::string_view model,
                  const Catalog& catalog);

void audit_sizes(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures);
void audit_memory(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures);
void audit_machines(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures);
void audit_names(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures);

}  // namespace qwenfit
