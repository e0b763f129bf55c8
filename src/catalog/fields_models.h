#pragma once

#include "catalog/fields_common.h"

namespace qwenfit {

template <typename V, RowOf<Architecture> R>
void fields(V& v, R& r) {
  v("layers", r.layers);
  v("embedding", r.embedding);
  v("feed_forward", r.feed_forward);
  v("heads", r.heads);
  v("kv_heads", r.kv_heads);
  v("head_dim", r.head_dim);
  v("full_attention_interval", r.full_attention_interval);
  v("linear_key_heads", r.linear_key_heads);
  v("linear_value_heads", r.linear_value_heads);
  v("linear_head_dim", r.linear_head_dim);
  v("conv_kernel", r.conv_kernel);
  v("vocab", r.vocab);
  v("experts", r.experts);
  v("experts_used", r.experts_used);
  v("expert_feed_forward", r.expert_feed_forward);
  v("shared_expert_feed_forward", r.shared_expert_feed_forward);
  v("mtp_layers", r.mtp_layers);
  v("tied_embeddings", r.tied_embeddings);
  v("attention_output_gate", r.attention_output_gate);
}

template <typename V, RowOf<VisionArchitecture> R>
void fields(V& v, R& r) {
  v("depth", r.depth);
  v("embedding", r.embedding);
  v("feed_forward", r.feed_forward);
  v("heads", r.heads);
  v("patch", r.patch);
  v("merge", r.merge);
  v("positions", r.positions);
  v("out", r.out);
}

template <typename V, RowOf<GuideFigure> R>
void fields(V& v, R& r) {
  v("quant", r.quant);
  v("bytes", r.bytes);
  v("guide", r.guide);
  v("claim", r.claim);
}

template <typename V, RowOf<ModelRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("name", r.name);
  v("family", r.family);
  v("hf_repo", r.repo);
  v("kind", r.kind);
  v("status", r.status);
  v("order", r.order);
  v("aliases", r.aliases);
  v("max_context", r.max_context);
  v("architecture", r.architecture);
  v.derived(r.has_vision);
  v("vision", r.vision);
  v("params.total", r.total_params);
  v("params.text", r.text_params);
  v("params.active", r.active_params);
  v("guide", r.guide);
  v("nearest_released", r.nearest_released);
  common_fields(v, r);
}

template <typename V, RowOf<FormatRule> R>
void fields(V& v, R& r) {
  v("linear_bits", r.linear_bits);
  v("group", r.group);
  v("scale_bits", r.scale_bits);
  v("zero_bits", r.zero_bits);
  v("block_rows", r.block_rows);
  v("keep.embedding", r.embedding);
  v("keep.output", r.output);
  v("keep.experts", r.experts);
  v("keep.shared_expert", r.shared_expert);
  v("keep.attention", r.attention);
  v("keep.linear_attention", r.linear_attention);
  v("keep.linear_gates", r.linear_gates);
  v("keep.mtp", r.mtp);
  v("keep.router", r.router);
  v("moe_experts_only", r.moe_experts_only);
  v("from_original", r.from_original);
  v("convert_mode", r.convert_mode);
}

template <typename V, RowOf<QuantRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("name", r.name);
  v("format", r.format);
  v("mixture", r.mixture);
  v("mixture_exact", r.mixture_exact);
  v("file_type", r.file_type);
  v("rule", r.rule);
  v("embedding_type", r.embedding_type);
  v("bits", r.bits);
  v("order", r.order);
  v("moe_dense_bits", r.moe_dense_bits);
  v("offer", r.offer);
  v.derived(r.moe_only);
  v("named_only", r.named_only);
  v("stands_in_for", r.stands_in_for);
  v("aliases", r.aliases);
  v("runtimes", r.runtimes);
  common_fields(v, r);
}

template <typename V, RowOf<BuildRow> R>
void fields(V& v, R& r) {
  v("model", r.model);
  v("quant", r.quant);
  v("publisher", r.publisher);
  v("repo", r.repo);
  v("file", r.file);
  v("bytes", r.bytes);
  v("shown_gb", r.shown_gb);
  v("has_mtp_block", r.has_mtp_block);
  v("bundles_vision", r.bundles_vision);
  v("in_parts", r.in_parts);
  common_fields(v, r);
}

template <typename V, RowOf<RepositoryRow> R>
void fields(V& v, R& r) {
  v("model", r.model);
  v("quant", r.quant);
  v("repo", r.repo);
  common_fields(v, r);
}

template <typename V, RowOf<ProjectorRow> R>
void fields(V& v, R& r) {
  v("model", r.model);
  v("publisher", r.publisher);
  v("type", r.type);
  v("bytes", r.bytes);
  common_fields(v, r);
}

template <typename V, RowOf<HeaderRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("bytes", r.bytes);
  common_fields(v, r);
}

template <typename V, RowOf<TensorTypeRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("block", r.block);
  v("bytes", r.bytes);
  v("kv", r.kv);
  v("gguf_id", r.gguf_id);
}

}  // namespace qwenfit
