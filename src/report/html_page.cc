#include "report/html_page.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "advise/prices.h"
#include "report/claim_words.h"
#include "report/format.h"
#include "report/launch.h"
#include "report/market_view.h"
#include "report/notes.h"

namespace qwenfit {
namespace {

std::string_view paint_class(Paint paint) {
  switch (paint) {
    case Paint::good:
      return " good";
    case Paint::caution:
      return " caution";
    case Paint::bad:
      return " bad";
    case Paint::none:
      break;
  }
  return "";
}

/// Numbers stay on one line; long texts get room to break.
std::string cell_class(const Column& column, const Cell& cell) {
  constexpr std::size_t kLong = 24;
  const std::string_view kind = column.right ? "num" : cell.text.size() > kLong ? "text" : "word";
  return std::string(kind) + std::string(paint_class(cell.paint));
}

void html_head(HtmlWriter& w, const Grid& grid) {
  w.open("thead").open("tr");
  for (const Column& column : grid.columns) {
    w.open("th", {{"scope", "col"}, {"class", column.right ? "num" : "word"}}).text(column.title);
    if (!column.unit.empty()) w.text(" ").element("span", column.unit, {{"class", "unit"}});
    w.close();
  }
  w.close().close();
}

}  // namespace

HtmlWriter html_page(std::string_view title) {
  HtmlWriter w;
  w.open("html", {{"lang", "en"}}).open("head");
  w.leaf("meta", {{"charset", "utf-8"}});
  w.leaf("meta", {{"http-equiv", "Content-Security-Policy"},
                  {"content",
                   "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                   "form-action 'none'"}});
  w.leaf("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  w.leaf("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  w.element("title", fmt::format("{} - qwenfit", title));
  w.open("style").raw(html_style()).close();
  w.close().open("body").open("main");
  w.element("h1", title);
  return w;
}

std::string end_html_page(HtmlWriter&& w, const CatalogInfo& info) {
  w.close();
  w.open("footer");
  std::vector<std::string> texts = {
      fmt::format(
          "Made by qwenfit {} with its catalog of {}{}. Memory is in GiB (1,073,741,824 bytes), files "
          "are in GB (1,000,000,000 bytes), k tokens are 1,024.",
          info.version, info.date,
          info.overlays.empty() ? "" : fmt::format(" and {}", joined(info.overlays))),
      "A speed is an estimate with the range in brackets that holds 80 % of measured ones; what is not known "
      "is shown as ?. Nothing here is fetched from a network."};
  html_paragraphs(w, texts);
  return std::move(w).take();
}

void html_facts(HtmlWriter& w, const std::vector<std::pair<std::string, std::string>>& facts) {
  w.open("dl");
  for (const auto& [name, text] : facts) w.element("dt", name).element("dd", text);
  w.close();
}

void html_paragraphs(HtmlWriter& w, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    if (!text.empty()) w.element("p", text);
  }
}

void html_list(HtmlWriter& w, std::string_view heading, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  w.element("h3", heading).open("ul");
  for (const std::string& text : texts) w.element("li", text);
  w.close();
}

void html_grid(HtmlWriter& w, const Grid& grid, std::string_view caption) {
  if (grid.rows.empty()) return;
  if (caption.ends_with(':')) caption.remove_suffix(1);
  w.open("div",
         {{"class", "scroll"}, {"tabindex", "0"}, {"role", "region"}, {"aria-label", std::string(caption)}});
  w.open("table").open("caption").element("span", caption).close();
  html_head(w, grid);
  w.open("tbody");
  for (std::size_t r = 0; r < grid.rows.size(); ++r) {
    const bool marked = !grid.marked.empty() && grid.marked[r];
    w.open("tr", {{"class", marked ? "marked" : "row"}});
    for (std::size_t c = 0; c < grid.rows[r].size(); ++c) {
      const Cell& cell = grid.rows[r][c];
      const std::string kind = cell_class(grid.columns[c], cell);
      if (c > 0)
        w.element("td", cell.text, {{"class", kind}});
      else
        w.element("th", (marked ? "* " : "") + cell.text, {{"scope", "row"}, {"class", kind}});
    }
    w.close();
  }
  w.close().close().close();
}

void html_command(HtmlWriter& w, std::string_view heading, const Question& question, const Answer& answer,
                  const CatalogInfo& info) {
  if (answer.estimate.verdict == Verdict::no_fit || answer.estimate.guide_only) return;
  const Launch run = launch(question, answer, answer.settings.runtime, info);
  w.element("h3", heading);
  if (run.command.empty()) {
    w.element("p", fmt::format("No command to run it: {}.", run.why_not));
    return;
  }
  w.open("pre").open("code").lines(run.command).close().close();
}

std::vector<std::string> html_notes(const Answer& answer, const CatalogInfo& info) {
  return html_notes({&answer, &answer + 1}, answer, info);
}

std::vector<std::string> html_notes(const ModelAnswers& group, const Answer& answer,
                                    const CatalogInfo& info) {
  std::vector<std::string> notes;
  for (const Note note : answer.estimate.notes)
    notes.push_back(note_sentence(note, answer, info.runtime_options) + ".");
  for (const ClaimNote& note : claim_notes(group, answer)) notes.push_back(note.text + ".");
  return notes;
}

void html_prices(HtmlWriter& w, const std::vector<HtmlPrice>& prices) {
  Grid grid{.columns = {text_column("part"), number_column("price of one", "USD"), text_column("price of"),
                        text_column("date"), text_column("source")},
            .rows = {},
            .marked = {}};
  std::set<std::string> seen;
  for (const HtmlPrice& p : prices) {
    if (!seen.insert(p.name).second) continue;
    if (p.each == nullptr) {
      grid.rows.push_back({{p.name}, {std::string(kUnknown)}, {""}, {""}, {"nobody's price is known"}});
      continue;
    }
    std::string source = p.each->own ? "given by you" : std::string(p.each->source);
    if (!p.each->note.empty()) source += fmt::format(" ({})", p.each->note);
    grid.rows.push_back({{p.name},
                         {usd_range(p.each->range())},
                         {price_words(*p.each)},
                         {std::string(p.each->date)},
                         {source}});
  }
  if (grid.rows.empty()) return;
  w.element("h2", "Where the prices come from");
  html_grid(w, grid, "Price of one, when and by whom");
}

}  // namespace qwenfit
