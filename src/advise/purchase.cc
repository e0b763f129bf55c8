#include "advise/purchase.h"

namespace qwenfit {

Result<Candidate> run_from(Market& market, OfferWish& offers) {
  auto owned = market.run_owned(offers.added_to);
  if (!owned) {
    Error error = owned.error();
    if (error.where == "--gpu") error.where = "--from";
    return error;
  }
  const auto& devices = owned->question->machine.devices;
  if (devices.empty() || devices.front().kind != DeviceKind::gpu) offers.added_to.clear();
  return owned;
}

Point point_of(const Candidate& candidate) {
  return {*candidate.offer.usd(), *candidate.tok_s(), candidate.context()};
}

BreakEven break_even(double usd, double tok_s, double api_usd_per_mtok, double power_usd_per_mtok) {
  constexpr double kMillion = 1e6, kSecondsPerHour = 3600;
  const double saved_per_mtok = api_usd_per_mtok - power_usd_per_mtok;
  if (saved_per_mtok <= 0) return {};
  const double tokens = usd / saved_per_mtok * kMillion;
  return {tokens, tokens / tok_s / kSecondsPerHour};
}

Purchase purchase_of(const Candidate& candidate, const BuyWish& wish, std::optional<double> owned_tok_s,
                     const CatalogRows& rows) {
  Purchase p;
  p.machine = candidate;
  p.point = point_of(candidate);
  for (const Answer& a : candidate.answers) {
    auto power = decode_power(candidate.question->machine, a.subject->model.kind, rows);
    if (power && (!p.power || power->watts > p.power->watts)) p.power = std::move(power);
  }
  if (p.power) p.power->without_cpu = candidate.ram() > 0;
  if (p.power) p.kwh_per_mtok = kwh_per_million_tokens(p.power->watts, p.point.tok_s);
  if (p.kwh_per_mtok && wish.power_usd_per_kwh)
    p.power_usd_per_mtok = *p.kwh_per_mtok * *wish.power_usd_per_kwh;
  if (wish.api_usd_per_mtok && (p.power_usd_per_mtok || !wish.power_usd_per_kwh))
    p.break_even =
        break_even(p.point.usd, p.point.tok_s, *wish.api_usd_per_mtok, p.power_usd_per_mtok.value_or(0));
  if (owned_tok_s) p.times_owned = p.point.tok_s / *owned_tok_s;
  return p;
}

}  // namespace qwenfit
