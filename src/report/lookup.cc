#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "report/format.h"
#include "report/html_charts.h"
#include "report/html_page.h"
#include "report/market.h"
#include "report/market_view.h"
#include "report/speed_view.h"
#include "report/view.h"

namespace qwenfit {
namespace {

/// The name of the quant that all are compared at.
std::string quant_name(const Lookup::Group& group) {
  return clean(group.machines.front().answers.front().build->quant_name);
}

std::string group_title(const Lookup& lookup, LookupGroup group) {
  const std::string speed = two_digits(lookup.min_tok_s);
  const std::string quant = quant_name(lookup.group(group));
  switch (group) {
    case LookupGroup::well:
      return fmt::format("Runs well: {} in the memory of the devices, {} tok/s or more", quant, speed);
    case LookupGroup::slowly:
      return fmt::format("Runs slowly: {} in the memory of the devices, below {} tok/s", quant, speed);
    case LookupGroup::speed_unknown:
      return fmt::format("Fits at a speed that is not known: {} in the memory of the devices", quant);
    default:
      return fmt::format("Needs system RAM for a part of {}, counted with {}{}", quant, lookup.ram,
                         lookup.ram_assumed ? ", which is assumed (--ram says otherwise)" : "");
  }
}

std::optional<Rate> decode_of(const Answer& answer) {
  const Speed* speed = shown_speed(answer);
  return speed != nullptr ? speed->decode : std::nullopt;
}

std::vector<Cell> cells(const Candidate& machine, const Candidate& best) {
  // Where no build of all can be recommended, the common one that runs is shown.
  const Candidate& shown = best.answers.empty() ? machine : best;
  const Answer& a = shown.answers.front();
  std::vector<Cell> row = offer_cells(machine.offer);
  row.push_back({rate_point(decode_of(machine.answers.front()))});
  row.push_back({clean(a.build->quant_name)});
  row.push_back({rate_cell(decode_of(a))});
  row.push_back({gib(fullest(a.estimate).free()), verdict_paint(a.estimate.verdict)});
  row.push_back({max_context_cell(*shown.question, a)});
  row.push_back({verdict_words(a), verdict_paint(a.estimate.verdict)});
  return row;
}

Grid grid_of(const Lookup::Group& group) {
  Grid grid{.columns = offer_columns(), .rows = {}, .marked = {}};
  const Settings& settings = group.machines.front().answers.front().settings;
  grid.columns.push_back(number_column(quant_name(group), "tok/s"));
  grid.columns.push_back(text_column("best"));
  grid.columns.push_back(number_column("its tok/s", decode_point(settings)));
  grid.columns.push_back(number_column("free", "GiB", 2));
  grid.columns.push_back(max_context_column(group.machines.front(), 3));
  grid.columns.push_back(text_column("verdict", 4));
  for (std::size_t i = 0; i < group.best.size(); ++i)
    grid.rows.push_back(cells(group.machines[i], group.best[i]));
  return grid;
}

std::size_t priced(const Lookup::Group& group) {
  return static_cast<std::size_t>(
      std::count_if(group.machines.begin(), group.machines.end(),
                    [](const Candidate& c) { return c.offer.price.has_value(); }));
}

/// How many there are beside those shown.
std::string more_words(const Lookup::Group& group) {
  const std::size_t all = group.machines.size(), known = priced(group);
  if (!group.complete) return fmt::format("The cheapest {}; --csv and --json list all.", group.best.size());
  if (all == group.best.size()) return "";
  return fmt::format("{} of {} machines, {} of them with a known price; --csv and --json list all.",
                     group.best.size(), all, known);
}

std::vector<const Offer*> shown_offers(const Lookup& lookup) {
  std::vector<const Offer*> shown;
  for (const Lookup::Group& g : lookup.groups) {
    for (const Candidate& c : g.best) shown.push_back(&c.offer);
  }
  return shown;
}

/// About the prices of the machines that are shown, and the RAM beside them.
std::vector<std::string> row_notes(const Lookup& lookup) {
  std::vector<std::string> notes = price_notes(shown_offers(lookup));
  if (!lookup.group(LookupGroup::with_ram).machines.empty())
    notes.emplace_back("System RAM is counted as there already: its price is in no sum.");
  return notes;
}

std::string nothing_words(const Lookup& lookup) {
  return fmt::format(
      "None of {} machines runs it at {}, not even with {} of system RAM; try a smaller quant, "
      "such as --quant iq2_m, or a shorter context.",
      lookup.offers, lookup.quant, lookup.ram);
}

constexpr std::string_view kLegend =
    "Best: the quant to recommend there; (low-high) holds 80 % of measured speeds. qwenfit --gpu MACHINE "
    "tells all of one.";

/// Of a look-up that found something.
std::string heading(const Lookup& lookup) {
  const auto first = std::find_if(lookup.groups.begin(), lookup.groups.end(),
                                  [](const Lookup::Group& g) { return !g.machines.empty(); });
  const Answer& a = first->machines.front().answers.front();
  return fmt::format("Machines that run {} at {}{}, cheapest first", clean(a.subject->model.name),
                     clean(a.build->quant_name), context_words(first->machines.front()));
}

}  // namespace

void print_market(std::ostream& out, const Lookup& lookup, const BuyWish&, const Style& style) {
  const std::size_t width = screen_width(style);
  if (!lookup.any()) {
    out << wrapped(nothing_words(lookup), width);
    return;
  }
  out << wrapped(heading(lookup), width);
  for (std::size_t g = 0; g < kLookupGroups; ++g) {
    const Lookup::Group& group = lookup.groups[g];
    if (group.machines.empty()) continue;
    out << '\n' << wrapped(group_title(lookup, static_cast<LookupGroup>(g)), width) << '\n';
    print_grid(out, grid_of(group), style);
    if (const std::string more = more_words(group); !more.empty()) out << wrapped(more, width);
  }
  out << '\n' << wrapped(kLegend, width);
  for (const std::string& note : row_notes(lookup)) out << wrapped(note, width);
}

void print_market_lines(std::ostream& out, const Lookup& lookup, const BuyWish&) {
  if (!lookup.any()) {
    out << nothing_words(lookup) << '\n';
    return;
  }
  for (std::size_t g = 0; g < kLookupGroups; ++g) {
    const Lookup::Group& group = lookup.groups[g];
    if (group.machines.empty()) continue;
    const Candidate& first = group.machines.front();
    const std::string cost =
        first.offer.price ? fmt::format("{} USD", usd_range(*first.offer.cost())) : "an unknown price";
    out << fmt::format("{}: the cheapest is {} at {}, {} tok/s\n",
                       group_title(lookup, static_cast<LookupGroup>(g)), clean(first.offer.name()), cost,
                       rate_cell(decode_of(first.answers.front())));
    return;
  }
}

void print_market_markdown(std::ostream& out, const Lookup& lookup, const BuyWish&) {
  if (!lookup.any()) {
    out << nothing_words(lookup) << '\n';
    return;
  }
  out << heading(lookup) << ".\n";
  for (std::size_t g = 0; g < kLookupGroups; ++g) {
    if (lookup.groups[g].machines.empty()) continue;
    out << "\n**" << group_title(lookup, static_cast<LookupGroup>(g)) << "**\n\n";
    print_grid_markdown(out, grid_of(lookup.groups[g]));
  }
  out << '\n';
  for (const std::string& note : row_notes(lookup)) out << note << '\n';
}

namespace {

std::vector<PriceSpot> spots_of(const Lookup::Group& group) {
  std::vector<PriceSpot> spots;
  for (std::size_t i = 0; i < group.best.size(); ++i) {
    const Candidate& c = group.machines[i];
    const auto rate = decode_of(c.answers.front());
    if (c.offer.price && rate)
      spots.push_back({clean(c.offer.name()), *c.offer.usd(), rate->tok_s, PriceMark::plain, i + 1});
  }
  return spots;
}

void write_html_group(HtmlWriter& w, const Lookup& lookup, LookupGroup at) {
  const Lookup::Group& group = lookup.group(at);
  if (group.machines.empty()) return;
  const std::string title = group_title(lookup, at);
  w.element("h2", title);
  price_chart(w, "Price against speed at " + quant_name(group), spots_of(group));
  html_grid(w, numbered(grid_of(group)), title);
  html_paragraphs(w, {more_words(group)});
}

}  // namespace

void print_market_html(std::ostream& out, const Lookup& lookup, const BuyWish&, const CatalogInfo& info,
                       const SpeedCurves&) {
  HtmlWriter w = html_page(lookup.any() ? heading(lookup) : "No machine runs it");
  if (!lookup.any()) w.element("p", nothing_words(lookup), {{"class", "lead"}});
  for (std::size_t g = 0; g < kLookupGroups; ++g) write_html_group(w, lookup, static_cast<LookupGroup>(g));
  const std::vector<const Offer*> shown = shown_offers(lookup);
  if (lookup.any()) html_paragraphs(w, {std::string(kLegend)});
  html_paragraphs(w, row_notes(lookup));
  std::vector<HtmlPrice> prices;
  prices.reserve(shown.size());
  for (const Offer* o : shown) prices.push_back({clean(o->device->name), o->price ? &*o->price : nullptr});
  html_prices(w, prices);
  out << end_html_page(std::move(w), info);
}

void print_market_csv(std::ostream& out, const Lookup& lookup, const BuyWish&) {
  Grid grid{.columns = market_csv_columns({"group"}), .rows = {}, .marked = {}};
  for (std::size_t g = 0; g < kLookupGroups; ++g) {
    for (const Candidate& c : lookup.groups[g].machines) {
      std::vector<Cell> row = {{std::string(lookup_group_id(static_cast<LookupGroup>(g)))}};
      for (Cell& cell : market_csv_cells(c.offer, c.answers.front())) row.push_back(std::move(cell));
      grid.rows.push_back(std::move(row));
    }
  }
  print_grid_csv(out, grid);
}

}  // namespace qwenfit
