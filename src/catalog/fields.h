#pragma once

#include <concepts>
#include <type_traits>

#include "qwenfit/catalog.h"

/// The fields of every row type, once, in the order of their declaration: reading a data file and writing the
/// compiled rows both go through here. `v(key, member)` is a field stored under `key` ('.' goes into an
/// object); `v.derived(member)` is worked out from several fields after the others are read.
namespace qwenfit {

template <typename R, typename T>
concept RowOf = std::same_as<std::remove_const_t<R>, T>;

template <typename V, typename R>
void common_fields(V& v, R& r) {
  v.derived(r.source);
  v("date", r.date);
  v.derived(r.json);
  v.derived(r.origin);
}

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
}

template <typename V, RowOf<QuantRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("name", r.name);
  v("format", r.format);
  v("mixture", r.mixture);
  v("mixture_exact", r.mixture_exact);
  v("rule", r.rule);
  v("embedding_type", r.embedding_type);
  v("bits", r.bits);
  v("order", r.order);
  v("moe_dense_bits", r.moe_dense_bits);
  v("offer", r.offer);
  v.derived(r.moe_only);
  v("aliases", r.aliases);
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

template <typename V, RowOf<ReportedTotal> R>
void fields(V& v, R& r) {
  v("os", r.os);
  v("via", r.via);
  v("bytes", r.bytes);
  v("source", r.source);
}

template <typename V, RowOf<DeviceLimit> R>
void fields(V& v, R& r) {
  v("os", r.os);
  v("bytes", r.bytes);
  v("measured", r.measured);
  v("source", r.source);
}

template <typename V, RowOf<DeviceRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("name", r.name);
  v("class", r.device_class);
  v("vendor", r.vendor);
  v("segment", r.segment);
  v("architecture", r.architecture);
  v("chip", r.chip);
  v("aliases", r.aliases);
  v("unified", r.unified);
  v("memory_type", r.memory_type);
  v("capacity_bytes", r.capacity);
  v("bandwidth_bytes_per_s", r.bandwidth_bytes_per_s);
  v("channels", r.channels);
  v("sustained_bandwidth.fraction", r.streaming_fraction);
  v("multiprocessors", r.multiprocessors);
  v("compute.fp32_tflops", r.fp32_tflops);
  v("compute.fp16_tflops", r.fp16_tflops);
  v("compute.fp16_tensor_tflops", r.fp16_tensor_tflops);
  v("compute.bf16_tensor_tflops", r.bf16_tensor_tflops);
  v("compute.int8_tops", r.int8_tops);
  v("pcie.gen", r.pcie_gen);
  v("pcie.lanes", r.pcie_lanes);
  v("nvlink_bytes_per_s", r.nvlink_bytes_per_s);
  v("default_backend", r.default_backend);
  v("reported", r.reported);
  v("gpu_limits", r.limits);
  v.derived(r.price_low_usd);
  v.derived(r.price_high_usd);
  v.derived(r.price_date);
  common_fields(v, r);
}

template <typename V, RowOf<AmbiguousRow> R>
void fields(V& v, R& r) {
  v("name", r.name);
  v("choices", r.choices);
  common_fields(v, r);
}

template <typename V, RowOf<NeverExistedRow> R>
void fields(V& v, R& r) {
  v("name", r.name);
  v("aliases", r.aliases);
  v("why", r.why);
  v("nearest", r.nearest);
  common_fields(v, r);
}

template <typename V, RowOf<BackendRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("name", r.name);
  v("compute_rules", r.compute_rules);
  v("weight_alignment", r.weight_alignment);
  v("row_padding", r.row_padding);
  v("context_base_bytes", r.context_base);
  v("context_bytes_per_multiprocessor", r.context_per_multiprocessor);
  v("context_default_bytes", r.context_default);
  common_fields(v, r);
}

template <typename V, RowOf<ReserveRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("kind", r.kind);
  v("os", r.os);
  v("vendor", r.vendor);
  v("base_bytes", r.base);
  v("bytes_per_gib", r.per_gib);
  common_fields(v, r);
}

template <typename V, RowOf<MetalLimitRow> R>
void fields(V& v, R& r) {
  v.derived(r.capacity);
  v("os", r.os);
  v("bytes", r.bytes);
  v("measured", r.measured);
  common_fields(v, r);
}

template <typename V, RowOf<ApuLimitRow> R>
void fields(V& v, R& r) {
  v("vendor", r.vendor);
  v("os", r.os);
  v("architecture", r.architecture);
  v("fraction", r.fraction);
  common_fields(v, r);
}

template <typename V, RowOf<RuntimeRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("name", r.name);
  v("min_version", r.min_version);
  v("memory_model", r.memory_model);
  v("kernels", r.kernels);
  v("split", r.split);
  v("prompt_pass", r.prompt_pass);
  v("note", r.note);
  v("formats", r.formats);
  common_fields(v, r);
}

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

template <typename V, RowOf<TensorTypeRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("block", r.block);
  v("bytes", r.bytes);
  v("kv", r.kv);
}

/// Structures inside a row that `fields` goes into.
template <typename T>
concept Nested =
    std::same_as<T, Architecture> || std::same_as<T, VisionArchitecture> || std::same_as<T, GuideFigure> ||
    std::same_as<T, FormatRule> || std::same_as<T, ReportedTotal> || std::same_as<T, DeviceLimit>;

}  // namespace qwenfit
