#include <ostream>

#include "report/document.h"
#include "report/market_view.h"
#include "report/plan.h"

namespace qwenfit {
namespace {

void write_usd(JsonWriter& w, std::string_view name, const std::optional<UsdRange>& usd) {
  w.key(name);
  if (!usd) return w.value(nullptr);
  w.begin_object();
  w.field("low", usd->low);
  w.field("high", usd->high);
  w.end_object();
}

/// Null for 0, which stands for not known.
std::optional<std::uint32_t> known(std::uint32_t number) {
  return number > 0 ? std::optional(number) : std::nullopt;
}

void write_asked(JsonWriter& w, const PlannedWorkload& asked) {
  w.key("asked");
  w.begin_object();
  w.field("model", asked.model);
  w.text_or_null("quant", asked.quant);
  w.text_or_null("context", asked.context);
  w.field("users", asked.users);
  w.field("min_tok_s", asked.min_tok_s);
  w.text_or_null("kv", asked.kv);
  w.field("vision", asked.vision);
  w.end_object();
}

void write_fix(JsonWriter& w, const PlanFix& fix) {
  w.begin_object();
  w.field("kind", fix.kind);
  w.field("pointer", fix.pointer);
  w.field("change", fix.words);
  w.field("free", fix.free);
  w.field("few_bits", fix.few_bits);
  write_usd(w, "usd", fix.usd);
  w.text_or_null("within_budget", fix.within ? within_id(*fix.within) : std::string_view());
  w.field("needs_supply_w", fix.needs_supply_w);
  w.field("verdict", verdict_id(fix.outcome.verdict));
  w.field("tok_s", fix.outcome.tok_s);
  w.field("max_context_tokens", fix.outcome.max_context);
  w.end_object();
}

void write_workload(JsonWriter& w, const CheckedPlan& plan, const WorkloadCheck& check,
                    const CatalogInfo& info) {
  w.begin_object();
  w.text_or_null("name", check.asked->name);
  write_asked(w, *check.asked);
  w.field("met", check.met());
  w.field("fits", check.fits);
  w.field("fast_enough", check.fast_enough);
  w.field("context_tokens", check.context);
  w.field("tok_s", check.tok_s);
  w.key("most_users");
  if (check.most_users) {
    w.begin_object();
    w.field("count", check.most_users->count);
    w.field("at_least", check.most_users->at_least);
    w.end_object();
  } else {
    w.value(nullptr);
  }
  w.key("result");
  write_result(w, plan.questions[check.question], check.answer, info);
  w.key("fixes");
  w.begin_array();
  for (const PlanFix& fix : check.fixes) write_fix(w, fix);
  w.end_array();
  w.end_object();
}

void write_supply(JsonWriter& w, const PowerCheck& p) {
  w.key("power");
  if (p.verdict == SupplyVerdict::none) return w.value(nullptr);
  w.begin_object();
  w.field("cards_w", p.cards_w);
  w.field("cards_known", p.cards_known);
  w.field("cpu_w", p.cpu_w);
  w.field("cpu_known", p.cpu_known);
  w.field("rest_w", p.rest_w);
  w.field("needed_w", p.needed_w);
  w.field("excursion_w", p.excursion_w);
  w.field("promised_times", p.promised_times);
  w.field("recommended_w", p.recommended_w > 0 ? std::optional(p.recommended_w) : std::nullopt);
  w.field("headroom_w", p.headroom_w);
  w.field("supply_w", p.rated_w);
  w.field("verdict", supply_verdict_id(p.verdict));
  w.end_object();
}

void write_slots(JsonWriter& w, const CheckedPlan& plan) {
  w.key("slots");
  w.begin_array();
  for (const SlotCheck& card : plan.slots) {
    w.begin_object();
    w.field("gpu", card.gpu);
    w.field("board_slot", card.board_slot);
    w.field("width_slots", known(card.width));
    w.field("pcie_gen", known(card.gen));
    w.field("pcie_lanes", known(card.lanes));
    w.field("card_pcie_gen", known(card.card_gen));
    w.field("card_pcie_lanes", known(card.card_lanes));
    w.end_object();
  }
  w.end_array();
}

void write_memory(JsonWriter& w, const CheckedPlan& plan) {
  w.key("memory");
  if (!plan.memory) return w.value(nullptr);
  const MemoryInUse& use = plan.memory->use;
  const bool speed_known = use.bandwidth_bytes_per_s > 0;
  w.begin_object();
  w.field("channels", use.channels);
  w.field("available_channels", use.available);
  w.field("channels_known", use.channels_known);
  w.field("bandwidth_bytes_per_s", speed_known ? std::optional(use.bandwidth_bytes_per_s) : std::nullopt);
  w.end_object();
}

void write_storage(JsonWriter& w, const StorageCheck& storage) {
  w.key("storage");
  w.begin_object();
  w.text_or_null("name", storage.name);
  w.field("files_bytes", storage.files);
  w.field("files_known", storage.files_known);
  w.field("size_bytes", storage.size);
  w.end_object();
}

void write_price(JsonWriter& w, const CheckedPlan& plan) {
  w.key("price");
  w.begin_object();
  write_usd(w, "known_usd", plan.price.known);
  w.field("complete", plan.price.complete);
  w.field("budget_usd", plan.build.budget_usd);
  w.key("parts");
  w.begin_array();
  for (const PricedPart& part : plan.price.parts) {
    w.begin_object();
    w.field("pointer", part.pointer);
    w.field("name", part.name);
    w.field("count", part.count);
    write_usd(w, "usd", part.usd());
    write_price_each(w, part.each);
    w.end_object();
  }
  w.end_array();
  w.end_object();
}

void write_weakest(JsonWriter& w, const CheckedPlan& plan) {
  w.key("weakest");
  if (!plan.weakest) return w.value(nullptr);
  w.begin_object();
  w.field("workload", plan.weakest->workload);
  w.field("pointer", plan.weakest->pointer);
  w.field("name", plan.weakest->name);
  w.field("reason", plan.weakest->reason);
  w.text_or_null("finding", plan.weakest->code);
  w.text_or_null("change", plan.weakest->change);
  w.end_object();
}

void write_findings(JsonWriter& w, const CheckedPlan& plan) {
  w.key("findings");
  w.begin_array();
  for (const PlanFinding& finding : plan.findings) {
    w.begin_object();
    w.field("code", finding.code);
    w.field("severity", severity_id(finding.severity));
    w.field("pointer", finding.pointer);
    w.field("text", finding.text);
    w.text_or_null("fix", finding.fix);
    w.end_object();
  }
  w.end_array();
}

}  // namespace

void print_plan_json(std::ostream& out, const CheckedPlan& plan, const CatalogInfo& info) {
  JsonWriter w(true);
  begin_document(w, "qwenfit.plan/1", info);
  w.text_or_null("name", plan.build.name);
  w.field("works", plan.works());
  w.field("verdict", plan_sentence(plan));
  w.key("workloads");
  w.begin_array();
  for (const WorkloadCheck& check : plan.workloads) write_workload(w, plan, check, info);
  w.end_array();
  write_supply(w, plan.power);
  write_slots(w, plan);
  write_memory(w, plan);
  write_storage(w, plan.storage);
  write_price(w, plan);
  write_weakest(w, plan);
  write_findings(w, plan);
  w.end_object();
  out << std::move(w).take() << '\n';
}

}  // namespace qwenfit
