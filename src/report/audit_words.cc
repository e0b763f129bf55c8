#include "report/audit_words.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/format.h"

namespace qwenfit {
namespace {

/// Whole from 100 on, else at most two decimals.
std::string number(double value) {
  if (std::abs(value) >= 100) return fmt::format("{:.0f}", value);
  std::string text = fmt::format("{:.{}f}", value, std::abs(value) < 10 ? 1 : 0);
  return text;
}

std::string range(std::optional<double> low, std::optional<double> high) {
  if (!low || !high) return "-";
  const std::string a = number(*low);
  const std::string b = number(*high);
  return a == b ? a : a + " to " + b;
}

std::string ours(const AuditedFigure& f) {
  return range(f.ours_low, f.ours_high) + (f.unit.empty() ? "" : " " + f.unit);
}

/// `2 times too much`, `30 % too little`; empty where one of them is unknown or nothing.
std::string by_how_much(const AuditedFigure& f) {
  if (!f.claimed_low || !f.claimed_high || !f.ours_low || !f.ours_high) return "";
  const bool more = *f.claimed_low > *f.ours_high;
  const double said = more ? *f.claimed_low : *f.claimed_high;
  const double found = more ? *f.ours_high : *f.ours_low;
  if (found <= 0 || said <= 0) return "";
  const double times = more ? said / found : found / said;
  const std::string size = times >= 2 ? fmt::format("{:.1f} times", times)
                                      : fmt::format("{:.0f} %", 100 * (more ? times - 1 : 1 - 1 / times));
  return fmt::format(", {} too {}", size, more ? "much" : "little");
}

}  // namespace

std::string claimed_cell(const ClaimRow& row) {
  if (row.fits) return *row.fits ? "fits" : "no fit";
  return range(row.low, row.high);
}

std::string ours_cell(const AuditedClaim& claim) {
  for (const AuditedFigure& f : claim.figures) {
    if (f.ours_low) return range(f.ours_low, f.ours_high);
  }
  return "-";
}

std::string figure_words(const AuditedFigure& f) {
  const std::string what = clean(f.what);
  switch (f.reason) {
    case AuditReason::none:
      return f.ours_low ? what + ": " + ours(f) : what;
    case AuditReason::in_gib:
      return fmt::format("{}: {}; the guide's figure is right in GiB", what, ours(f));
    case AuditReason::bits_per_weight:
      return fmt::format("{}: {}; the guide counts {:.1f} bits per weight, the file has {:.1f}", what,
                         ours(f), f.claimed_detail, f.detail);
    case AuditReason::never_released:
      return f.names.empty() ? what + ": wrong model, never released"
                             : what + ": never released are " + joined(f.names);
    case AuditReason::depends_on_model:
      return fmt::format("{}: {}, from {} to {}", what, ours(f), f.names.front(), f.names.back());
    case AuditReason::too_fast:
    case AuditReason::too_slow:
      return fmt::format("{}: {} is likely{}", what, ours(f), by_how_much(f));
    case AuditReason::above_ceiling:
      return fmt::format("{}: reading its weights allows at most {} {}", what, number(f.detail), f.unit);
    case AuditReason::no_fit:
      if (!f.names.empty()) return what + ": no room for " + joined(f.names);
      return f.detail > 0 ? fmt::format("{}: {} GB are missing", what, number(f.detail))
                          : what + ": does not fit";
    case AuditReason::needs_ram:
      return what + ": only with a part in system RAM";
    case AuditReason::fits_after_all:
      return what + ": it does fit";
    case AuditReason::price_moved:
      return fmt::format("{}: {} by a price of {}{}", what, ours(f), f.names.front(), by_how_much(f));
    case AuditReason::unknown_price:
      return what + ": no other price is known";
    case AuditReason::smaller:
    case AuditReason::larger:
      return what + ": " + ours(f) + by_how_much(f);
    case AuditReason::other_pick:
      return fmt::format("{}: {} for {}", what, f.names.front(), f.names.back());
    case AuditReason::not_there:
      return what + ": missing " + joined(f.names);
  }
  return what;
}

std::string why_words(const AuditedClaim& claim) {
  const AuditVerdict worst = claim.verdict();
  std::vector<std::string> parts;
  for (const AuditedFigure& f : claim.figures) {
    const bool decides =
        f.verdict == worst || (worst == AuditVerdict::impossible && f.verdict > AuditVerdict::agrees);
    if (decides) parts.push_back(figure_words(f));
  }
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

std::string verdict_text(AuditVerdict verdict) {
  return verdict == AuditVerdict::not_checkable ? "not checkable" : std::string(audit_verdict_id(verdict));
}

}  // namespace qwenfit
