#include "placement/evaluate.h"

#include <algorithm>

#include "memory/kv_cache.h"
#include "memory/llama_rules.h"
#include "memory/recurrent_state.h"
#include "placement/compute_terms.h"
#include "placement/guide_split.h"
#include "placement/rows.h"
#include "placement/text.h"
#include "qwenfit/runtime.h"

namespace qwenfit {
namespace {

/// Blocks [first, last) of one side, with or without the experts that `cpu_moe` keeps on the host.
struct BlockSum {
  Bytes dense = 0;
  Bytes experts = 0;
};

BlockSum sum_blocks(const BlockSums& before, std::uint32_t first, std::uint32_t last,
                    std::uint32_t experts_from, std::uint32_t experts_to) {
  const std::uint32_t from = std::max(first, experts_from);
  const std::uint32_t to = std::max(from, std::min(last, experts_to));
  return {before.dense[last] - before.dense[first], before.experts[to] - before.experts[from]};
}

void add_device_weights(const Scenario& s, const Layout& layout, std::size_t row, Recorder& out) {
  const WeightTable& w = *s.build->weights;
  const DeviceSpan& span = layout.spans[row];
  const BlockSum sum =
      sum_blocks(w.device_before, span.first, span.last, layout.cpu_moe_layers, s.model->architecture.layers);
  out.add(row, Term::weights, sum.dense, [&] {
    return weights_text(*s.model, *s.build, "blocks, without routed experts",
                        {.first_block = span.first, .last_block = span.last, .dense = true}, sum.dense);
  });
  out.add(row, Term::weights, sum.experts, [&] {
    const std::uint32_t first = std::max(span.first, layout.cpu_moe_layers);
    return weights_text(*s.model, *s.build, "routed experts",
                        {.first_block = first, .last_block = span.last, .experts = true}, sum.experts);
  });
  if (!span.output) return;
  out.add(row, Term::weights, w.output_device, [&] {
    const bool tied = s.model->architecture.tied_embeddings;
    return weights_text(*s.model, *s.build,
                        tied ? "output: a second copy of the tied token embedding, and the output norm"
                             : "output matrix and norm",
                        {.embedding = tied, .output = true}, w.output_device);
  });
}

void add_host_weights(const Scenario& s, const Layout& layout, std::size_t row, Recorder& out) {
  const WeightTable& w = *s.build->weights;
  const auto put = [&](const char* label, const TensorSelection& selection, Bytes bytes) {
    out.add(row, Term::weights, bytes,
            [&] { return weights_text(*s.model, *s.build, label, selection, bytes); });
  };
  put("token embedding, always in host memory", {.embedding = true}, w.embedding_host);
  const BlockSum blocks = sum_blocks(w.host_before, 0, layout.host_blocks, 0, s.model->architecture.layers);
  put("blocks left in system RAM",
      {.first_block = 0, .last_block = layout.host_blocks, .dense = true, .experts = true},
      add(blocks.dense, blocks.experts));
  const std::uint32_t first = layout.host_blocks;
  const BlockSum experts =
      sum_blocks(w.host_before, first, std::max(first, layout.cpu_moe_layers), 0, layout.cpu_moe_layers);
  put("routed experts left in system RAM",
      {.first_block = first, .last_block = layout.cpu_moe_layers, .experts = true}, experts.experts);
  if (layout.output_on_host) put("output matrix and norm", {.output = true}, w.output_host);
}

/// KV cache and recurrent state of main blocks [first, last) on one row.
void add_caches(const Scenario& s, Tokens cells, std::uint32_t first, std::uint32_t last, std::size_t row,
                Recorder& out) {
  const Architecture& a = s.model->architecture;
  const Settings& set = s.settings;
  const std::uint32_t full = a.full_attention_in(first, last);
  const std::uint32_t linear = last - first - full;
  out.add(row, Term::kv_cache, mul(full, kv_cache_bytes_per_layer(a, cells, set.kv_k, set.kv_v)),
          [&] { return kv_text(a, cells, set.kv_k, set.kv_v, full); });
  out.add(row, Term::recurrent_state, mul(linear, set.parallel, recurrent_state_bytes_per_layer(a)),
          [&] { return state_text(a, linear, set.parallel, "recurrent state"); });
}

/// The MTP block's own weights and cache, and the copies of the recurrent state that drafting keeps.
void add_mtp(const Scenario& s, Tokens cells, const Layout& layout, std::size_t host, Recorder& out) {
  const Architecture& a = s.model->architecture;
  const Settings& set = s.settings;
  const WeightTable& w = *s.build->weights;
  for (std::size_t row = 0; row <= host; ++row) {
    const bool on_host = row == host;
    const std::uint32_t first = on_host ? 0 : layout.spans[row].first;
    const std::uint32_t last = on_host ? layout.host_blocks : layout.spans[row].last;
    const std::uint32_t linear = last - first - a.full_attention_in(first, last);
    const std::uint32_t copies = llama_rules::kDraftLength * set.parallel;
    const std::size_t caches = layout.cache_in_ram ? host : row;
    out.add(caches, Term::mtp, mul(linear, copies, recurrent_state_bytes_per_layer(a)),
            [&] { return state_text(a, linear, copies, "recurrent state kept per drafted token"); });
    if (on_host ? !layout.mtp_on_host : !layout.spans[row].mtp) continue;
    const BlockBytes& block = on_host ? w.mtp_host : w.mtp_device;
    out.add(row, Term::mtp, add(block.dense, block.experts), [&] {
      return weights_text(
          *s.model, *s.build, "weights of the MTP block",
          {.first_block = a.layers, .last_block = a.layers + a.mtp_layers, .dense = true, .experts = true},
          add(block.dense, block.experts));
    });
    // The draft context keeps its own cache, F16 whatever the main one is.
    out.add(caches, Term::mtp,
            mul(a.mtp_layers, kv_cache_bytes_per_layer(a, cells, TensorType::f16, TensorType::f16)), [&] {
              PartText text = kv_text(a, cells, TensorType::f16, TensorType::f16, a.mtp_layers);
              text.label = "draft context: " + text.label;
              return text;
            });
  }
}

void add_guide_weights(const Scenario& s, Recorder& out) {
  const std::vector<Bytes> split = guide_split(s);
  for (std::size_t row = 0; row < split.size(); ++row) {
    out.add(row, Term::weights, split[row], [&] {
      return PartText{"weights", "as published for a size that was never released", s.build->quant_name,
                      s.build->source};
    });
  }
}

}  // namespace

void evaluate(const Scenario& s, Tokens context, const Placement& placement, Explain explain,
              Estimate& estimate, Effort effort) {
  const Machine& machine = *s.machine;
  const std::size_t host = machine.devices.size();
  start_rows(machine, estimate);
  Recorder out(estimate, explain);
  if (estimate.guide_only) {
    add_guide_weights(s, out);
  } else {
    const Tokens cells = kv_cells(context);
    Layout layout = lay_out(s.model->architecture, s.build->has_mtp_block, placement);
    layout.all_started = host > 0 && machine.devices.front().backend_name.empty();
    for (std::size_t row = 0; row < host; ++row) {
      estimate.devices[row].in_use = layout.uses(row);
      add_device_weights(s, layout, row, out);
      add_caches(s, cells, layout.spans[row].first, layout.spans[row].last, layout.cache_in_ram ? host : row,
                 out);
    }
    add_host_weights(s, layout, host, out);
    add_caches(s, cells, 0, layout.host_blocks, host, out);
    if (s.settings.mtp) add_mtp(s, cells, layout, host, out);
    add_compute(s, cells, layout, effort, out);
    const bool vision_apart =
        s.runtime != nullptr && s.runtime->vision_with_all_layers && !layout.full_offload();
    if (s.settings.vision) add_vision(s, vision_apart ? host : layout.first_used(), out);
    add_device_overheads(machine, out);
    add_host_overheads(machine, out);
  }
  add_limits(machine, estimate.devices);
}

bool within_limits(const std::vector<DeviceMemory>& devices) {
  return std::all_of(devices.begin(), devices.end(),
                     [](const DeviceMemory& d) { return !d.in_use || d.free().value_or(0) >= 0; });
}

}  // namespace qwenfit
