#include <algorithm>

#include "advise/audit.h"
#include "cli/commands.h"
#include "query/text.h"
#include "report/audit.h"

namespace qwenfit {
namespace {

/// Every word is in the id, the guide, the subject, the verdict, a model or a machine.
bool is_wanted(const AuditedClaim& claim, std::string_view filter) {
  const ClaimRow& row = *claim.row;
  std::vector<std::string_view> names(row.models.begin(), row.models.end());
  names.insert(names.end(), row.machines.begin(), row.machines.end());
  names.insert(names.end(), row.names.begin(), row.names.end());
  names.push_back(row.subject);
  return matches_filter(filter, row.id, row.guide, audit_verdict_id(claim.verdict()), names);
}

}  // namespace

Result<int> run_claims(const Invocation& call) {
  Resolver resolver(call.catalog);
  std::vector<AuditedClaim> claims = audit(resolver);
  std::erase_if(claims, [&](const AuditedClaim& claim) { return !is_wanted(claim, call.line.argument); });
  if (claims.empty()) {
    return usage_error("FILTER", "no figure matches " + in_quotes(call.line.argument) +
                                     "; words of a guide, model, device or verdict (agrees, differs, "
                                     "impossible, not_checkable) select some");
  }
  if (call.line.quiet) {
    print_claims_line(call.out, claims);
    return 0;
  }
  switch (call.line.format) {
    case Format::table:
      print_claims(call.out, claims, call.style);
      break;
    case Format::json:
      print_claims_json(call.out, claims, call.info);
      break;
    case Format::csv:
      print_claims_csv(call.out, claims);
      break;
    case Format::markdown:
      print_claims_markdown(call.out, claims);
      break;
  }
  return 0;
}

}  // namespace qwenfit
