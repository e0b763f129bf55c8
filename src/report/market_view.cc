#include "report/market_view.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "advise/drivers.h"
#include "advise/figures.h"
#include "catalog/ids.h"
#include "report/format.h"
#include "report/view.h"

namespace qwenfit {
namespace {

constexpr std::string_view kStaleMark = "!", kUnsureMark = "?";

std::string_view condition_words(const Price& price) {
  if (price.own) return "your price";
  if (price.guide) return "guide";
  return price.condition == PriceCondition::either ? "any" : price_condition_id(price.condition);
}

/// Which of them new drivers leave out.
std::vector<std::string> driver_notes(const std::vector<const Offer*>& offers) {
  std::map<double, std::set<std::string>> ended;
  for (const Offer* o : offers) {
    const DriverBranches branches = driver_branches(*o->device);
    if (branches.ended()) ended[branches.last].insert(clean(std::string(o->device->id)));
  }
  std::vector<std::string> notes;
  notes.reserve(ended.size());
  for (const auto& [last, devices] : ended)
    notes.push_back(fmt::format(
        "No NVIDIA driver after {:.0f} runs {}: only programs built for older CUDA versions work there.",
        last, joined({devices.begin(), devices.end()})));
  return notes;
}

template <typename F>
bool any_offer(const std::vector<const Offer*>& offers, F&& is_it) {
  return std::any_of(offers.begin(), offers.end(), [&](const Offer* o) { return is_it(*o); });
}

std::string bytes_or_empty(const std::optional<SignedBytes>& bytes) {
  return bytes ? std::to_string(*bytes) : "";
}

}  // namespace

std::string usd(double amount) {
  constexpr double kCentsBelow = 10;
  if (amount < kCentsBelow) return fmt::format("{:.2f}", amount);
  return grouped(static_cast<std::uint64_t>(std::llround(amount)));
}

std::string usd_cell(std::optional<double> amount) {
  return amount ? usd(*amount) : std::string(kUnknown);
}

std::string two_digits(double value) {
  if (!std::isfinite(value)) return std::string(kUnknown);
  if (value >= 100) return grouped(static_cast<std::uint64_t>(std::llround(value)));
  return fmt::format("{:.{}f}", value, value >= 10 ? 0 : value >= 1 ? 1 : 2);
}

std::string usd_range(const UsdRange& cost) {
  const std::string low = usd(cost.low), high = usd(cost.high);
  return low == high ? low : low + "-" + high;
}

std::string price_words(const Price& p) {
  std::string words(condition_words(p));
  if (!p.date.empty()) words += " " + std::string(p.date.substr(0, 7));
  if (p.stale) words += kStaleMark;
  if (!p.sure) words += kUnsureMark;
  return words;
}

std::string price_words(const Offer& offer) {
  if (offer.is_owned()) return "owned";
  return offer.price ? price_words(*offer.price) : "";
}

std::vector<std::string> price_notes(std::vector<const Offer*> shown) {
  std::erase_if(shown, [](const Offer* o) { return o->is_owned(); });
  std::vector<std::string> notes;
  const auto price = [](const Offer& o, auto&& is_it) { return o.price && is_it(*o.price); };
  if (any_offer(shown, [](const Offer& o) { return o.is_computer(); }) &&
      any_offer(shown, [](const Offer& o) { return !o.is_computer(); })) {
    notes.emplace_back(
        "Prices of cards are without the computer around them; Macs and mini PCs are whole computers.");
  } else if (any_offer(shown, [](const Offer& o) { return !o.is_computer(); })) {
    notes.emplace_back("Prices are of the cards alone, without the computer around them.");
  }
  if (any_offer(shown, [](const Offer& o) { return o.boards() > 1 || !o.added_to.empty(); }))
    notes.emplace_back("Several cards need slots, lanes and a power supply for all of them.");
  std::set<std::string> modules;
  for (const Offer* o : shown) {
    if (o->device->form == DeviceForm::module && o->price)
      modules.insert(fmt::format("{} is a module for a server, no card{}{}.",
                                 clean(std::string(o->device->id)), o->price->note.empty() ? "" : ": ",
                                 o->price->note));
  }
  notes.insert(notes.end(), modules.begin(), modules.end());
  for (std::string& note : driver_notes(shown)) notes.push_back(std::move(note));
  std::string marks;
  if (any_offer(shown, [&](const Offer& o) { return price(o, [](const Price& p) { return p.stale; }); }))
    marks += fmt::format("{} older than {} months; ", kStaleMark, advice_figures().stale_months);
  if (any_offer(shown, [&](const Offer& o) { return price(o, [](const Price& p) { return !p.sure; }); }))
    marks += fmt::format("{} a doubtful source; ", kUnsureMark);
  if (any_offer(shown, [&](const Offer& o) {
        return price(o, [](const Price& p) { return !p.own && p.condition == PriceCondition::list; });
      }))
    marks += "list: the maker's, which nobody may sell at; ";
  if (any_offer(shown, [&](const Offer& o) { return price(o, [](const Price& p) { return p.guide; }); }))
    marks += "guide: a buying guide's figure, which nobody else confirms; ";
  if (!marks.empty()) notes.push_back("Prices: " + marks + "--price ID=USD puts in one that you know.");
  return notes;
}

std::string sold_words(const Offer& offer) {
  if (offer.is_owned()) return "yours";
  if (offer.is_computer()) return "computer";
  const std::uint32_t boards = offer.boards();
  const std::string one = offer.device->form == DeviceForm::module ? "module" : "card";
  const std::string sold = boards == 1 ? one : fmt::format("{} {}s", boards, one);
  const std::uint32_t gpus = offer.device->gpus_per_board;
  return gpus == 1 ? sold : fmt::format("{} of {} GPUs", sold, gpus);
}

std::vector<std::string> ram_notes(const std::vector<const Candidate*>& shown) {
  const bool any = std::any_of(shown.begin(), shown.end(), [](const Candidate* c) { return c->ram() > 0; });
  if (!any) return {};
  return {"RAM: what a row takes of system RAM, counted as there already: its price is in no sum."};
}

std::string context_words(const Candidate& machine) {
  if (machine.question->context_is_max) return ", each with its largest context";
  return fmt::format(" with {} tokens of context", tokens_exact(machine.answers.front().settings.context));
}

Column max_context_column(const Candidate& machine, unsigned rank) {
  return number_column("max ctx", "tokens", machine.question->context_is_max ? 0 : rank);
}

std::vector<Column> offer_columns() {
  return {text_column("machine"), number_column("price", "USD"), text_column("price of", 1),
          text_column("sold as", 5)};
}

std::vector<Cell> offer_cells(const Offer& offer) {
  const auto cost = offer.cost();
  return {{clean(offer.name())},
          {offer.is_owned() ? "0"
           : cost           ? usd_range(*cost)
                            : std::string(kUnknown)},
          {price_words(offer)},
          {sold_words(offer)}};
}

std::string exact_number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? fmt::format("{}", *value) : "";
}

std::vector<Column> market_csv_columns(const std::vector<std::string>& before) {
  std::vector<std::string> titles = before;
  titles.insert(
      titles.end(),
      {"machine",    "class",       "price_usd",    "price_low_usd", "price_high_usd", "price_condition",
       "price_date", "price_stale", "price_firm",   "price_guide",   "price_source",   "model",
       "quant",      "verdict",     "decode_tok_s", "decode_low",    "decode_high",    "max_context_tokens",
       "free_bytes", "ram_bytes"});
  std::vector<Column> columns;
  columns.reserve(titles.size());
  for (const std::string& title : titles) columns.push_back({.title = title});
  return columns;
}

std::vector<Cell> market_csv_cells(const Offer& offer, const Answer& answer) {
  const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  std::vector<Cell> cells = {
      {offer.name()}, {std::string(machine_class_id(offer.machine_class()))}, {exact_number(offer.usd())}};
  if (const auto& p = offer.price) {
    const UsdRange cost = *offer.cost();
    for (const double price : {cost.low, cost.high}) cells.push_back({exact_number(price)});
    cells.push_back({p->own ? "own" : std::string(price_condition_id(p->condition))});
    cells.push_back({std::string(p->date)});
    cells.push_back({flag(p->stale)});
    cells.push_back({flag(p->firm())});
    cells.push_back({flag(p->guide)});
    cells.push_back({std::string(p->source)});
  } else {
    cells.resize(cells.size() + 8);
  }
  const auto& speed = answer.estimate.speed;
  const auto rate = speed ? speed->decode : std::nullopt;
  cells.push_back({answer.subject->model.id});
  cells.push_back({answer.build->quant_id});
  cells.push_back({std::string(verdict_id(answer.estimate.verdict))});
  for (double Rate::*member : {&Rate::tok_s, &Rate::low, &Rate::high})
    cells.push_back({rate ? exact_number((*rate).*member) : ""});
  cells.push_back({std::to_string(answer.max_context.tokens)});
  cells.push_back({bytes_or_empty(fullest(answer.estimate).free())});
  cells.push_back({std::to_string(ram_used(answer))});
  return cells;
}

}  // namespace qwenfit
