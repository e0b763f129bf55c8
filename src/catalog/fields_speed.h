#pragma once

#include "catalog/fields_common.h"

namespace qwenfit {

template <typename V, RowOf<SpeedParameterRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("value", r.value);
  v("unit", r.unit);
  common_fields(v, r);
}

template <typename V, RowOf<SpeedOffsetRow> R>
void fields(V& v, R& r) {
  v("phase", r.phase);
  v("level", r.level);
  v("stack", r.stack);
  v("key", r.key);
  v("factor", r.factor);
  v("rows", r.rows);
  v("clusters", r.clusters);
  v("sources", r.sources);
  common_fields(v, r);
}

template <typename V, RowOf<SpeedIntervalRow> R>
void fields(V& v, R& r) {
  v("phase", r.phase);
  v("level", r.level);
  v("machine", r.machine);
  v("half_width", r.half_width);
  v("coverage", r.coverage);
  v("clusters", r.clusters);
  common_fields(v, r);
}

template <typename V, RowOf<MeasuredSpeedRow> R>
void fields(V& v, R& r) {
  v("phase", r.phase);
  v("stack", r.stack);
  v("device", r.device);
  v("count", r.count);
  v("model", r.model);
  v("quant", r.quant);
  v("rows", r.rows);
  v("sources", r.sources);
  v("low_tok_s", r.low_tok_s);
  v("high_tok_s", r.high_tok_s);
  v("least_depth", r.least_depth);
  v("most_depth", r.most_depth);
  v("factor", r.factor);
  v("half_width", r.half_width);
  v("urls", r.urls);
  common_fields(v, r);
}

template <typename V, RowOf<LinkRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("name", r.name);
  v("bytes_per_s", r.bytes_per_s);
  v("bridge", r.bridge);
  common_fields(v, r);
}

template <typename V, RowOf<StorageRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("name", r.name);
  v("bytes_per_s", r.bytes_per_s);
  v("aliases", r.aliases);
  common_fields(v, r);
}

template <typename V, RowOf<SpeedWordsRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("phase", r.phase);
  v("least_tok_s", r.least_tok_s);
  v("words", r.words);
  common_fields(v, r);
}

template <typename V, RowOf<DraftRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("acceptance", r.acceptance);
  v("draft_tokens", r.draft_tokens);
  v("aliases", r.aliases);
  common_fields(v, r);
}

template <typename V, RowOf<ClaimRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("guide", r.guide);
  v("kind", r.kind);
  v("subject", r.subject);
  v("low", r.low);
  v("high", r.high);
  v("unit", r.unit);
  v("fits", r.fits);
  v("models", r.models);
  v("quants", r.quants);
  v("machines", r.machines);
  v("ram", r.ram);
  v("names", r.names);
  v("context_low", r.context_low);
  v("context_high", r.context_high);
  v("size_gb", r.size_gb);
  v("spare_gb", r.spare_gb);
  v("price_low_usd", r.price_low_usd);
  v("price_high_usd", r.price_high_usd);
  common_fields(v, r);
}

template <typename V, RowOf<QualityRow> R>
void fields(V& v, R& r) {
  v("model", r.model);
  v("quant", r.quant);
  v("publisher", r.publisher);
  v("kv", r.kv);
  v("metric", r.metric);
  v("value", r.value);
  v("unit", r.unit);
  v("protocol", r.protocol);
  common_fields(v, r);
}

template <typename V, RowOf<QualityProtocolRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("kind", r.kind);
  v("reference", r.reference);
  v("factor", r.factor);
  v("pairs", r.pairs);
  common_fields(v, r);
}

template <typename V, RowOf<QualityLevelRow> R>
void fields(V& v, R& r) {
  v("kind", r.kind);
  v("of", r.of);
  v("name", r.name);
  v("context", r.context);
  v("mean_kld", r.mean_kld);
  v("rows", r.rows);
  v("estimate", r.estimate);
  common_fields(v, r);
}

template <typename V, RowOf<QualityWordsRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("least_kld", r.least_kld);
  v("words", r.words);
  common_fields(v, r);
}

template <typename V, RowOf<AdviceRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("value", r.value);
  v("unit", r.unit);
  v("options", r.options);
  common_fields(v, r);
}

}  // namespace qwenfit
