// Models on machines: whether they fit, how fast they are, what the machines cost.

#include <algorithm>

#include "advise/audit_figures.h"
#include "advise/buy.h"
#include "advise/claims.h"
#include "advise/prices.h"
#include "catalog/names.h"

namespace qwenfit {
namespace {

constexpr double kPercent = 100;

std::string set_up(const Answer& answer, std::string_view machine) {
  return answer.subject->model.name + " " + answer.build->quant_id + " on " + std::string(machine);
}

double missing_gb(const Estimate& e) {
  SignedBytes deficit = 0;
  for (const DeviceMemory& d : e.devices) deficit += std::min<SignedBytes>(d.free().value_or(0), 0);
  return static_cast<double>(-deficit) / kGB;
}

/// The very rule by which notes judge a guide's figure of a set-up.
AuditedFigure judged(const ClaimRow& row, const Answer& answer, std::string_view machine) {
  AuditedFigure figure{set_up(answer, machine),
                       std::string(row.unit),
                       row.low,
                       row.high,
                       {},
                       {},
                       AuditVerdict::agrees,
                       {},
                       0,
                       0,
                       {}};
  const Estimate& e = answer.estimate;
  if (e.speed && e.speed->decode && e.verdict != Verdict::no_fit) {
    figure.ours_low = e.speed->decode->low;
    figure.ours_high = e.speed->decode->high;
  }
  const GuideClaim claim{std::string(row.id), std::string(row.guide), {}, row.low, row.high, row.fits};
  switch (check_claim(claim, e)) {
    case ClaimVerdict::agrees:
      break;
    case ClaimVerdict::too_fast:
      figure.verdict = AuditVerdict::differs, figure.reason = AuditReason::too_fast;
      break;
    case ClaimVerdict::too_slow:
      figure.verdict = AuditVerdict::differs, figure.reason = AuditReason::too_slow;
      break;
    case ClaimVerdict::impossible:
      figure.verdict = AuditVerdict::impossible, figure.reason = AuditReason::above_ceiling;
      figure.detail = e.speed->decode->ceiling_tok_s;
      break;
    case ClaimVerdict::does_not_fit:
      figure.verdict = AuditVerdict::differs, figure.reason = AuditReason::no_fit;
      figure.detail = missing_gb(e);
      break;
    case ClaimVerdict::needs_ram:
      figure.verdict = AuditVerdict::differs, figure.reason = AuditReason::needs_ram;
      break;
    case ClaimVerdict::fits:
      figure.verdict = AuditVerdict::differs, figure.reason = AuditReason::fits_after_all;
      break;
  }
  // Weights alone are known of a size that was never released: what holds for them is no proof.
  if (e.guide_only && figure.verdict == AuditVerdict::agrees) {
    figure.verdict = AuditVerdict::not_checkable;
    figure.reason = AuditReason::never_released;
  }
  return figure;
}

void audit_set_up(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  for (const auto model : row.models) {
    for (const auto machine : row.machines) {
      const auto asked = ask_for(resolver, claim_query(row, machine, model, resolver.catalog()));
      if (asked) figures.push_back(judged(row, asked->answer(), machine));
    }
  }
}

/// What the guide says one device costs, beside the price we count with.
void audit_price(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  if (!row.price_low_usd || row.machines.empty()) return;
  const DeviceRow* device = resolver.catalog().device_by_id(split_count(row.machines.front()).name);
  if (device == nullptr) return;
  const std::string what = "price of " + std::string(device->id);
  const auto price = price_of(*device, PriceWish::any, {}, resolver.catalog().rows().date);
  if (!price) {
    AuditedFigure figure = unchecked_figure(what, row, AuditReason::unknown_price);
    figure.unit = "USD";
    figure.claimed_low = row.price_low_usd;
    figure.claimed_high = row.price_high_usd;
    figures.push_back(std::move(figure));
    return;
  }
  AuditedFigure figure =
      compared_figure(what, "USD", row.price_low_usd, row.price_high_usd, price->low_usd, price->high_usd);
  if (figure.verdict == AuditVerdict::differs) figure.reason = AuditReason::price_moved;
  figure.names = {std::string(price->date)};
  figures.push_back(std::move(figure));
}

/// Middle of the decode speed of the row's model; none where it does not run.
std::optional<double> speed_on(const ClaimRow& row, std::string_view machine, Resolver& resolver) {
  const auto asked = ask_for(resolver, claim_query(row, machine, row.models.front(), resolver.catalog()));
  if (!asked || !anything_fits(asked->answers)) return std::nullopt;
  const auto& speed = asked->answer().estimate.speed;
  return speed && speed->decode ? std::optional(speed->decode->tok_s) : std::nullopt;
}

void audit_faster(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const std::string_view machine = row.machines.front();
  const Counted parts = split_count(machine);
  const std::string other =
      (parts.count.empty() ? "" : std::string(parts.count) + "x") + std::string(row.names.front());
  const auto fast = speed_on(row, machine, resolver);
  const auto slow = speed_on(row, other, resolver);
  const std::string what = std::string(machine) + " against " + other;
  if (!fast || !slow) {
    figures.push_back(unchecked_figure(what, row, AuditReason::no_fit));
    return;
  }
  const double sign = row.kind == ClaimKind::slower ? -1 : 1;
  const double percent = sign * kPercent * (*fast / *slow - 1);
  // Guides round such figures to tens.
  constexpr double kRounded = 5;
  AuditedFigure figure = compared_figure(what, "%", row.low, row.high, percent, percent);
  const bool near = percent > *row.low - kRounded && percent < *row.high + kRounded;
  figure.verdict = near ? AuditVerdict::agrees : AuditVerdict::differs;
  figure.reason = near ? AuditReason::none : percent < *row.low ? AuditReason::smaller : AuditReason::larger;
  figures.push_back(std::move(figure));
}

/// Two cards taking turns are as fast as one: less than a tenth is no gain.
void audit_two_cards(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  constexpr double kNoGain = 10;
  const std::string_view two = row.machines.front();
  const auto both = speed_on(row, two, resolver);
  const auto one = speed_on(row, split_count(two).name, resolver);
  const std::string what = "speed of " + std::string(two) + " against one";
  if (!both || !one) {
    figures.push_back(unchecked_figure(what, row, AuditReason::no_fit));
    return;
  }
  const double percent = kPercent * (*both / *one - 1);
  AuditedFigure figure = compared_figure(what, "%", -kPercent, kNoGain, percent, percent);
  figures.push_back(std::move(figure));
}

/// Our pick within the budget: the largest model that runs at a comfortable speed, then the fastest machine.
void audit_budget(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  BuyWish wish;
  wish.budget_usd = row.low;
  const auto picks = pick_for_budget({}, wish, resolver);
  if (!picks || !picks->pick) {
    figures.push_back(unchecked_figure("our pick", row, AuditReason::unknown_price));
    return;
  }
  const ModelPick& pick = picks->models[*picks->pick];
  const std::string ours = pick.purchase.machine.offer.name();
  AuditedFigure figure = unchecked_figure("our pick", row, AuditReason::other_pick);
  figure.names = {ours, std::string(pick.model->name)};
  const bool same = std::find(row.machines.begin(), row.machines.end(), ours) != row.machines.end();
  figure.verdict = same ? AuditVerdict::agrees : AuditVerdict::differs;
  figures.push_back(std::move(figure));
}

/// A supply must give what the cards are rated for and what a desktop around them draws.
void audit_supply(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const CatalogRows& rows = resolver.catalog().rows();
  const auto host = std::find_if(rows.host_power.begin(), rows.host_power.end(),
                                 [](const HostPowerRow& r) { return r.state == PowerState::decode; });
  for (const auto machine : row.machines) {
    const Counted parts = split_count(machine);
    const DeviceRow* device = resolver.catalog().device_by_id(parts.name);
    if (device == nullptr || !device->tdp_w || host == rows.host_power.end()) continue;
    const double count = parts.count.empty() ? 1 : std::stod(std::string(parts.count));
    const double watts = count * *device->tdp_w + host->watts;
    const std::string what = "rated draw of " + std::string(machine) + " in a desktop";
    AuditedFigure figure = compared_figure(what, "W", row.low, row.high, watts, watts);
    const bool enough = *row.low >= watts;
    figure.verdict = enough ? AuditVerdict::agrees : AuditVerdict::differs;
    figure.reason = enough ? AuditReason::none : AuditReason::larger;
    figures.push_back(std::move(figure));
  }
}

}  // namespace

void audit_machines(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  switch (row.kind) {
    case ClaimKind::set_up:
      audit_set_up(row, resolver, figures);
      break;
    case ClaimKind::faster:
    case ClaimKind::slower:
      audit_faster(row, resolver, figures);
      break;
    case ClaimKind::two_cards:
      audit_two_cards(row, resolver, figures);
      break;
    case ClaimKind::budget_pick:
      audit_budget(row, resolver, figures);
      break;
    case ClaimKind::power_supply:
      audit_supply(row, resolver, figures);
      break;
    default:
      break;
  }
  audit_price(row, resolver, figures);
}

}  // namespace qwenfit
