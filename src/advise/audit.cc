#include "advise/audit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "advise/audit_figures.h"
#include "catalog/names.h"

namespace qwenfit {

std::string_view audit_verdict_id(AuditVerdict verdict) {
  constexpr std::array<std::string_view, 4> kIds = {"agrees", "not_checkable", "differs", "impossible"};
  return kIds[static_cast<std::size_t>(verdict)];
}

std::string_view audit_reason_id(AuditReason reason) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(AuditReason::count)> kIds = {
      "none",           "in_gib",          "bits_per_weight",  "all_memory",       "file_alone",
      "never_released", "never_made",      "depends_on_model", "too_fast",         "too_slow",
      "above_ceiling",  "no_fit",          "needs_ram",        "fits_after_all",   "price_moved",
      "unknown_price",  "smaller",         "larger",           "not_there",        "larger_model",
      "faster_machine", "cheaper_machine", "other_machine",    "supply_too_small", "supply_tight",
      "no_answer"};
  return kIds[static_cast<std::size_t>(reason)];
}

const AuditedFigure& AuditedClaim::deciding() const {
  const AuditedFigure* most = &figures.front();
  for (const AuditedFigure& figure : figures) {
    if (figure.reason != AuditReason::unknown_price && figure.verdict > most->verdict) most = &figure;
  }
  return *most;
}

ClaimedRange claimed_by(const ClaimRow& row) {
  return {row.low, row.high};
}

AuditedFigure compared_figure(std::string what, std::string unit, const ClaimedRange& claimed,
                              double ours_low, double ours_high, double rounded_to) {
  AuditedFigure figure{std::move(what), std::move(unit), claimed.low, claimed.high, ours_low, ours_high};
  if (!claimed.low) return figure;
  const auto slack = [&](double ours) { return std::max(std::abs(ours) * kAuditTolerance, rounded_to); };
  figure.verdict = AuditVerdict::agrees;
  if (*claimed.low > ours_high + slack(ours_high)) {
    figure.verdict = AuditVerdict::differs;
    figure.reason = AuditReason::smaller;
  } else if (claimed.high && *claimed.high < ours_low - slack(ours_low)) {
    figure.verdict = AuditVerdict::differs;
    figure.reason = AuditReason::larger;
  }
  return figure;
}

AuditedFigure unchecked_figure(std::string what, const ClaimRow& row, AuditReason reason,
                               std::vector<std::string> names) {
  AuditedFigure figure{std::move(what), row.fits ? "" : std::string(row.unit), row.low, row.high};
  figure.claimed_fits = row.fits;
  figure.reason = reason;
  figure.names = std::move(names);
  return figure;
}

std::optional<Audited> ask_for(Resolver& resolver, const Query& query, const ClaimRow& row,
                               const std::string& what, std::vector<AuditedFigure>& figures) {
  auto question = resolver(query);
  if (!question) {
    const ModelRow* model = resolver.catalog().model_by_id(query.model.front());
    const bool released = model == nullptr || model->status == ModelStatus::released;
    if (released) {
      figures.push_back(unchecked_figure(what, row, AuditReason::no_answer, {question.error().message}));
    } else {
      figures.push_back(unchecked_figure(what, row, AuditReason::never_released));
    }
    return std::nullopt;
  }
  Audited audited{std::move(*question), {}};
  audited.answers = sweep(audited.question);
  if (!audited.answers.empty()) return audited;
  figures.push_back(unchecked_figure(what, row, AuditReason::no_answer, {"no build"}));
  return std::nullopt;
}

Query claim_query(const ClaimRow& row, std::string_view machine, std::string_view model,
                  const Catalog& catalog) {
  Query query;
  const DeviceRow* device = catalog.device_by_id(split_count(machine).name);
  if (device != nullptr && device->device_class == DeviceClass::cpu) {
    query.gpu = {"none"};
    query.cpu = machine;
    if (device->capacity) query.ram = std::to_string(*device->capacity / kGiB) + "GiB";
  } else {
    query.gpu = {std::string(machine)};
  }
  if (!row.ram.empty()) query.ram = row.ram;
  query.model = {std::string(model)};
  if (!row.quants.empty()) query.quant = {std::string(row.quants.front())};
  return query;
}

std::string claim_build(const ClaimRow& row, std::string_view model, const Catalog& catalog) {
  const ModelRow* known = catalog.model_by_id(model);
  return std::string(known != nullptr ? known->name : model) +
         (row.quants.empty() ? "" : " " + std::string(row.quants.front()));
}

std::string claim_set_up(const ClaimRow& row, std::string_view model, std::string_view machine,
                         const Catalog& catalog) {
  const std::string ram = row.ram.empty() ? "" : " and " + std::string(row.ram) + " of RAM";
  return claim_build(row, model, catalog) + " on " + std::string(machine) + ram;
}

double missing_gb(const Estimate& estimate) {
  SignedBytes deficit = 0;
  for (const DeviceMemory& d : estimate.devices) deficit += std::min<SignedBytes>(d.free().value_or(0), 0);
  return static_cast<double>(-deficit) / kGB;
}

AuditedFigure spare_figure(const std::string& what, const ClaimedRange& claimed, const Answer& answer) {
  const Estimate& e = answer.estimate;
  SignedBytes least = std::numeric_limits<SignedBytes>::max();
  Bytes capacity = 0;
  for (const DeviceMemory& d : e.devices) {
    if (d.kind == DeviceKind::host) continue;
    least = std::min(least, d.free().value_or(least));
    capacity = add(capacity, d.capacity.value_or(0));
  }
  const double left = static_cast<double>(least) / kGB;
  AuditedFigure figure = compared_figure("left by " + what, "GB", claimed, left, left, kRoundedGB);
  if (figure.verdict != AuditVerdict::differs) return figure;
  const double memory = static_cast<double>(capacity) / static_cast<double>(kGiB);
  const double file = static_cast<double>(answer.build->file_bytes.value_or(0)) / static_cast<double>(kGiB);
  if (e.verdict == Verdict::no_fit) {
    figure.reason = AuditReason::no_fit;
    figure.detail = missing_gb(e);
  } else if (file > 0 && std::abs(memory - file - *claimed.low) <= memory * kAuditTolerance) {
    figure.reason = AuditReason::file_alone;
    figure.detail = memory;
  }
  return figure;
}

AuditedClaim audit(const ClaimRow& row, Resolver& resolver) {
  AuditedClaim claim{&row, {}};
  for (const auto check : {audit_sizes, audit_memory, audit_machines, audit_purchases, audit_names})
    check(row, resolver, claim.figures);
  if (claim.figures.empty())
    claim.figures.push_back(unchecked_figure(std::string(row.subject), row, AuditReason::no_answer,
                                             {"nothing to compare it with"}));
  return claim;
}

}  // namespace qwenfit
