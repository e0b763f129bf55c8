#pragma once

#include "catalog/fields_common.h"

namespace qwenfit {

template <typename V, RowOf<RuntimeKvType> R>
void fields(V& v, R& r) {
  v("type", r.type);
  v("name", r.name);
  v("formats", r.formats);
}

template <typename V, RowOf<ContextTier> R>
void fields(V& v, R& r) {
  v("min_device_bytes", r.min_device);
  v("context", r.context);
}

template <typename V, RowOf<Caveat> R>
void fields(V& v, R& r) {
  v("text", r.text);
  v("source", r.source);
}

template <typename V, RowOf<StateWidths> R>
void fields(V& v, R& r) {
  v("conv_bytes", r.conv);
  v("matrix_bytes", r.matrix);
}

template <typename V, RowOf<PagedRule> R>
void fields(V& v, R& r) {
  v("memory_fraction", r.memory_fraction);
  v("block_multiple", r.block_multiple);
  v("kept_states", r.kept_states);
  v("draft_tokens", r.draft_tokens);
  v("state", r.state);
  v("prefill_tokens", r.prefill_tokens);
  v("large_device_bytes", r.large_device);
  v("large_prefill_tokens", r.large_prefill_tokens);
  v("activation_bytes", r.activation);
  v("logit_bytes", r.logit);
  v("vision_activation_bytes", r.vision_activation);
  v("other_bytes", r.other);
  v("graph_bytes", r.graphs);
  v("graph_bytes_per_sequence", r.graphs_per_sequence);
}

template <typename V, RowOf<PassTier> R>
void fields(V& v, R& r) {
  v("min_device_bytes", r.min_device);
  v("prefill_tokens", r.prefill_tokens);
  v("graph_batch", r.graph_batch);
}

template <typename V, RowOf<PoolsRule> R>
void fields(V& v, R& r) {
  v("state_to_cache", r.state_to_cache);
  v("states_per_request", r.states_per_request);
  v("spare_states", r.spare_states);
  v("draft_tokens", r.draft_tokens);
  v("state", r.state);
  v("base_bytes", r.base);
  v("bytes_per_prefill_token", r.per_prefill_token);
  v("least_prefill_tokens", r.least_prefill_tokens);
  v("bytes_per_rank", r.per_rank);
  v("bytes_per_graph_request", r.per_graph_request);
  v("large_device_bytes", r.large_device);
  v("large_least_bytes", r.large_least);
  v("passes", r.passes);
}

template <typename V, RowOf<GrowingRule> R>
void fields(V& v, R& r) {
  v("step_tokens", r.step_tokens);
  v("prefill_tokens", r.prefill_tokens);
  v("score_bytes", r.score);
  v("state", r.state);
}

template <typename V, RowOf<QuantNeed> R>
void fields(V& v, R& r) {
  v("quants", r.quants);
  v("least_capability", r.least_capability);
  v("gfx_targets", r.gfx_targets);
  v("moe_only", r.moe_only);
  v("source", r.source);
}

template <typename V, RowOf<RuntimeHardware> R>
void fields(V& v, R& r) {
  v("systems", r.systems);
  v("on_windows", r.on_windows);
  v("least_capability", r.least_capability);
  v("gfx_targets", r.gfx_targets);
  v("quants", r.quants);
  v("source", r.source);
}

template <typename V, RowOf<RuntimeRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("name", r.name);
  v("min_version", r.min_version);
  v("recommended_version", r.recommended_version);
  v("formats", r.formats);
  v("backends.gguf", r.gguf_backends);
  v("backends.safetensors", r.safetensors_backends);
  v("backends.mlx", r.mlx_backends);
  v("default_context", r.default_context);
  v("context_tiers", r.context_tiers);
  v("defaults.slots", r.default_slots);
  v("defaults.batch", r.default_batch);
  v("defaults.ubatch", r.default_ubatch);
  v("max_sequences", r.max_sequences);
  v("max_devices", r.max_devices);
  v("one_device_share", r.one_device_share);
  v("vision_with_all_layers", r.vision_with_all_layers);
  v("kv_types", r.kv_types);
  v("kv_same", r.kv_same);
  v("tensor_parallel", r.tensor_parallel);
  v("layer_split", r.layer_split);
  v("layer_offload", r.layer_offload);
  v("expert_offload", r.expert_offload);
  v("forced", r.forced);
  v("mtp", r.mtp);
  v("vision", r.vision);
  v("memory_model", r.memory_model);
  v("paged", r.paged);
  v("pools", r.pools);
  v("growing", r.growing);
  v("kernels", r.kernels);
  v("split", r.split);
  v("prompt_pass", r.prompt_pass);
  v("hardware", r.hardware);
  v("note", r.note);
  v("caveats", r.caveats);
  common_fields(v, r);
}

template <typename V, RowOf<RuntimeOptionRow> R>
void fields(V& v, R& r) {
  v("runtime", r.runtime);
  v("program", r.program);
  v("names", r.names);
  v("value", r.value);
  v("least", r.least);
  v("most", r.most);
  v("choices", r.choices);
  v("usual", r.usual);
  v("version", r.version);
  common_fields(v, r);
}

}  // namespace qwenfit
