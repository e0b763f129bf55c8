#include "advise/audit.h"

#include <algorithm>
#include <array>

#include "advise/audit_figures.h"
#include "catalog/names.h"

namespace qwenfit {

std::string_view audit_verdict_id(AuditVerdict verdict) {
  constexpr std::array<std::string_view, 4> kIds = {"not_checkable", "agrees", "differs", "impossible"};
  return kIds[static_cast<std::size_t>(verdict)];
}

AuditVerdict AuditedClaim::verdict() const {
  AuditVerdict worst = AuditVerdict::not_checkable;
  for (const AuditedFigure& figure : figures) worst = std::max(worst, figure.verdict);
  return worst;
}

AuditedFigure compared_figure(std::string what, std::string unit, std::optional<double> low,
                              std::optional<double> high, double ours_low, double ours_high) {
  AuditedFigure figure{std::move(what), std::move(unit), low, high, ours_low, ours_high, {}, {}, 0, 0, {}};
  if (!low || !high) return figure;
  figure.verdict = AuditVerdict::agrees;
  if (*low > ours_high * (1 + kAuditTolerance)) {
    figure.verdict = AuditVerdict::differs;
    figure.reason = AuditReason::smaller;
  } else if (*high < ours_low * (1 - kAuditTolerance)) {
    figure.verdict = AuditVerdict::differs;
    figure.reason = AuditReason::larger;
  }
  return figure;
}

AuditedFigure unchecked_figure(std::string what, const ClaimRow& row, AuditReason reason) {
  return {std::move(what),
          std::string(row.unit),
          row.low,
          row.high,
          {},
          {},
          AuditVerdict::not_checkable,
          reason,
          0,
          0,
          {}};
}

std::optional<Audited> ask_for(Resolver& resolver, const Query& query) {
  auto question = resolver(query);
  if (!question) return std::nullopt;
  Audited audited{std::move(*question), {}};
  audited.answers = sweep(audited.question);
  if (audited.answers.empty()) return std::nullopt;
  return audited;
}

Query claim_query(const ClaimRow& row, std::string_view machine, std::string_view model,
                  const Catalog& catalog) {
  Query query;
  const DeviceRow* device = catalog.device_by_id(split_count(machine).name);
  if (device != nullptr && device->device_class == DeviceClass::cpu) {
    query.gpu = {"none"};
    query.cpu = machine;
    if (row.ram.empty() && device->capacity) query.ram = std::to_string(*device->capacity / kGiB) + "GiB";
  } else {
    query.gpu = {std::string(machine)};
  }
  if (!row.ram.empty()) query.ram = row.ram;
  query.model = {std::string(model)};
  if (!row.quants.empty()) query.quant = {std::string(row.quants.front())};
  return query;
}

std::vector<AuditedClaim> audit(Resolver& resolver) {
  std::vector<AuditedClaim> claims;
  for (const ClaimRow& row : resolver.catalog().rows().claims) {
    AuditedClaim& claim = claims.emplace_back();
    claim.row = &row;
    for (const auto check : {audit_sizes, audit_memory, audit_machines, audit_names})
      check(row, resolver, claim.figures);
  }
  return claims;
}

}  // namespace qwenfit
