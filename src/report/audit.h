#pragma once

#include <iosfwd>
#include <vector>

#include "advise/audit.h"
#include "report/report.h"

/// Printers of `qwenfit claims`.
namespace qwenfit {

/// One block per claim: the figure, ours, the verdict and why; the counts of each verdict last.
void print_claims(std::ostream& out, const std::vector<AuditedClaim>& claims, const Style& style);
/// The counts alone.
void print_claims_line(std::ostream& out, const std::vector<AuditedClaim>& claims);
void print_claims_csv(std::ostream& out, const std::vector<AuditedClaim>& claims);
void print_claims_markdown(std::ostream& out, const std::vector<AuditedClaim>& claims);
/// `qwenfit.claims/1`.
void print_claims_json(std::ostream& out, const std::vector<AuditedClaim>& claims, const CatalogInfo& info);

}  // namespace qwenfit
