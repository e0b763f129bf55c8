#include "report/audit.h"

#include <algorithm>
#include <array>
#include <ostream>

#include <fmt/format.h>

#include "report/audit_words.h"
#include "report/document.h"
#include "report/format.h"
#include "report/grid.h"
#include "report/market_view.h"

namespace qwenfit {
namespace {

/// Figures of one claim that a screen has room for.
constexpr std::size_t kMostFigures = 3;

constexpr std::array kVerdicts = {AuditVerdict::agrees, AuditVerdict::differs, AuditVerdict::impossible,
                                  AuditVerdict::not_checkable};

Paint verdict_paint(AuditVerdict verdict) {
  switch (verdict) {
    case AuditVerdict::agrees:
      return Paint::good;
    case AuditVerdict::differs:
      return Paint::caution;
    case AuditVerdict::impossible:
      return Paint::bad;
    case AuditVerdict::not_checkable:
      break;
  }
  return Paint::none;
}

std::string plural_text(AuditVerdict verdict) {
  return verdict == AuditVerdict::agrees    ? "agree"
         : verdict == AuditVerdict::differs ? "differ"
                                            : verdict_text(verdict);
}

std::string counts_words(const std::vector<AuditedClaim>& claims) {
  std::vector<std::string> parts;
  for (const AuditVerdict verdict : kVerdicts) {
    const auto count = std::count_if(claims.begin(), claims.end(),
                                     [&](const AuditedClaim& claim) { return claim.verdict() == verdict; });
    if (count > 0) parts.push_back(fmt::format("{} {}", count, plural_text(verdict)));
  }
  return fmt::format("{} {} of the guides: {}.", claims.size(), claims.size() == 1 ? "claim" : "claims",
                     joined(parts));
}

std::string flag_cell(std::optional<bool> flag) {
  return !flag ? "" : *flag ? "true" : "false";
}

Grid csv_grid_of(const std::vector<AuditedClaim>& claims) {
  Grid grid;
  for (const char* title : {"id", "guide", "subject", "claimed_low", "claimed_high", "claimed_fits",
                            "ours_low", "ours_high", "ours_fits", "unit", "verdict", "reason", "why"})
    grid.columns.push_back(text_column(title));
  for (const AuditedClaim& claim : claims) {
    const ClaimRow& row = *claim.row;
    const AuditedFigure& f = claim.figures.front();
    grid.rows.push_back({{std::string(row.id)},
                         {clean(row.guide)},
                         {clean(row.subject)},
                         {exact_number(f.claimed_low)},
                         {exact_number(f.claimed_high)},
                         {flag_cell(f.claimed_fits)},
                         {exact_number(f.ours_low)},
                         {exact_number(f.ours_high)},
                         {flag_cell(f.ours_fits)},
                         {clean(f.unit)},
                         {std::string(audit_verdict_id(claim.verdict()))},
                         {std::string(audit_reason_id(claim.deciding().reason))},
                         {audit_words(claim)}});
  }
  return grid;
}

Grid markdown_grid_of(const std::vector<AuditedClaim>& claims) {
  Grid grid;
  for (const char* title : {"id", "claim", "guide says", "calculated", "verdict", "why"})
    grid.columns.push_back(text_column(title));
  for (const AuditedClaim& claim : claims) {
    const AuditedFigure& f = claim.figures.front();
    grid.rows.push_back({{std::string(claim.row->id)},
                         {clean(claim.row->subject)},
                         {claimed_words(f)},
                         {calculated_words(f)},
                         {verdict_text(claim.verdict())},
                         {audit_words(claim, kMostFigures)}});
  }
  return grid;
}

/// A number, both ends of a range, `[low, null]` for so much or more; true or false for whether it fits.
void write_said(JsonWriter& w, const char* key, std::optional<double> low, std::optional<double> high,
                std::optional<bool> fits) {
  w.key(key);
  if (fits) {
    w.value(*fits);
  } else if (!low) {
    w.value(nullptr);
  } else if (low == high) {
    w.value(*low);
  } else {
    w.begin_array();
    w.value(low);
    w.value(high);
    w.end_array();
  }
}

void write_audited(JsonWriter& w, const AuditedFigure& f) {
  write_said(w, "claimed", f.claimed_low, f.claimed_high, f.claimed_fits);
  write_said(w, "ours", f.ours_low, f.ours_high, f.ours_fits);
  w.text_or_null("unit", f.unit);
}

void write_names(JsonWriter& w, const char* key, Names names) {
  w.key(key);
  w.begin_array();
  for (const auto name : names) w.value(name);
  w.end_array();
}

void write_claim(JsonWriter& w, const AuditedClaim& claim) {
  const ClaimRow& row = *claim.row;
  w.begin_object();
  w.field("id", row.id);
  w.field("guide", row.guide);
  w.field("subject", row.subject);
  write_names(w, "models", row.models);
  write_names(w, "quants", row.quants);
  write_names(w, "machines", row.machines);
  write_audited(w, claim.figures.front());
  w.field("verdict", audit_verdict_id(claim.verdict()));
  w.field("reason", audit_reason_id(claim.deciding().reason));
  w.field("why", audit_words(claim));
  w.key("figures");
  w.begin_array();
  for (const AuditedFigure& f : claim.figures) {
    w.begin_object();
    w.field("what", f.what);
    write_audited(w, f);
    w.field("verdict", audit_verdict_id(f.verdict));
    w.field("reason", audit_reason_id(f.reason));
    w.field("why", figure_words(f));
    w.end_object();
  }
  w.end_array();
  w.end_object();
}

void print_claim(std::ostream& out, const AuditedClaim& claim, const Style& style) {
  constexpr std::size_t kIndent = 14;
  const std::size_t room = screen_width(style) - kIndent;
  const AuditVerdict verdict = claim.verdict();
  const std::string said = claimed_words(claim.figures.front());
  std::string title = clean(claim.row->id) + "  " + clean(claim.row->subject);
  if (!said.empty()) title += ": " + said;
  std::string before =
      painted(fmt::format("{:<{}}", verdict_text(verdict), kIndent), verdict_paint(verdict), style);
  for (const std::string& text : {title, audit_words(claim, kMostFigures)}) {
    for (const std::string& line : wrap(text, room)) {
      out << before << line << '\n';
      before = std::string(kIndent, ' ');
    }
  }
}

}  // namespace

void print_claims(std::ostream& out, const std::vector<AuditedClaim>& claims, const Style& style) {
  std::string_view guide;
  for (const AuditedClaim& claim : claims) {
    if (claim.row->guide != guide) out << (guide.empty() ? "" : "\n") << clean(claim.row->guide) << "\n\n";
    guide = claim.row->guide;
    print_claim(out, claim, style);
  }
  out << '\n' << wrapped(counts_words(claims), screen_width(style));
}

void print_claims_line(std::ostream& out, const std::vector<AuditedClaim>& claims) {
  out << counts_words(claims) << '\n';
}

void print_claims_csv(std::ostream& out, const std::vector<AuditedClaim>& claims) {
  print_grid_csv(out, csv_grid_of(claims));
}

void print_claims_markdown(std::ostream& out, const std::vector<AuditedClaim>& claims) {
  print_grid_markdown(out, markdown_grid_of(claims));
  out << '\n' << counts_words(claims) << '\n';
}

void print_claims_json(std::ostream& out, const std::vector<AuditedClaim>& claims, const CatalogInfo& info) {
  JsonWriter w(true);
  begin_document(w, "qwenfit.claims/1", info);
  w.key("claims");
  w.begin_array();
  for (const AuditedClaim& claim : claims) write_claim(w, claim);
  w.end_array();
  w.end_object();
  out << std::move(w).take() << '\n';
}

}  // namespace qwenfit
