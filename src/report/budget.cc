#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "report/buy_words.h"
#include "report/format.h"
#include "report/html_charts.h"
#include "report/html_page.h"
#include "report/market.h"
#include "report/market_view.h"
#include "report/speed_view.h"

namespace qwenfit {
namespace {

Grid grid_of(const BudgetPicks& picks) {
  Grid grid{.columns = {text_column("model")}, .rows = {}, .marked = {}};
  for (Column& column : offer_columns()) grid.columns.push_back(std::move(column));
  const Settings& settings = picks.models.front().purchase.machine.answers.front().settings;
  grid.columns.push_back(number_column("tok/s", decode_point(settings)));
  const bool ram = std::any_of(picks.models.begin(), picks.models.end(),
                               [](const ModelPick& row) { return row.purchase.machine.ram() > 0; });
  if (ram) grid.columns.push_back(number_column("RAM", "GiB"));
  grid.columns.push_back(max_context_column(picks.models.front().purchase.machine, 1));
  for (std::size_t i = 0; i < picks.models.size(); ++i) {
    const ModelPick& row = picks.models[i];
    const Candidate& machine = row.purchase.machine;
    const double tok_s = row.purchase.point.tok_s;
    std::vector<Cell> cells = {{clean(row.model->name)}};
    for (Cell& cell : offer_cells(machine.offer)) cells.push_back(std::move(cell));
    cells.push_back({rate_cell(machine.answers.front().estimate.speed->decode),
                     tok_s < picks.min_tok_s ? Paint::caution : Paint::none});
    if (ram) cells.push_back({gib(machine.ram())});
    cells.push_back({tokens_at_most(row.purchase.point.context)});
    grid.rows.push_back(std::move(cells));
    grid.marked.push_back(picks.pick == i);
  }
  return grid;
}

std::vector<const Offer*> shown_offers(const BudgetPicks& picks) {
  std::vector<const Offer*> shown;
  for (const ModelPick& row : picks.models) shown.push_back(&row.purchase.machine.offer);
  return shown;
}

std::vector<std::string> row_notes(const BudgetPicks& picks) {
  std::vector<const Candidate*> machines;
  for (const ModelPick& row : picks.models) machines.push_back(&row.purchase.machine);
  std::vector<std::string> notes = price_notes(shown_offers(picks));
  for (std::string& note : ram_notes(machines)) notes.push_back(std::move(note));
  return notes;
}

std::string heading(const BudgetPicks& picks, const BuyWish& wish) {
  return fmt::format("The fastest machine for each model{}, compared at {}{}:",
                     wish.budget_usd ? fmt::format(" for at most {} USD", usd(*wish.budget_usd)) : "",
                     clean(picks.models.front().purchase.machine.answers.front().build->quant_name),
                     picks.models.front().purchase.machine.question->context_is_max
                         ? ", each with its largest context"
                         : "");
}

}  // namespace

void print_market(std::ostream& out, const BudgetPicks& picks, const BuyWish& wish, const Style& style) {
  const std::size_t width = screen_width(style);
  if (!picks.models.empty()) {
    out << wrapped(heading(picks, wish), width) << '\n';
    print_grid(out, grid_of(picks), style);
    out << '\n';
  }
  for (const std::string& text : budget_sentences(picks, wish)) out << wrapped(text, width);
  for (const std::string& note : row_notes(picks)) out << wrapped(note, width);
}

void print_market_lines(std::ostream& out, const BudgetPicks& picks, const BuyWish& wish) {
  out << budget_sentences(picks, wish).front() << '\n';
}

void print_market_markdown(std::ostream& out, const BudgetPicks& picks, const BuyWish& wish) {
  if (!picks.models.empty()) {
    out << heading(picks, wish) << "\n\n";
    print_grid_markdown(out, grid_of(picks));
    out << '\n';
  }
  for (const std::string& text : budget_sentences(picks, wish)) out << text << '\n';
  for (const std::string& note : row_notes(picks)) out << note << '\n';
}

void print_market_html(std::ostream& out, const BudgetPicks& picks, const BuyWish& wish,
                       const CatalogInfo& info, const SpeedCurves& curves) {
  HtmlWriter w =
      html_page(wish.budget_usd ? fmt::format("What {} USD buy", usd(*wish.budget_usd)) : "What to buy");
  const std::vector<std::string> sentences = budget_sentences(picks, wish);
  w.element("p", sentences.front(), {{"class", "lead"}});
  html_paragraphs(w, {sentences.begin() + 1, sentences.end()});
  std::vector<RateBar> bars;
  std::vector<HtmlPrice> prices;
  for (std::size_t i = 0; i < picks.models.size(); ++i) {
    const ModelPick& row = picks.models[i];
    const Offer& offer = row.purchase.machine.offer;
    bars.push_back({clean(row.model->name), row.purchase.machine.answers.front().estimate.speed->decode,
                    picks.pick == i});
    if (!offer.is_owned())
      prices.push_back({clean(offer.device->name), offer.price ? &*offer.price : nullptr});
  }
  if (!bars.empty()) {
    w.element("h2", "The fastest machine for each model");
    rate_chart(w, "Speed of each model", bars);
    html_grid(w, grid_of(picks), heading(picks, wish));
  }
  html_paragraphs(w, row_notes(picks));
  if (picks.pick) {
    const Candidate& machine = picks.models[*picks.pick].purchase.machine;
    html_machine(w, *machine.question, machine.answers.front(), info, curves);
  }
  html_prices(w, prices);
  out << end_html_page(std::move(w), info);
}

void print_market_csv(std::ostream& out, const BudgetPicks& picks, const BuyWish&) {
  Grid grid{.columns = market_csv_columns({"pick"}), .rows = {}, .marked = {}};
  for (std::size_t i = 0; i < picks.models.size(); ++i) {
    const Candidate& machine = picks.models[i].purchase.machine;
    std::vector<Cell> row = {{picks.pick == i ? "true" : "false"}};
    for (Cell& cell : market_csv_cells(machine.offer, machine.answers.front()))
      row.push_back(std::move(cell));
    grid.rows.push_back(std::move(row));
  }
  print_grid_csv(out, grid);
}

}  // namespace qwenfit
