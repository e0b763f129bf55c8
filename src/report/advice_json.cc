#include "report/advice_json.h"

#include "report/advice_words.h"

namespace qwenfit {
namespace {

std::string_view pick_id(Pick pick) {
  switch (pick) {
    case Pick::recommended:
      return "recommended";
    case Pick::best_quality:
      return "best_quality";
    case Pick::longest_context:
      return "longest_context";
    case Pick::fastest:
      return "fastest";
    case Pick::between:
      break;
  }
  return "between";
}

void write_published(JsonWriter& w, const Answer& answer, const CatalogRows& rows) {
  w.key("published");
  w.begin_array();
  for (const QualityRow& row : published_quality(*answer.build, answer.subject->model, rows)) {
    const QualityRow* original = original_of(row, rows);
    w.begin_object();
    w.field("metric", row.metric);
    w.field("value", row.value);
    w.field("original", original != nullptr ? std::optional(original->value) : std::nullopt);
    w.field("unit", row.unit);
    w.field("kv_type", row.kv);
    w.field("protocol", row.protocol);
    w.field("source", row.source);
    w.end_object();
  }
  w.end_array();
}

void write_build(JsonWriter& w, const char* key, const Answer& answer) {
  w.key(key);
  w.begin_object();
  w.field("id", answer.build->quant_id);
  w.text_or_null("publisher", answer.build->publisher);
  w.end_object();
}

void write_outcome(JsonWriter& w, const Outcome& outcome) {
  w.field("verdict", verdict_id(outcome.verdict));
  w.field("decode_tok_s", outcome.tok_s);
  w.field("max_context_tokens", outcome.max_context);
}

void write_limits(JsonWriter& w, const Question& question, const ModelAdvice& advice) {
  const Limits& limits = advice.limits;
  const auto& devices = question.machine.devices;
  const bool host = limits.row >= devices.size();
  w.key("limited_by");
  w.begin_object();
  w.key("memory");
  if (limits.memory) {
    w.begin_object();
    w.field("device", host ? std::string_view("host") : std::string_view(devices[limits.row].id));
    w.field("index", host ? std::nullopt : std::optional(limits.row));
    w.field("free_bytes", limits.free);
    w.end_object();
  } else {
    w.value(nullptr);
  }
  w.key("speed");
  if (limits.speed) {
    const bool on_device = *limits.speed == SpeedLimit::device_bandwidth && limits.speed_row < devices.size();
    w.begin_object();
    w.field("by", speed_limit_id(*limits.speed));
    w.field("index", on_device ? std::optional(limits.speed_row) : std::nullopt);
    w.field("share", limits.speed_share);
    w.end_object();
  } else {
    w.value(nullptr);
  }
  w.end_object();
}

void write_changes(JsonWriter& w, const ModelAdvice& advice) {
  w.key("changes");
  w.begin_array();
  for (std::size_t i = 0; i < advice.changes.size(); ++i) {
    const Change& change = advice.changes[i];
    w.begin_object();
    w.field("change", change_kind_id(change.kind));
    w.field("option", change.option);
    w.field("hardware", is_hardware(change.kind));
    write_outcome(w, change.outcome);
    w.field("helps_most", advice.most_helpful == i);
    w.field("helps_most_without_buying", advice.most_helpful_free == i);
    w.end_object();
  }
  w.end_array();
}

void write_trade_offs(JsonWriter& w, const ModelAdvice& advice) {
  w.key("trade_offs");
  if (!advice.trade_offs) {
    w.value(nullptr);
    return;
  }
  const TradeOffs& t = *advice.trade_offs;
  w.begin_object();
  w.field("reason", reason_sentence(t));
  w.field("choices", t.choices.size());
  w.field("pareto", t.pareto.size());
  w.key("rows");
  w.begin_array();
  for (const TradeOffs::Row& row : t.rows) {
    const TradeOff& choice = t.choices[row.choice];
    w.begin_object();
    write_build(w, "quant", *choice.answer);
    w.field("kv_type_k", tensor_type(choice.answer->settings.kv_k).id);
    w.field("kv_type_v", tensor_type(choice.answer->settings.kv_v).id);
    w.field("mean_kld", choice.quality ? std::optional(choice.quality->mean_kld) : std::nullopt);
    write_outcome(w, outcome_of(*choice.answer));
    w.field("pick", pick_id(row.pick));
    w.end_object();
  }
  w.end_array();
  w.end_object();
}

}  // namespace

void write_quality(JsonWriter& w, const Answer& answer, const CatalogInfo& info) {
  const auto quality = quality_of(*answer.build, answer.subject->model, answer.settings, *info.rows);
  w.key("quality");
  w.begin_object();
  w.field("mean_kld", quality ? std::optional(quality->mean_kld) : std::nullopt);
  w.field("kv_kld", quality ? std::optional(quality->kv.mean_kld) : std::nullopt);
  w.field("kv_estimated", quality ? std::optional(quality->kv.estimated()) : std::nullopt);
  w.field("basis", quality ? std::optional(quality_basis_id(quality->weights.basis)) : std::nullopt);
  w.field("protocol", quality ? std::optional(quality->weights.protocol) : std::nullopt);
  w.field("words", quality ? std::optional(quality->words) : std::nullopt);
  write_published(w, answer, *info.rows);
  w.end_object();
}

void write_advice(JsonWriter& w, const Question& question, const Advice* advice) {
  w.key("advice");
  if (advice == nullptr || advice->models.empty()) {
    w.value(nullptr);
    return;
  }
  w.begin_array();
  for (const ModelAdvice& model : advice->models) {
    w.begin_object();
    w.field("model", model.about->subject->model.id);
    write_build(w, "about", *model.about);
    write_limits(w, question, model);
    write_changes(w, model);
    w.field("users_at_context", model.users ? std::optional(model.users->count) : std::nullopt);
    w.field("users_at_least", model.users ? std::optional(model.users->at_least) : std::nullopt);
    write_trade_offs(w, model);
    w.end_object();
  }
  w.end_array();
}

}  // namespace qwenfit
