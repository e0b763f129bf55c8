#include <algorithm>
#include <ostream>
#include <span>

#include <fmt/format.h>

#include "report/buy_words.h"
#include "report/format.h"
#include "report/html_charts.h"
#include "report/html_page.h"
#include "report/market.h"
#include "report/market_view.h"
#include "report/speed_view.h"
#include "report/view.h"

namespace qwenfit {
namespace {

/// The answer that sets the speed of a machine: of the slowest model.
const Answer& slowest(const Candidate& c) {
  return *std::min_element(c.answers.begin(), c.answers.end(), [](const Answer& a, const Answer& b) {
    return a.estimate.speed->decode->tok_s < b.estimate.speed->decode->tok_s;
  });
}

bool any_ram(std::span<const Purchase> rows) {
  return std::any_of(rows.begin(), rows.end(), [](const Purchase& p) { return p.machine.ram() > 0; });
}

Grid price_grid(std::span<const Purchase> rows, std::optional<std::size_t> marked, bool owned) {
  Grid grid{.columns = offer_columns(), .rows = {}, .marked = {}};
  const Settings& settings = rows.front().machine.answers.front().settings;
  grid.columns.push_back(number_column("tok/s", decode_point(settings)));
  if (owned) grid.columns.push_back(number_column("times", "owned"));
  const bool ram = any_ram(rows);
  if (ram) grid.columns.push_back(number_column("RAM", "GiB"));
  grid.columns.push_back(max_context_column(rows.front().machine, 2));
  grid.columns.push_back(number_column("per tok/s", "USD", 3));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Purchase& p = rows[i];
    std::vector<Cell> cells = offer_cells(p.machine.offer);
    cells.push_back({rate_cell(slowest(p.machine).estimate.speed->decode)});
    if (owned) cells.push_back({p.times_owned ? two_digits(*p.times_owned) : std::string(kUnknown)});
    if (ram) cells.push_back({gib(p.machine.ram())});
    cells.push_back({tokens_at_most(p.point.context)});
    cells.push_back({two_digits(p.usd_per_tok_s())});
    grid.rows.push_back(std::move(cells));
    if (marked) grid.marked.push_back(*marked == i);
  }
  return grid;
}

std::string number_or_unknown(const std::optional<double>& value) {
  return value ? two_digits(*value) : std::string(kUnknown);
}

void add_break_even(const std::optional<BreakEven>& even, std::vector<Cell>& cells) {
  constexpr double kMillion = 1e6;
  if (!even) {
    cells.insert(cells.end(), {{std::string(kUnknown)}, {std::string(kUnknown)}});
  } else if (!even->tokens) {
    cells.insert(cells.end(), {{"never"}, {"never"}});
  } else {
    cells.insert(cells.end(), {{two_digits(*even->tokens / kMillion)}, {two_digits(*even->hours)}});
  }
}

std::string power_words(const PowerUse& power) {
  switch (power.basis) {
    case PowerBasis::rated_share:
      return "estimated";
    case PowerBasis::stated:
      return "stated";
    case PowerBasis::measured:
      break;
  }
  return power.peak ? "peak" : "measured";
}

Grid cost_grid(const std::vector<Purchase>& rows, const BuyWish& wish) {
  Grid grid{.columns = {text_column("running"), number_column("power", "W"), text_column("watts are", 1),
                        number_column("energy", "kWh/M")},
            .rows = {},
            .marked = {}};
  if (wish.power_usd_per_kwh) grid.columns.push_back(number_column("cost", "USD/M"));
  if (wish.api_usd_per_mtok) {
    grid.columns.push_back(number_column("paid", "M tokens"));
    grid.columns.push_back(number_column("after", "hours"));
  }
  for (const Purchase& p : rows) {
    const auto& power = p.power;
    std::vector<Cell> cells = {{clean(p.machine.offer.name())},
                               {power ? fmt::format("{:.0f}", power->watts) : std::string(kUnknown)},
                               {power ? power_words(*power) : ""},
                               {number_or_unknown(p.kwh_per_mtok)}};
    if (wish.power_usd_per_kwh) cells.push_back({usd_cell(p.power_usd_per_mtok)});
    if (wish.api_usd_per_mtok) add_break_even(p.break_even, cells);
    grid.rows.push_back(std::move(cells));
  }
  return grid;
}

std::vector<const Offer*> offers_of(std::span<const Purchase> rows) {
  std::vector<const Offer*> all;
  for (const Purchase& p : rows) all.push_back(&p.machine.offer);
  return all;
}

/// About prices and system RAM, of the front and what is shown beside it.
std::vector<std::string> row_notes(const Buying& b, std::span<const Purchase> unsure) {
  std::vector<const Offer*> offers = offers_of(b.front);
  for (const Offer* offer : offers_of(unsure)) offers.push_back(offer);
  std::vector<const Candidate*> machines;
  for (const std::span<const Purchase> rows : {std::span<const Purchase>(b.front), unsure}) {
    for (const Purchase& p : rows) machines.push_back(&p.machine);
  }
  std::vector<std::string> notes = price_notes(offers);
  for (std::string& note : ram_notes(machines)) notes.push_back(std::move(note));
  return notes;
}

std::vector<std::string> cost_notes(const std::vector<Purchase>& rows, const BuyWish& wish) {
  std::vector<std::string> notes = {
      "M: a million tokens, decoded one after the other for one user. Watts: from the wall"};
  const auto host = std::find_if(rows.begin(), rows.end(),
                                 [](const Purchase& p) { return p.power && p.power->host_watts > 0; });
  if (host != rows.end())
    notes.back() += fmt::format(", with {:.0f} W of the computer around cards", host->power->host_watts);
  notes.back() +=
      "; estimated: the usual share of the rated power; peak: the highest of a run; stated: as somebody "
      "reports, by no meter that is told.";
  const bool on_cpu = std::any_of(rows.begin(), rows.end(),
                                  [](const Purchase& p) { return p.power && p.power->without_cpu; });
  if (on_cpu)
    notes.emplace_back(
        "Rows with RAM: the processor computes a part of the model there; what it draws for that is not in "
        "the watts, as nobody measured it.");
  if (wish.api_usd_per_mtok)
    notes.push_back(fmt::format(
        "Paid after: the price by what its tokens save against {} USD per million elsewhere, {}.",
        usd(*wish.api_usd_per_mtok),
        wish.power_usd_per_kwh ? fmt::format("power at {} USD per kWh counted", usd(*wish.power_usd_per_kwh))
                               : "power not counted (--power-price USD counts it)"));
  return notes;
}

std::string heading(const Buying& b) {
  const Purchase& first = b.front.empty() ? b.unsure.front() : b.front.front();
  const Answer& a = first.machine.answers.front();
  return fmt::format("{}, compared at {}{}{}", model_names(first.machine), clean(a.build->quant_name),
                     context_words(first.machine),
                     first.machine.answers.size() > 1 ? "; speed and context of the least of them" : "");
}

bool owned_runs(const Buying& b) {
  return b.owned && !b.owned->answers.empty();
}

constexpr std::string_view kFront =
    "Cheapest first; each is faster or holds a larger context than all that cost less:";
constexpr std::string_view kUnsure =
    "Not certain to be had for it, but beaten by none of firm price at the lower end of its own:";

/// The first of the uncertain rows, as many as a screen has room for.
std::span<const Purchase> on_screen(const Buying& b) {
  constexpr std::size_t kMost = 12;
  return std::span(b.unsure).first(std::min(b.unsure.size(), kMost));
}

}  // namespace

void print_market(std::ostream& out, const Buying& b, const BuyWish& wish, const Style& style) {
  const std::size_t width = screen_width(style);
  if (!b.front.empty() || !b.unsure.empty()) out << wrapped(heading(b), width);
  if (!b.front.empty()) {
    out << wrapped(kFront, width) << '\n';
    print_grid(out, price_grid(b.front, b.recommended, owned_runs(b)), style);
    out << '\n';
    print_grid(out, cost_grid(b.front, wish), style);
    out << '\n';
  }
  if (!b.unsure.empty()) {
    out << wrapped(kUnsure, width) << '\n';
    print_grid(out, price_grid(on_screen(b), {}, owned_runs(b)), style);
    if (on_screen(b).size() < b.unsure.size())
      out << wrapped(
          fmt::format("{} of {} machines; --csv and --json list all.", on_screen(b).size(), b.unsure.size()),
          width);
    out << '\n';
  }
  for (const std::string& text : buying_sentences(b, wish)) out << wrapped(text, width);
  for (const std::string& note : row_notes(b, on_screen(b))) out << wrapped(note, width);
  if (b.front.empty()) return;
  for (const std::string& note : cost_notes(b.front, wish)) out << wrapped(note, width);
}

void print_market_lines(std::ostream& out, const Buying& b, const BuyWish& wish) {
  out << buying_sentences(b, wish).front() << '\n';
}

void print_market_markdown(std::ostream& out, const Buying& b, const BuyWish& wish) {
  if (!b.front.empty()) {
    out << heading(b) << ".\n\n";
    print_grid_markdown(out, price_grid(b.front, b.recommended, owned_runs(b)));
    out << '\n';
    print_grid_markdown(out, cost_grid(b.front, wish));
    out << '\n';
  }
  if (!b.unsure.empty()) {
    out << kUnsure << "\n\n";
    print_grid_markdown(out, price_grid(b.unsure, {}, owned_runs(b)));
    out << '\n';
  }
  for (const std::string& text : buying_sentences(b, wish)) out << text << '\n';
  for (const std::string& note : row_notes(b, b.unsure)) out << note << '\n';
}

namespace {

Grid beaten_grid(const std::vector<BeatenMachine>& rows) {
  Grid grid{.columns = offer_columns(), .rows = {}, .marked = {}};
  grid.columns.push_back(number_column("tok/s", ""));
  grid.columns.push_back(number_column("max ctx", "tokens"));
  for (const BeatenMachine& m : rows) {
    std::vector<Cell> cells = offer_cells(m.offer);
    cells.push_back({estimated(m.point.tok_s)});
    cells.push_back({tokens_at_most(m.point.context)});
    grid.rows.push_back(std::move(cells));
  }
  return grid;
}

std::vector<PriceSpot> spots_of(const Buying& b) {
  std::vector<PriceSpot> spots;
  const auto add = [&](const Offer& offer, const Point& point, PriceMark mark, std::size_t number) {
    spots.push_back({clean(offer.name()), point.usd, point.tok_s, mark, number});
  };
  for (const BeatenMachine& m : b.beaten) add(m.offer, m.point, PriceMark::beaten, 0);
  std::size_t number = 0;
  for (std::size_t i = 0; i < b.front.size(); ++i)
    add(b.front[i].machine.offer, b.front[i].point, b.recommended == i ? PriceMark::pick : PriceMark::front,
        ++number);
  for (const Purchase& p : b.unsure) add(p.machine.offer, p.point, PriceMark::unsure, ++number);
  return spots;
}

void write_html_market(HtmlWriter& w, const Buying& b, const BuyWish& wish) {
  w.element("h2", "Price against speed").element("p", heading(b) + ".");
  price_chart(w, "Price against speed", spots_of(b));
  if (!b.front.empty()) html_grid(w, numbered(price_grid(b.front, b.recommended, owned_runs(b))), kFront);
  if (!b.unsure.empty())
    html_grid(w, numbered(price_grid(b.unsure, {}, owned_runs(b)), b.front.size() + 1), kUnsure);
  html_paragraphs(w, row_notes(b, b.unsure));
  if (b.front.empty()) return;
  w.element("h2", "Power and the cost of tokens");
  html_grid(w, cost_grid(b.front, wish), "What running them takes");
  html_paragraphs(w, cost_notes(b.front, wish));
}

std::vector<HtmlPrice> html_prices_of(const Buying& b) {
  std::vector<HtmlPrice> prices;
  const auto add = [&](const Offer& o) {
    prices.push_back({clean(o.device->name), o.price ? &*o.price : nullptr});
  };
  for (const Purchase& p : b.front) add(p.machine.offer);
  for (const Purchase& p : b.unsure) add(p.machine.offer);
  if (b.next) add(b.next->purchase.machine.offer);
  if (b.cheapest) add(b.cheapest->machine.offer);
  for (const BeatenMachine& m : b.beaten) add(m.offer);
  return prices;
}

}  // namespace

void print_market_html(std::ostream& out, const Buying& b, const BuyWish& wish, const CatalogInfo& info,
                       const SpeedCurves& curves) {
  const bool any = !b.front.empty() || !b.unsure.empty();
  const Purchase* first = !b.front.empty() ? &b.front.front() : any ? &b.unsure.front() : nullptr;
  HtmlWriter w =
      html_page(first != nullptr ? "What to buy for " + model_names(first->machine) : "What to buy");
  const std::vector<std::string> sentences = buying_sentences(b, wish);
  w.element("p", sentences.front(), {{"class", "lead"}});
  html_paragraphs(w, {sentences.begin() + 1, sentences.end()});
  if (any) write_html_market(w, b, wish);
  if (b.recommended) {
    const Candidate& best = b.front[*b.recommended].best;
    for (const Answer& a : best.answers) html_machine(w, *best.question, a, info, curves);
  }
  if (!b.beaten.empty()) {
    w.element("h2", "What they beat");
    html_grid(w, beaten_grid(b.beaten), "Nowhere better than one of the first table that costs no more");
  }
  html_prices(w, html_prices_of(b));
  out << end_html_page(std::move(w), info);
}

namespace {

void add_csv_rows(const std::vector<Purchase>& rows, const char* list, Grid& grid) {
  for (const Purchase& p : rows) {
    for (const Answer& a : p.machine.answers) {
      std::vector<Cell> row = {{list}};
      for (Cell& cell : market_csv_cells(p.machine.offer, a)) row.push_back(std::move(cell));
      const auto& even = p.break_even;
      for (const auto& value :
           {std::optional(p.usd_per_tok_s()), p.power ? std::optional(p.power->watts) : std::nullopt,
            p.kwh_per_mtok, p.power_usd_per_mtok, even ? even->tokens : std::nullopt,
            even ? even->hours : std::nullopt, p.times_owned})
        row.push_back({exact_number(value)});
      grid.rows.push_back(std::move(row));
    }
  }
}

}  // namespace

void print_market_csv(std::ostream& out, const Buying& b, const BuyWish&) {
  Grid grid{.columns = market_csv_columns({"list"}), .rows = {}, .marked = {}};
  for (const char* title : {"usd_per_tok_s", "watts", "kwh_per_mtok", "power_usd_per_mtok",
                            "break_even_tokens", "break_even_hours", "times_owned"})
    grid.columns.push_back({.title = title});
  add_csv_rows(b.front, "front", grid);
  add_csv_rows(b.unsure, "unsure", grid);
  print_grid_csv(out, grid);
}

}  // namespace qwenfit
