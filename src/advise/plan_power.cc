#include <algorithm>
#include <cmath>

#include "advise/plan_parts.h"
#include "advise/plan_words.h"
#include "advise/power.h"
#include "catalog/prices.h"
#include "catalog/segments.h"

namespace qwenfit {
namespace {

/// A figure of the catalog. An overlay can replace rows but not take them away.
const PowerRuleRow& rule_row(const CatalogRows& rows, std::string_view id) {
  static constexpr PowerRuleRow kNone;
  const auto found = std::find_if(rows.power_rules.begin(), rows.power_rules.end(),
                                  [&](const PowerRuleRow& r) { return r.id == id; });
  return found == rows.power_rules.end() ? kNone : *found;
}
double rule(const CatalogRows& rows, std::string_view id) {
  return rule_row(rows, id).value;
}

/// Up to the next whole watt: what is shown is what is compared.
double whole_watts(double value) {
  constexpr double kDust = 1e-6;
  return std::ceil(value - kDust);
}

bool is_atx3(const PlannedSupply& supply) {
  return supply.atx.starts_with("3");
}

/// What draws power and is put into slots: cards, some with several GPUs.
std::uint32_t boards(const PlannedGpu& gpu) {
  return gpu.row != nullptr ? boards_of(*gpu.row, gpu.count) : gpu.count;
}

/// Watts of one card of an entry: rated, or what it is limited to if that is less.
std::optional<double> card_watts(const PlannedGpu& gpu) {
  const auto rated = gpu.row != nullptr ? gpu.row->tdp_w : std::nullopt;
  if (!gpu.power_limit_w) return rated;
  return rated ? std::min(*rated, *gpu.power_limit_w) : *gpu.power_limit_w;
}

double cpu_watts(const Blueprint& build, const CatalogRows& rows, bool& known) {
  if (build.cpu && build.cpu->power_w) return *build.cpu->power_w;
  const DeviceRow* row = build.cpu ? build.cpu->row : nullptr;
  if (row != nullptr && row->tdp_w) return *row->tdp_w;
  known = false;
  const bool large = row != nullptr && (row->segment == kServerSegment ||
                                        row->segment == kWorkstationSegment || row->segment == kHedtSegment);
  return rule(rows, large ? "cpu-workstation" : "cpu-desktop");
}

/// What a supply promises for an instant, of its rating. An older one promises nothing above it.
double promised_times(const PlannedSupply& supply, const CatalogRows& rows) {
  if (!is_atx3(supply)) return 1;
  const bool small = supply.watts <= rule(rows, "supply-small");
  return std::max(rule(rows, small ? "supply-excursion-atx-3-small" : "supply-excursion-atx-3"), 1.0);
}

/// What cards draw for an instant, of their rating: an older supply is held to what was measured, a newer one
/// to what cards may.
double excursion_times(const PlannedSupply& supply, const CatalogRows& rows) {
  return is_atx3(supply) ? rule(rows, "card-excursion") : measured_excursion(rows);
}

/// The supply that is recommended for the card that wants most, and the watts of the others. What processor
/// it reckons with is not told. 0: not known.
double recommended_rating(const Blueprint& build, double cards_w) {
  double most = 0;
  for (const PlannedGpu& gpu : build.gpus) {
    const auto own = card_watts(gpu);
    if (gpu.row == nullptr || !gpu.row->psu_w || !gpu.row->tdp_w || !own) continue;
    most = std::max(most, *gpu.row->psu_w - *gpu.row->tdp_w + cards_w);
  }
  return most;
}

void add_watts(const Blueprint& build, const CatalogRows& rows, PowerCheck& p) {
  for (const PlannedGpu& gpu : build.gpus) {
    p.cards += boards(gpu);
    const auto each = card_watts(gpu);
    p.cards_known = p.cards_known && each.has_value();
    p.cards_w += each.value_or(0) * boards(gpu);
  }
  p.cpu_w = cpu_watts(build, rows, p.cpu_known);
  p.rest_w = rule(rows, "rest-of-machine");
  p.needed_w = whole_watts(p.cards_w + p.cpu_w + p.rest_w);
}

void set_headroom(const Blueprint& build, const CatalogRows& rows, PowerCheck& p) {
  const PlannedSupply none;
  const PlannedSupply& supply = build.supply ? *build.supply : none;
  p.recommended_w = recommended_rating(build, p.cards_w);
  p.excursion_w = p.cpu_w + p.rest_w + excursion_times(supply, rows) * p.cards_w;
  p.promised_times = promised_times(supply, rows);
  p.headroom_w = whole_watts(std::max({p.needed_w, p.recommended_w, p.excursion_w / p.promised_times}));
}

/// `cards 700 W, processor 170 W, the rest 96 W`.
std::string sum_words(const PowerCheck& p) {
  return (p.cards_w > 0 ? "cards " + watts(p.cards_w) + ", " : "") + "processor " + watts(p.cpu_w) +
         (p.cpu_known ? "" : " (usual)") + ", the rest " + watts(p.rest_w);
}

/// How high and how long, and what the supply promises then.
std::string peak_words(const PowerCheck& p, const CatalogRows& rows) {
  if (p.headroom_w <= p.recommended_w)
    return watts(p.recommended_w) + " are recommended for a computer with such " +
           (p.cards == 1 ? "a card" : "cards");
  const std::string cards = (p.cards == 1 ? "the card may draw " : "the cards may draw ") +
                            watts(p.excursion_w - p.cpu_w - p.rest_w);
  if (p.promised_times > 1)
    return cards + " for " + whole(rule(rows, "excursion-time")) + " microseconds, and such a supply bears " +
           short_number(p.promised_times) + " times its rating for so long";
  return cards + " for an instant, and such a supply promises nothing above its rating";
}

void report_supply(const Blueprint& build, const PowerCheck& p, const CatalogRows& rows,
                   std::vector<PlanFinding>& findings) {
  const std::string want = "a supply of " + watts(p.headroom_w) + " or more" +
                           (p.cards_known ? "" : ", beside the cards whose power is not known");
  switch (p.verdict) {
    case SupplyVerdict::too_small:
      findings.push_back({"power_too_small", Severity::error, "/power_supply/watts",
                          watts(*p.rated_w) + " are less than the " + watts(p.needed_w) +
                              " that the parts are rated at: " + sum_words(p),
                          want, true});
      break;
    case SupplyVerdict::tight:
      findings.push_back({"power_tight", Severity::warning, "/power_supply/watts",
                          watts(*p.rated_w) + " bear the " + watts(p.needed_w) + " of the parts (" +
                              sum_words(p) + "), but leave too little for peaks: " + peak_words(p, rows) +
                              ". It may switch off under load",
                          want + ", or a limit on the power of the cards (power_limit_w)", true});
      break;
    case SupplyVerdict::unknown:
      if (p.rated_w) break;
      findings.push_back({"power_needed", Severity::info, "/power_supply",
                          "no supply is named; the parts are rated at " + watts(p.needed_w) + " (" +
                              sum_words(p) + "), and ATX 2.x is assumed, which promises no excursions",
                          want});
      break;
    case SupplyVerdict::enough:
    case SupplyVerdict::none:
      break;
  }
  const bool short_of_promise = p.verdict == SupplyVerdict::too_small || p.verdict == SupplyVerdict::tight;
  if (build.supply && build.supply->atx.empty() && short_of_promise)
    findings.push_back({"atx_assumed", Severity::info, "/power_supply",
                        "the ATX version is not said: ATX 2.x is assumed, which promises no excursions",
                        "add \"atx\": \"3.1\" if it is such a supply"});
}

void report_limits(const Blueprint& build, const CatalogRows& rows, std::vector<PlanFinding>& findings) {
  for (std::size_t i = 0; i < build.gpus.size(); ++i) {
    const PlannedGpu& gpu = build.gpus[i];
    const std::string pointer = "/gpus/" + std::to_string(i);
    const auto rated = gpu.row != nullptr ? gpu.row->tdp_w : std::nullopt;
    if (!card_watts(gpu))
      findings.push_back(
          {"power_unknown", Severity::warning, pointer,
           "the rated power of " + gpu_name(gpu) +
               " is not known and counts as nothing: whether a supply is enough cannot be said",
           "add \"power_limit_w\" with its rated power"});
    if (!gpu.power_limit_w || !rated) continue;
    if (*gpu.power_limit_w > *rated)
      findings.push_back({"power_limit_above", Severity::warning, pointer + "/power_limit_w",
                          watts(*gpu.power_limit_w) + " are more than the " + watts(*rated) +
                              " that the card is rated at; its rating is counted",
                          "drop power_limit_w"});
    const double harmless = rule(rows, "power-limit-harmless");
    if (*gpu.power_limit_w < harmless * *rated)
      findings.push_back(
          {"power_limit_low", Severity::warning, pointer + "/power_limit_w",
           watts(*gpu.power_limit_w) + " are less than " + whole(harmless * 100) + " % of the card's " +
               watts(*rated) + ": it will be slower than the speeds shown",
           "a limit of " + watts(harmless * *rated) + " or more, at which decoding is about as fast"});
  }
}

}  // namespace

std::string_view supply_verdict_id(SupplyVerdict verdict) {
  constexpr std::string_view kIds[] = {"none", "unknown", "too_small", "tight", "enough"};
  return kIds[static_cast<std::size_t>(verdict)];
}

PowerCheck check_power(const Blueprint& build, const CatalogRows& rows, std::vector<PlanFinding>& findings) {
  PowerCheck p;
  if (build.is_computer()) return p;
  add_watts(build, rows, p);
  set_headroom(build, rows, p);
  if (build.supply) p.rated_w = build.supply->watts;
  p.verdict = !p.rated_w                  ? SupplyVerdict::unknown
              : *p.rated_w < p.needed_w   ? SupplyVerdict::too_small
              : !p.cards_known            ? SupplyVerdict::unknown
              : *p.rated_w < p.headroom_w ? SupplyVerdict::tight
                                          : SupplyVerdict::enough;
  report_supply(build, p, rows, findings);
  report_limits(build, rows, findings);
  const PowerRuleRow& outlet = rule_row(rows, "outlet-us");
  if (p.needed_w > outlet.value)
    findings.push_back(
        {"outlet", Severity::warning, "/power_supply",
         watts(p.needed_w) + " are more than " + std::string(outlet.about) + " (" + watts(outlet.value) + ")",
         "a circuit that gives more, or a limit on the power of the cards (power_limit_w)"});
  return p;
}

}  // namespace qwenfit
