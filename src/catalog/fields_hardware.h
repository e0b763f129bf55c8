#pragma once

#include "catalog/fields_common.h"

namespace qwenfit {

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

template <typename V, RowOf<PriceRange> R>
void fields(V& v, R& r) {
  v("low_usd", r.low_usd);
  v("high_usd", r.high_usd);
  v("condition", r.condition);
  v("sure", r.sure);
  v("guide", r.guide);
  v("note", r.note);
  v("date", r.date);
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
  v("compute_capability", r.compute_capability);
  v("gfx_target", r.gfx_target);
  v("compute.fp32_tflops", r.fp32_tflops);
  v("compute.fp16_tflops", r.fp16_tflops);
  v("compute.fp16_tensor_tflops", r.fp16_tensor_tflops);
  v("compute.bf16_tensor_tflops", r.bf16_tensor_tflops);
  v("compute.int8_tops", r.int8_tops);
  v("pcie.gen", r.pcie_gen);
  v("pcie.lanes", r.pcie_lanes);
  v("psu_w", r.psu_w);
  v("slots", r.slots);
  v("gpus_per_board", r.gpus_per_board);
  v("form", r.form);
  v("nvlink_bytes_per_s", r.nvlink_bytes_per_s);
  v("nvlink_link", r.nvlink_link);
  v("default_backend", r.default_backend);
  v("reported", r.reported);
  v("gpu_limits", r.limits);
  v("tdp_w", r.tdp_w);
  v("prices", r.prices);
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

template <typename V, RowOf<PowerRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("devices", r.devices);
  v("count", r.count);
  v("state", r.state);
  v("kind", r.kind);
  v("watts", r.watts);
  v("scope", r.scope);
  v("reading", r.reading);
  v("typical", r.typical);
  common_fields(v, r);
}

template <typename V, RowOf<PowerShareRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("kind", r.kind);
  v("share", r.share);
  v("low", r.low);
  v("high", r.high);
  v("rows", r.rows);
  common_fields(v, r);
}

template <typename V, RowOf<HostPowerRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("state", r.state);
  v("watts", r.watts);
  v("rows", r.rows);
  common_fields(v, r);
}

template <typename V, RowOf<BackendRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("name", r.name);
  v("device_name", r.device_name);
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

template <typename V, RowOf<PowerRuleRow> R>
void fields(V& v, R& r) {
  v("id", r.id);
  v("value", r.value);
  v("unit", r.unit);
  v("about", r.about);
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

}  // namespace qwenfit
