#include "report/audit_words.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "report/format.h"

namespace qwenfit {
namespace {

constexpr double kWhole = 100;

std::string whole_number(double value) {
  return (value < 0 ? "-" : "") + grouped(static_cast<std::uint64_t>(std::llround(std::abs(value))));
}

/// A figure as the guide has it.
std::string said_number(double value) {
  return std::abs(value) >= kWhole ? whole_number(value) : fmt::format("{:.4g}", value);
}

/// As many digits as ours deserves: whole from 100 on, else one decimal, two below 1.
std::string found_number(double value, std::string_view unit) {
  if (unit == "tok/s" && value >= 0) return estimated(value);
  const double size = std::abs(value);
  if (size >= kWhole || unit == "%" || unit == "USD" || unit == "W") return whole_number(value);
  return fmt::format("{:.{}f}", value, size < 1 ? 2 : 1);
}

std::string range_words(std::optional<double> low, std::optional<double> high, std::string_view unit,
                        const std::function<std::string(double)>& shown) {
  if (!low) return "";
  const std::string after = unit.empty() ? "" : " " + clean(unit);
  const std::string least = shown(*low);
  if (!high) return least + after + " or more";
  const std::string most = shown(*high);
  return (least == most ? least : least + " to " + most) + after;
}

std::string fits_words(bool fits) {
  return fits ? "fits" : "does not fit";
}

/// ` (guide 30 % too low)`; empty where one of them is unknown or not above zero.
std::string by_how_much(const AuditedFigure& f) {
  constexpr double kTimesFrom = 2;
  if (!f.claimed_low || !f.ours_low || !f.ours_high) return "";
  const bool more = *f.claimed_low > *f.ours_high;
  const double said = more ? *f.claimed_low : f.claimed_high.value_or(*f.claimed_low);
  const double found = more ? *f.ours_high : *f.ours_low;
  if (f.unit == "%")
    return fmt::format(" (guide {} points too {})", whole_number(std::abs(said - found)),
                       more ? "high" : "low");
  if (found <= 0 || said <= 0) return "";
  const double times = more ? said / found : found / said;
  const std::string size = times >= kTimesFrom
                               ? fmt::format("{:.1f} times", times)
                               : fmt::format("{} %", percent(more ? times - 1 : 1 - 1 / times));
  return fmt::format(" (guide {} too {})", size, more ? "high" : "low");
}

std::string missing_words(const AuditedFigure& f) {
  if (!f.names.empty()) return "no room for " + joined(f.names);
  return "does not fit" + (f.detail > 0 ? ", " + found_number(f.detail, "GB") + " GB are missing" : "");
}

std::string supply_words(const AuditedFigure& f) {
  return fmt::format(
      "the parts are rated at {} W; with their peaks they want {} W of a supply by ATX 3, {} W of "
      "an older one",
      whole_number(f.detail), whole_number(f.ours_low.value_or(0)), whole_number(f.ours_high.value_or(0)));
}

/// What follows the name of the figure and a colon; empty where nothing does.
std::string reason_words(const AuditedFigure& f) {
  std::string ours = calculated_words(f);
  switch (f.reason) {
    case AuditReason::none:
      return ours.empty() && !f.claimed_low ? "all there" : ours;
    case AuditReason::in_gib:
      return ours + "; the guide's figure is right in GiB";
    case AuditReason::bits_per_weight:
      return fmt::format("{}{}: it counts {:.1f} bits per weight, the file has {:.1f}", ours, by_how_much(f),
                         f.claimed_detail, f.detail);
    case AuditReason::all_memory:
      return fmt::format("{}; the guide's figure is all memory in use, {} GB", ours,
                         found_number(f.detail, "GB"));
    case AuditReason::file_alone:
      return fmt::format("{}{}: it takes the file alone off {} GiB", ours, by_how_much(f),
                         said_number(f.detail));
    case AuditReason::never_released:
      return f.names.empty() ? "wrong model, never released" : "never released: " + joined(f.names);
    case AuditReason::never_made:
    case AuditReason::no_answer:
      return joined(f.names);
    case AuditReason::depends_on_model:
      return fmt::format("{}, from {} to {}", ours, f.names.front(), f.names.back());
    case AuditReason::too_fast:
    case AuditReason::too_slow:
      return ours + " is likely" + by_how_much(f);
    case AuditReason::above_ceiling:
      return fmt::format("reading its weights allows at most {} tok/s", estimated(f.detail));
    case AuditReason::no_fit:
      return missing_words(f);
    case AuditReason::needs_ram:
      return "only with a part in system RAM";
    case AuditReason::fits_after_all:
      return "it does fit";
    case AuditReason::price_moved:
      return fmt::format("{} in {}{}", ours, f.names.front(), by_how_much(f));
    case AuditReason::unknown_price:
      return "no price by others is known";
    case AuditReason::smaller:
    case AuditReason::larger:
      return ours + by_how_much(f);
    case AuditReason::not_there:
      return "not there: " + joined(f.names);
    case AuditReason::larger_model:
      return ours + ", runs a larger model";
    case AuditReason::faster_machine:
      return fmt::format("{}, is faster: {} tok/s, the guide's {}", ours, estimated(f.detail),
                         f.claimed_detail > 0 ? estimated(f.claimed_detail) : "does not run it");
    case AuditReason::cheaper_machine:
      return ours + ", as fast and cheaper";
    case AuditReason::other_machine:
      return ours;
    case AuditReason::supply_too_small:
    case AuditReason::supply_tight:
      return supply_words(f);
    case AuditReason::count:
      break;
  }
  return "";
}

}  // namespace

std::string claimed_words(const AuditedFigure& f) {
  if (f.claimed_fits) return fits_words(*f.claimed_fits);
  return range_words(f.claimed_low, f.claimed_high, f.unit, said_number);
}

std::string calculated_words(const AuditedFigure& f) {
  if (f.ours_fits) return fits_words(*f.ours_fits);
  return range_words(f.ours_low, f.ours_high, f.unit,
                     [&](double value) { return found_number(value, f.unit); });
}

std::string figure_words(const AuditedFigure& f) {
  std::string words = clean(reason_words(f));
  if (f.reason == AuditReason::never_made) return words;
  return clean(f.what) + (words.empty() ? "" : ": " + words);
}

std::string audit_words(const AuditedClaim& claim, std::size_t most) {
  std::vector<const AuditedFigure*> told;
  for (const AuditedFigure& f : claim.figures) {
    if (f.verdict != AuditVerdict::agrees || claim.verdict() == AuditVerdict::agrees) told.push_back(&f);
  }
  const bool some_agree = told.size() < claim.figures.size();
  if (claim.verdict() != AuditVerdict::agrees)
    std::stable_sort(told.begin(), told.end(),
                     [](const AuditedFigure* a, const AuditedFigure* b) { return a->verdict > b->verdict; });
  std::string text;
  for (std::size_t i = 0; i < std::min(most, told.size()); ++i)
    text += (i > 0 ? "; " : "") + figure_words(*told[i]);
  if (told.size() > most) text += fmt::format("; and {} more", told.size() - most);
  if (claim.verdict() == AuditVerdict::not_checkable && some_agree) text += "; the rest agrees";
  return text;
}

std::string verdict_text(AuditVerdict verdict) {
  return verdict == AuditVerdict::not_checkable ? "not checkable" : std::string(audit_verdict_id(verdict));
}

}  // namespace qwenfit
