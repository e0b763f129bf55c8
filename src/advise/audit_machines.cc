// Models on machines: whether they fit and how fast they are.

#include <algorithm>

#include "advise/audit_figures.h"
#include "advise/claims.h"
#include "advise/compare.h"
#include "catalog/names.h"

namespace qwenfit {
namespace {

/// The very rule by which notes judge a guide's figure of a set-up.
void judge(const ClaimRow& row, const Estimate& e, AuditedFigure& figure) {
  const GuideClaim claim{std::string(row.id), std::string(row.guide), {}, row.low, row.high, row.fits};
  const auto differs = [&](AuditReason reason, double detail = 0) {
    figure.verdict = AuditVerdict::differs;
    figure.reason = reason;
    figure.detail = detail;
  };
  switch (check_claim(claim, e)) {
    case ClaimVerdict::agrees:
      figure.verdict = AuditVerdict::agrees;
      break;
    case ClaimVerdict::too_fast:
      return differs(AuditReason::too_fast);
    case ClaimVerdict::too_slow:
      return differs(AuditReason::too_slow);
    case ClaimVerdict::impossible:
      differs(AuditReason::above_ceiling, e.speed->decode->ceiling_tok_s);
      figure.verdict = AuditVerdict::impossible;
      break;
    case ClaimVerdict::does_not_fit:
      return differs(AuditReason::no_fit, missing_gb(e));
    case ClaimVerdict::needs_ram:
      return differs(AuditReason::needs_ram);
    case ClaimVerdict::fits:
      return differs(AuditReason::fits_after_all);
  }
}

AuditedFigure judged(const ClaimRow& row, const Answer& answer, std::string what) {
  const Estimate& e = answer.estimate;
  AuditedFigure figure = unchecked_figure(std::move(what), row, AuditReason::none);
  if (row.fits) {
    figure.ours_fits = is_on_devices(e.verdict);
  } else if (e.speed && e.speed->decode && e.verdict != Verdict::no_fit) {
    figure.ours_low = e.speed->decode->low;
    figure.ours_high = e.speed->decode->high;
  }
  judge(row, e, figure);
  // Of a size that was never released the weights alone are known: they can rule something out, no more.
  const bool ruled_out = row.fits == false && e.verdict == Verdict::no_fit;
  if (e.guide_only && figure.verdict == AuditVerdict::agrees && !ruled_out) {
    figure.verdict = AuditVerdict::not_checkable;
    figure.reason = AuditReason::never_released;
  } else if (e.guide_only) {
    figure.what += " (never released)";
  }
  return figure;
}

void audit_set_up(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const Catalog& catalog = resolver.catalog();
  for (const auto model : row.models) {
    for (const auto machine : row.machines) {
      const std::string what = claim_set_up(row, model, machine, catalog);
      const auto asked = ask_for(resolver, claim_query(row, machine, model, catalog), row, what, figures);
      if (!asked) continue;
      figures.push_back(judged(row, asked->answer(), what));
      if (row.spare_gb && asked->answer().estimate.verdict != Verdict::no_fit)
        figures.push_back(spare_figure(what, {row.spare_gb, row.spare_gb}, asked->answer()));
    }
  }
  for (const auto name : row.names) {
    const auto device = catalog.gpu(name);
    if (device) continue;
    AuditedFigure figure =
        unchecked_figure(std::string(name), row, AuditReason::never_made, {device.error().message});
    if (device.error().code == ErrorCode::never_existed) figure.verdict = AuditVerdict::impossible;
    figures.push_back(std::move(figure));
  }
}

/// Middle of the decode speed of the row's model; none where it does not run, which `figures` then says.
std::optional<double> speed_on(const ClaimRow& row, std::string_view machine, Resolver& resolver,
                               std::vector<AuditedFigure>& figures) {
  const Catalog& catalog = resolver.catalog();
  const std::string what = claim_set_up(row, row.models.front(), machine, catalog);
  const auto asked =
      ask_for(resolver, claim_query(row, machine, row.models.front(), catalog), row, what, figures);
  if (!asked) return std::nullopt;
  const auto& speed = asked->answer().estimate.speed;
  if (anything_fits(asked->answers) && speed && speed->decode) return speed->decode->tok_s;
  AuditedFigure figure = unchecked_figure(what, row, AuditReason::no_fit);
  figure.detail = missing_gb(asked->answer().estimate);
  figures.push_back(std::move(figure));
  return std::nullopt;
}

void audit_faster(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const std::string_view machine = row.machines.front();
  const std::string other(row.names.front());
  const auto speed = speed_on(row, machine, resolver, figures);
  const auto other_speed = speed ? speed_on(row, other, resolver, figures) : std::nullopt;
  if (!speed || !other_speed) return;
  const double sign = row.kind == ClaimKind::slower ? -1 : 1;
  const double percent = sign * kPercent * (*speed / *other_speed - 1);
  figures.push_back(compared_figure(std::string(machine) + " against " + other, "%", claimed_by(row), percent,
                                    percent, kRoundedPercent));
}

double usable_bytes(const Answer& answer) {
  Bytes sum = 0;
  for (const DeviceMemory& d : answer.estimate.devices) {
    if (d.kind != DeviceKind::host) sum = add(sum, d.usable.value_or(0));
  }
  return static_cast<double>(sum);
}

/// Memory as many times as there are cards, and no visible gain of speed, as they take turns.
void audit_two_cards(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const Catalog& catalog = resolver.catalog();
  const std::string_view model = row.models.front(), two = row.machines.front();
  const std::string_view one = split_count(two).name;
  const std::string what = claim_set_up(row, model, two, catalog);
  const auto both = ask_for(resolver, claim_query(row, two, model, catalog), row, what, figures);
  const auto alone = ask_for(resolver, claim_query(row, one, model, catalog), row, what, figures);
  if (!both || !alone) return;
  const double cards = static_cast<double>(both->question.machine.devices.size());
  const double memory = usable_bytes(both->answer()) / usable_bytes(alone->answer());
  figures.push_back(compared_figure("memory of " + std::string(two) + " against one", "times", {cards, cards},
                                    memory, memory));
  const auto fast = speed_on(row, two, resolver, figures);
  const auto slow = fast ? speed_on(row, one, resolver, figures) : std::nullopt;
  if (!fast || !slow) return;
  const double gain = *fast / *slow;
  figures.push_back(
      compared_figure("speed of " + what + " against one", "times", {0.0, kVisiblyFaster}, gain, gain));
}

}  // namespace

void audit_machines(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  switch (row.kind) {
    case ClaimKind::set_up:
      return audit_set_up(row, resolver, figures);
    case ClaimKind::faster:
    case ClaimKind::slower:
      return audit_faster(row, resolver, figures);
    case ClaimKind::two_cards:
      return audit_two_cards(row, resolver, figures);
    default:
      return;
  }
}

}  // namespace qwenfit
