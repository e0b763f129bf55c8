#include "report/audit.h"

#include <array>
#include <ostream>

#include <fmt/format.h>

#include "report/audit_words.h"
#include "report/document.h"
#include "report/format.h"
#include "report/grid.h"

namespace qwenfit {
namespace {

constexpr std::array kVerdicts = {AuditVerdict::agrees, AuditVerdict::differs, AuditVerdict::impossible,
                                  AuditVerdict::not_checkable};

Paint paint_of(AuditVerdict verdict) {
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

std::string counts(const std::vector<AuditedClaim>& claims) {
  std::vector<std::string> parts;
  for (const AuditVerdict verdict : kVerdicts) {
    std::size_t count = 0;
    for (const AuditedClaim& claim : claims) count += claim.verdict() == verdict ? 1 : 0;
    if (count > 0) parts.push_back(fmt::format("{} {}", count, verdict_text(verdict)));
  }
  return fmt::format("{} figures: {}.", claims.size(), joined(parts));
}

Grid grid_of(const std::vector<AuditedClaim>& claims) {
  Grid grid;
  for (const char* title : {"id", "guide", "subject", "claimed", "ours", "unit", "verdict", "why"})
    grid.columns.push_back({.title = title});
  for (const AuditedClaim& claim : claims) {
    const ClaimRow& row = *claim.row;
    grid.rows.push_back({{std::string(row.id)},
                         {clean(row.guide)},
                         {clean(row.subject)},
                         {claimed_cell(row)},
                         {ours_cell(claim)},
                         {clean(row.unit)},
                         {verdict_text(claim.verdict())},
                         {why_words(claim)}});
  }
  return grid;
}

void write_range(JsonWriter& w, const char* key, std::optional<double> low, std::optional<double> high) {
  w.key(key);
  if (!low || !high) {
    w.value(nullptr);
  } else if (*low == *high) {
    w.value(*low);
  } else {
    w.begin_array();
    w.value(*low);
    w.value(*high);
    w.end_array();
  }
}

void write_figure(JsonWriter& w, const AuditedFigure& figure) {
  w.begin_object();
  w.field("what", figure.what);
  w.text_or_null("unit", figure.unit);
  write_range(w, "claimed", figure.claimed_low, figure.claimed_high);
  write_range(w, "ours", figure.ours_low, figure.ours_high);
  w.field("verdict", audit_verdict_id(figure.verdict));
  w.field("why", figure_words(figure));
  w.end_object();
}

void write_claim(JsonWriter& w, const AuditedClaim& claim) {
  const ClaimRow& row = *claim.row;
  const AuditedFigure* first = nullptr;
  for (const AuditedFigure& f : claim.figures) {
    if (first == nullptr && f.ours_low) first = &f;
  }
  w.begin_object();
  w.field("id", row.id);
  w.field("guide", row.guide);
  w.field("subject", row.subject);
  if (row.fits) {
    w.field("claimed", *row.fits);
  } else {
    write_range(w, "claimed", row.low, row.high);
  }
  write_range(w, "ours", first != nullptr ? first->ours_low : std::nullopt,
              first != nullptr ? first->ours_high : std::nullopt);
  w.text_or_null("unit", first != nullptr ? std::string_view(first->unit) : row.unit);
  w.field("verdict", audit_verdict_id(claim.verdict()));
  w.field("why", why_words(claim));
  w.key("figures");
  w.begin_array();
  for (const AuditedFigure& f : claim.figures) write_figure(w, f);
  w.end_array();
  w.end_object();
}

}  // namespace

void print_claims(std::ostream& out, const std::vector<AuditedClaim>& claims, const Style& style) {
  const std::size_t width = screen_width(style);
  std::string_view guide;
  for (const AuditedClaim& claim : claims) {
    const ClaimRow& row = *claim.row;
    if (row.guide != guide) out << (guide.empty() ? "" : "\n") << clean(row.guide) << "\n\n";
    guide = row.guide;
    const AuditVerdict verdict = claim.verdict();
    const std::string said = claimed_cell(row);
    const std::string figure = said == "-" ? "" : ": " + said + (row.fits ? "" : " " + clean(row.unit));
    out << painted(fmt::format("{:<13}", verdict_text(verdict)), paint_of(verdict), style) << ' ';
    out << wrapped(clean(row.id) + "  " + clean(row.subject) + figure, width > 14 ? width - 14 : width, 0);
    out << wrapped("              " + why_words(claim), width, 14);
  }
  out << '\n' << wrapped(counts(claims), width);
}

void print_claims_line(std::ostream& out, const std::vector<AuditedClaim>& claims) {
  out << counts(claims) << '\n';
}

void print_claims_csv(std::ostream& out, const std::vector<AuditedClaim>& claims) {
  print_grid_csv(out, grid_of(claims));
}

void print_claims_markdown(std::ostream& out, const std::vector<AuditedClaim>& claims) {
  print_grid_markdown(out, grid_of(claims));
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
