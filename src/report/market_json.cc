#include <ostream>

#include "catalog/ids.h"
#include "report/buy_words.h"
#include "report/document.h"
#include "report/market.h"
#include "report/market_view.h"

namespace qwenfit {
namespace {

void write_offer(JsonWriter& w, const Offer& offer) {
  w.field("machine", offer.name());
  w.key("gpu");
  w.begin_array();
  for (const std::string& gpu : offer.gpu()) w.value(gpu);
  w.end_array();
  w.field("class", machine_class_id(offer.machine_class()));
  w.field("whole_computer", offer.is_computer());
  w.field("form", offer.is_owned()                           ? "owned"
                  : offer.is_computer()                      ? "computer"
                  : offer.device->form == DeviceForm::module ? "module"
                                                             : "card");
  w.field("boards", offer.boards());
  const auto cost = offer.cost();
  w.field("price_usd", offer.usd());
  w.field("price_low_usd", cost ? std::optional(cost->low) : std::nullopt);
  w.field("price_high_usd", cost ? std::optional(cost->high) : std::nullopt);
  write_price_each(w, offer.price);
}

void write_run(JsonWriter& w, const Answer& a) {
  const auto rate = a.estimate.speed ? a.estimate.speed->decode : std::nullopt;
  const auto number = [&](double Rate::*member) {
    return rate ? std::optional((*rate).*member) : std::nullopt;
  };
  w.begin_object();
  w.field("model", a.subject->model.id);
  w.field("quant", a.build->quant_id);
  w.text_or_null("publisher", a.build->publisher);
  w.field("context", a.settings.context);
  w.field("verdict", verdict_id(a.estimate.verdict));
  w.field("decode_tok_s", number(&Rate::tok_s));
  w.field("decode_low", number(&Rate::low));
  w.field("decode_high", number(&Rate::high));
  w.text_or_null("decode_basis", rate ? speed_basis_id(rate->basis) : std::string_view());
  w.field("max_context_tokens", a.max_context.tokens);
  w.field("free_bytes", fullest(a.estimate).free());
  w.field("ram_bytes", ram_used(a));
  w.end_object();
}

void write_runs(JsonWriter& w, const char* key, const Candidate& candidate) {
  w.key(key);
  w.begin_array();
  for (const Answer& a : candidate.answers) write_run(w, a);
  w.end_array();
}

void write_power(JsonWriter& w, const std::optional<PowerUse>& power) {
  w.key("power");
  if (!power) return w.value(nullptr);
  w.begin_object();
  w.field("watts", power->watts);
  w.field("host_watts", power->host_watts);
  w.field("basis", power_basis_id(power->basis));
  w.field("peak", power->peak);
  w.field("other_kind", power->other_kind);
  w.field("without_cpu", power->without_cpu);
  w.key("sources");
  w.begin_array();
  for (const auto source : power->sources) w.value(source);
  w.end_array();
  w.end_object();
}

void write_purchase(JsonWriter& w, const Purchase& p) {
  w.begin_object();
  write_offer(w, p.machine.offer);
  w.field("backend", backend_id(p.backend));
  write_runs(w, "runs", p.machine);
  write_runs(w, "best", p.best);
  w.field("tok_s", p.point.tok_s);
  w.field("max_context_tokens", p.point.context);
  w.field("usd_per_tok_s", p.usd_per_tok_s());
  write_power(w, p.power);
  w.field("kwh_per_mtok", p.kwh_per_mtok);
  w.field("power_usd_per_mtok", p.power_usd_per_mtok);
  w.key("break_even");
  if (p.break_even) {
    w.begin_object();
    w.field("tokens", p.break_even->tokens);
    w.field("hours", p.break_even->hours);
    w.end_object();
  } else {
    w.value(nullptr);
  }
  w.field("times_owned", p.times_owned);
  w.end_object();
}

void write_purchases(JsonWriter& w, const char* key, const std::vector<Purchase>& purchases) {
  w.key(key);
  w.begin_array();
  for (const Purchase& p : purchases) write_purchase(w, p);
  w.end_array();
}

/// A machine that runs a model at a speed that is not known.
void write_unknown(JsonWriter& w, const Candidate& machine, std::string_view model) {
  w.begin_object();
  if (!model.empty()) w.field("model", model);
  write_offer(w, machine.offer);
  write_runs(w, "runs", machine);
  w.end_object();
}

/// `unsure`: something runs it, if its price or its speed is as hoped.
std::string_view status_of(bool surely, bool perhaps) {
  return surely ? "fits" : perhaps ? "unsure" : "no_fit";
}

void write_wish(JsonWriter& w, const BuyWish& wish) {
  constexpr std::string_view kConditions[] = {"any", "used", "new"};
  w.key("wish");
  w.begin_object();
  w.field("budget_usd", wish.budget_usd);
  w.field("min_tok_s", wish.min_tok_s);
  w.field("power_usd_per_kwh", wish.power_usd_per_kwh);
  w.field("api_usd_per_mtok", wish.api_usd_per_mtok);
  w.field("condition", kConditions[static_cast<std::size_t>(wish.offers.condition)]);
  w.text_or_null("class", wish.offers.only ? machine_class_id(*wish.offers.only) : std::string_view());
  w.text_or_null("from", machine_name(wish.offers.added_to));
  w.end_object();
}

void write_sentences(JsonWriter& w, const char* key, const std::vector<std::string>& texts) {
  w.key(key);
  w.begin_array();
  for (const std::string& text : texts) w.value(text);
  w.end_array();
}

void finish(std::ostream& out, JsonWriter& w) {
  w.end_object();
  out << std::move(w).take() << '\n';
}

}  // namespace

void write_price_each(JsonWriter& w, const std::optional<Price>& price) {
  w.key("price_each");
  if (!price) return w.value(nullptr);
  w.begin_object();
  w.field("low_usd", price->low_usd);
  w.field("high_usd", price->high_usd);
  w.field("condition", price->own ? std::string_view("own") : price_condition_id(price->condition));
  w.text_or_null("date", price->date);
  w.text_or_null("source", price->source);
  w.text_or_null("note", price->note);
  w.field("sure", price->sure);
  w.field("firm", price->firm());
  w.field("guide", price->guide);
  w.field("stale", price->stale);
  w.end_object();
}

void print_market_json(std::ostream& out, const Lookup& lookup, const BuyWish& wish,
                       const CatalogInfo& info) {
  JsonWriter w(true);
  begin_document(w, "qwenfit.lookup/1", info);
  w.field("status", lookup.any() ? "fits" : "no_fit");
  w.field("quant", lookup.quant);
  w.field("min_tok_s", lookup.min_tok_s);
  w.field("ram", lookup.ram);
  w.field("ram_assumed", lookup.ram_assumed);
  w.field("machines_looked_at", lookup.offers);
  write_wish(w, wish);
  w.key("groups");
  w.begin_array();
  for (std::size_t g = 0; g < kLookupGroups; ++g) {
    const Lookup::Group& group = lookup.groups[g];
    w.begin_object();
    w.field("id", lookup_group_id(static_cast<LookupGroup>(g)));
    w.key("machines");
    w.begin_array();
    for (std::size_t i = 0; i < group.machines.size(); ++i) {
      w.begin_object();
      write_offer(w, group.machines[i].offer);
      write_runs(w, "runs", group.machines[i]);
      write_runs(w, "best", i < group.best.size() ? group.best[i] : Candidate{});
      w.end_object();
    }
    w.end_array();
    w.end_object();
  }
  w.end_array();
  finish(out, w);
}

void print_market_json(std::ostream& out, const Buying& b, const BuyWish& wish, const CatalogInfo& info) {
  JsonWriter w(true);
  begin_document(w, "qwenfit.buy/1", info);
  w.field("status", status_of(!b.front.empty(), b.any()));
  w.field("quant", b.quant);
  write_wish(w, wish);
  w.key("machines");
  w.begin_object();
  w.field("looked_at", b.offers);
  w.field("unpriced", b.unpriced);
  w.field("running", b.running);
  w.field("too_slow", b.too_slow);
  w.field("speed_unknown", b.speed_unknown.size());
  w.field("no_gain", b.no_gain);
  w.field("beyond_budget", b.beyond_budget);
  w.end_object();
  write_runs(w, "owned", b.owned ? *b.owned : Candidate{});
  w.key("owned_shared");
  w.begin_array();
  for (const Candidate& c : b.owned_shared) {
    w.begin_object();
    w.field("backend", backend_id(c.question->machine.devices.front().backend));
    write_runs(w, "runs", c);
    w.end_object();
  }
  w.end_array();
  write_runs(w, "without_owned", b.without_owned ? *b.without_owned : Candidate{});
  write_purchases(w, "front", b.front);
  write_purchases(w, "unsure", b.unsure);
  w.key("speed_unknown");
  w.begin_array();
  for (const Candidate& c : b.speed_unknown) write_unknown(w, c, {});
  w.end_array();
  w.text_or_null("recommended", b.recommended ? b.front[*b.recommended].machine.offer.name() : std::string());
  w.text_or_null("reason", b.recommended ? buy_reason_id(b.reason) : std::string_view());
  w.key("next");
  if (b.next) {
    w.begin_object();
    w.field("more_usd", b.next->more_usd);
    w.field("times_faster", b.next->times_faster);
    w.key("purchase");
    write_purchase(w, b.next->purchase);
    w.end_object();
  } else {
    w.value(nullptr);
  }
  w.key("cheapest");
  if (b.cheapest) {
    write_purchase(w, *b.cheapest);
  } else {
    w.value(nullptr);
  }
  write_sentences(w, "verdict", buying_sentences(b, wish));
  finish(out, w);
}

void print_market_json(std::ostream& out, const BudgetPicks& picks, const BuyWish& wish,
                       const CatalogInfo& info) {
  JsonWriter w(true);
  begin_document(w, "qwenfit.budget/1", info);
  w.field("status", status_of(!picks.models.empty(), picks.any()));
  w.field("quant", picks.quant);
  w.field("min_tok_s", picks.min_tok_s);
  write_wish(w, wish);
  w.key("machines");
  w.begin_object();
  w.field("looked_at", picks.offers);
  w.field("unpriced", picks.unpriced);
  w.end_object();
  w.key("models");
  w.begin_array();
  for (const ModelPick& row : picks.models) {
    w.begin_object();
    w.field("model", row.model->id);
    w.key("purchase");
    write_purchase(w, row.purchase);
    w.end_object();
  }
  w.end_array();
  w.key("speed_unknown");
  w.begin_array();
  for (const UnknownPick& pick : picks.speed_unknown) write_unknown(w, pick.machine, pick.model->id);
  w.end_array();
  w.text_or_null("pick", picks.pick ? picks.models[*picks.pick].model->id : std::string_view());
  write_sentences(w, "verdict", budget_sentences(picks, wish));
  finish(out, w);
}

}  // namespace qwenfit
