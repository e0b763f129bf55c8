#include "advise/buy.h"

#include "advise/figures.h"
#include "cli/buying.h"
#include "cli/commands.h"
#include "query/text.h"
#include "report/market.h"

namespace qwenfit {
namespace {

bool is_given(const BuyOption& option, const BuyWords& words) {
  if (const auto* text = std::get_if<std::string BuyWords::*>(&option.field))
    return !(words.*(*text)).empty();
  const auto* texts = std::get_if<std::vector<std::string> BuyWords::*>(&option.field);
  return texts != nullptr && !(words.*(*texts)).empty();
}

/// Options that a search for machines has no use for.
Result<bool> check_lookup(const CommandLine& line) {
  if (!line.launch.empty())
    return combination_error("--launch", "--launch starts a model on one machine; name it with --gpu");
  if (!line.measured.empty())
    return combination_error("--measured", "--measured is of one machine; name it with --gpu");
  for (const BuyOption& option : buy_options()) {
    if (!option.buy_only || !is_given(option, line.buying)) continue;
    const std::string name = "--" + std::string(option.name);
    return combination_error(name, name + " goes with qwenfit buy --model ...");
  }
  return true;
}

bool wishes_anything(const BuyWords& words) {
  return !words.budget.empty() || !words.min_tps.empty() || !words.machine_class.empty() ||
         !words.power_price.empty() || !words.api_price.empty() || !words.from.empty() ||
         !words.price.empty() || words.used || words.fresh;
}

/// Of the machine that is shown in full, if one is.
SpeedCurves curves_of(const Candidate* machine) {
  SpeedCurves curves;
  if (machine == nullptr) return curves;
  for (const Answer& a : machine->answers) curves.push_back(speed_curve(*machine->question, a));
  return curves;
}
const Candidate* shown_machine(const Lookup&) {
  return nullptr;
}
const Candidate* shown_machine(const Buying& b) {
  return b.recommended ? &b.front[*b.recommended].best : nullptr;
}
const Candidate* shown_machine(const BudgetPicks& picks) {
  return picks.pick ? &picks.models[*picks.pick].purchase.machine : nullptr;
}

template <typename Found>
Result<bool> write_market_html(const Invocation& call, const Found& found, const BuyWish& wish) {
  return write_html(call.line, [&](std::ostream& page) {
    print_market_html(page, found, wish, call.info, curves_of(shown_machine(found)));
  });
}

template <typename Answer>
void print_as(const Invocation& call, const Answer& answer, const BuyWish& wish) {
  if (call.line.quiet) return print_market_lines(call.out, answer, wish);
  switch (call.line.format) {
    case Format::table:
      return print_market(call.out, answer, wish, call.style);
    case Format::json:
      return print_market_json(call.out, answer, wish, call.info);
    case Format::csv:
      return print_market_csv(call.out, answer, wish);
    case Format::markdown:
      return print_market_markdown(call.out, answer, wish);
  }
}

}  // namespace

bool asks_for_machines(const CommandLine& line) {
  const Query& query = line.query;
  if (wishes_anything(line.buying)) return true;
  return query.gpu.empty() && query.cpu.empty() && !query.model.empty();
}

Result<int> run_lookup(const Invocation& call) {
  const Query& query = call.line.query;
  if (const auto checked = check_lookup(call.line); !checked) return checked.error();
  if (!query.gpu.empty() || !query.cpu.empty())
    return combination_error("--gpu",
                             "the machine is named already; drop --gpu and --cpu to look for one, or "
                             "the options that look for one");
  const bool one_model = query.model.size() == 1 && query.model.front().find(',') == std::string::npos &&
                         lower_case(trimmed(query.model.front())) != "all";
  if (!one_model)
    return usage_error("--model",
                       "machines are looked for by one model, such as --model 27b; qwenfit buy takes "
                       "several");
  Resolver resolver(call.catalog);
  if (const auto checked = check_market_query(query, resolver); !checked) return checked.error();
  const auto wish = buy_wish(call.line.buying, call.catalog);
  if (!wish) return wish.error();
  LookupWish lookup_wish;
  lookup_wish.offers = wish->offers;
  lookup_wish.min_tok_s = wish->min_tok_s.value_or(advice_figures().comfortable_tok_s);
  lookup_wish.min_asked = wish->min_tok_s.has_value();
  lookup_wish.usual_ram = advice_figures().usual_ram;
  if (call.line.quiet && call.line.html.empty()) lookup_wish.shown = 1;
  lookup_wish.all = !call.line.quiet && (call.line.format == Format::json || call.line.format == Format::csv);
  const auto lookup = look_up(query, lookup_wish, resolver);
  if (!lookup) return lookup.error();
  if (const auto written = write_market_html(call, *lookup, *wish); !written) return written.error();
  print_as(call, *lookup, *wish);
  return lookup->any() ? 0 : 1;
}

Result<int> run_buy(const Invocation& call) {
  const Query& query = call.line.query;
  const auto wish = buy_wish(call.line.buying, call.catalog);
  if (!wish) return wish.error();
  if (query.model.empty() && !wish->budget_usd)
    return usage_error("--model", "buy needs a model or a budget, such as --model 27b or --budget 1000");
  Resolver resolver(call.catalog);
  if (const auto checked = check_market_query(query, resolver); !checked) return checked.error();
  if (query.model.empty()) {
    const auto picks = pick_for_budget(query, *wish, resolver);
    if (!picks) return picks.error();
    if (const auto written = write_market_html(call, *picks, *wish); !written) return written.error();
    print_as(call, *picks, *wish);
    return picks->any() ? 0 : 1;
  }
  const auto buying = buy(query, *wish, resolver);
  if (!buying) return buying.error();
  if (const auto written = write_market_html(call, *buying, *wish); !written) return written.error();
  print_as(call, *buying, *wish);
  return buying->any() ? 0 : 1;
}

}  // namespace qwenfit
