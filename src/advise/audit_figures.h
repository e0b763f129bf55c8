#pragma once

#include "advise/audit.h"
#include "advise/sweep.h"

/// Parts of the audit: each checks the rows of some kinds.
namespace qwenfit {

inline constexpr double kGB = 1e9;
inline constexpr double kPercent = 100;
/// Guides give percentages in tens, and what is left of a memory in whole GB.
inline constexpr double kRoundedPercent = 5, kRoundedGB = 0.5;

/// A machine that holds anything, for sizes that do not depend on it.
inline constexpr std::string_view kAnyMachine = "custom:memory=4000GB";

/// What a guide says: from `low` to `high`, or `low` and more.
struct ClaimedRange {
  std::optional<double> low, high;
};
ClaimedRange claimed_by(const ClaimRow& row);

/// The guide's figure beside ours: agrees where the ranges meet, give or take the tolerance or what guides
/// round to.
AuditedFigure compared_figure(std::string what, std::string unit, const ClaimedRange& claimed,
                              double ours_low, double ours_high, double rounded_to = 0);
/// A figure of something that does not exist, or that nothing is known of.
AuditedFigure unchecked_figure(std::string what, const ClaimRow& row, AuditReason reason,
                               std::vector<std::string> names = {});

/// The builds of a question answered.
struct Audited {
  Question question;
  std::vector<Answer> answers;
  const Answer& answer() const { return answers.front(); }
};
/// None where the question has no answer: then `figures` says why, of `what`.
std::optional<Audited> ask_for(Resolver& resolver, const Query& query, const ClaimRow& row,
                               const std::string& what, std::vector<AuditedFigure>& figures);
/// `model` at the row's quant on `machine`, which may be a CPU; its own RAM where the CPU's row names one.
Query claim_query(const ClaimRow& row, std::string_view machine, std::string_view model,
                  const Catalog& catalog);
/// `Qwen3.5-27B q4_k_m`
std::string claim_build(const ClaimRow& row, std::string_view model, const Catalog& catalog);
/// `Qwen3.5-27B q4_k_m on rtx3090`
std::string claim_set_up(const ClaimRow& row, std::string_view model, std::string_view machine,
                         const Catalog& catalog);
/// What the guide says is left on the machine of an answer.
AuditedFigure spare_figure(const std::string& what, const ClaimedRange& claimed, const Answer& answer);
/// What is missing, on all devices.
double missing_gb(const Estimate& estimate);

void audit_sizes(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures);
void audit_memory(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures);
void audit_machines(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures);
void audit_purchases(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures);
void audit_names(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures);

}  // namespace qwenfit
