#include "placement/sliced.h"

#include <algorithm>
#include <utility>

#include "memory/kv_cache.h"
#include "memory/llama_rules.h"
#include "memory/recurrent_state.h"
#include "memory/tensor_slices.h"
#include "placement/compute_terms.h"
#include "placement/evaluate.h"
#include "placement/layout.h"
#include "placement/rows.h"
#include "placement/text.h"
#include "qwenfit/runtime.h"

namespace qwenfit {
namespace {

constexpr const char* kSource = "llama.cpp src/llama-model.cpp, llama_meta_device_get_split_state";

/// Bytes of every device, by what they are.
struct Slices {
  Bytes weights = 0, whole = 0, kv = 0, state = 0;
  Bytes mtp_weights = 0, mtp_whole = 0, mtp_kv = 0;
};

/// Adds up what one device gets of every block.
class Slicer {
 public:
  Slicer(const Scenario& s, Tokens cells, const Placement& placement)
      : s_(s), a_(s.model->architecture), w_(*s.build->weights), shares_(placement.tensor_split) {
    const Settings& set = s.settings;
    kv_ = kv_cache_bytes_per_layer(a_, cells, set.kv_k, set.kv_v);
    draft_kv_ = kv_cache_bytes_per_layer(a_, cells, TensorType::f16, TensorType::f16);
    all_.resize(shares_.size());
  }

  std::vector<Slices> run() {
    for (std::uint32_t block = 0; block < a_.layers; ++block) add_block(block);
    add_output();
    if (s_.settings.mtp && w_.has_mtp_block) add_mtp();
    return std::move(all_);
  }

 private:
  void add_block(std::uint32_t block) {
    const BlockCuts cuts = cuts_of(a_, w_, block, shares_);
    const BlockParts parts = parts_of(a_, w_, block);
    const bool full = a_.is_full_attention(block);
    const BlockBytes& bytes = w_.device[block];
    const Bytes whole = whole_of(bytes, parts);
    for (std::size_t row = 0; row < all_.size(); ++row) {
      Slices& d = all_[row];
      d.weights = add(d.weights, add(cuts.attention.part(parts.attention, row),
                                     cuts.feed_forward.part(parts.feed_forward, row)));
      d.whole = add(d.whole, whole);
      if (full) d.kv = add(d.kv, cuts.attention.part(kv_, row));
      if (!full) d.state = add(d.state, cuts.attention.part(recurrent_state_bytes_per_layer(a_), row));
    }
  }

  static Bytes whole_of(const BlockBytes& bytes, const BlockParts& parts) {
    const Bytes cut = add(parts.attention, parts.feed_forward);
    const Bytes all = add(bytes.dense, bytes.experts);
    return all > cut ? all - cut : 0;
  }

  /// A tied output is a copy of the embedding, which llama.cpp does not cut.
  void add_output() {
    const Bytes matrix = a_.tied_embeddings ? 0 : w_.output_bytes;
    const Cut cut = cut_output(a_, shares_);
    for (std::size_t row = 0; row < all_.size(); ++row) {
      all_[row].weights = add(all_[row].weights, cut.part(matrix, row));
      all_[row].whole = add(all_[row].whole, w_.output_device - matrix);
    }
  }

  void add_mtp() {
    const BlockCuts cuts = cuts_of(a_, w_, a_.layers, shares_);
    const BlockParts parts = parts_of(a_, w_, a_.layers);
    const Bytes whole = whole_of(w_.mtp_device, parts);
    for (std::size_t row = 0; row < all_.size(); ++row) {
      Slices& d = all_[row];
      d.mtp_weights =
          add(cuts.attention.part(parts.attention, row), cuts.feed_forward.part(parts.feed_forward, row));
      d.mtp_whole = whole;
      d.mtp_kv = mul(a_.mtp_layers, cuts.attention.part(draft_kv_, row));
    }
  }

  const Scenario& s_;
  const Architecture& a_;
  const WeightTable& w_;
  const std::vector<double>& shares_;
  Bytes kv_ = 0, draft_kv_ = 0;
  std::vector<Slices> all_;
};

/// A part of one row: what `factor` times a field of the slices comes to.
struct SlicePart {
  Term term;
  Bytes Slices::*field;
  Bytes factor;
  const char* label;
  const char* formula;
};

void add_part(const Scenario& s, const std::vector<Slices>& slices, std::size_t row, const SlicePart& part,
              Recorder& out) {
  out.add(row, part.term, mul(part.factor, slices[row].*part.field), [&] {
    std::string inputs = s.build->quant_name + ": ";
    if (part.factor != 1) inputs += std::to_string(part.factor) + " x ";
    inputs += "slices of";
    Bytes all = 0;
    for (const Slices& other : slices) {
      inputs += " " + std::to_string(other.*part.field);
      all = add(all, other.*part.field);
    }
    return PartText{part.label, part.formula, inputs + ", together " + std::to_string(all), kSource};
  });
}

void add_slices(const Scenario& s, const std::vector<Slices>& slices, std::size_t row, Recorder& out) {
  const Settings& set = s.settings;
  const char* const cut =
      "sum over tensors of bytes x elements of the slice / elements, cut at whole granules";
  const char* const whole = "sum over tensors of bytes";
  const auto put = [&](const SlicePart& part) { add_part(s, slices, row, part, out); };
  put({Term::weights, &Slices::weights, 1, "slices of matrices and of routed experts", cut});
  put({Term::weights, &Slices::whole, 1,
       "whole on every device: norms, routers, shared experts, a tied output", whole});
  put({Term::kv_cache, &Slices::kv, 1, "KV cache of the slice's heads",
       "full-attention layers x cells x heads of the slice x head_dim x (K + V bytes per element)"});
  put({Term::recurrent_state, &Slices::state, set.parallel, "recurrent state of the slice's heads",
       "slots x linear-attention layers x state of the slice's heads, F32"});
  if (!set.mtp) return;
  put({Term::mtp, &Slices::state, mul(llama_rules::kDraftLength, set.parallel),
       "recurrent state kept per drafted token", "drafted tokens x slots x state of the slice's heads, F32"});
  put({Term::mtp, &Slices::mtp_weights, 1, "slices of the MTP block's weights", cut});
  put({Term::mtp, &Slices::mtp_whole, 1, "the MTP block's weights that lie whole on every device", whole});
  put({Term::mtp, &Slices::mtp_kv, 1, "draft context: KV cache of the slice's heads",
       "cells x heads of the slice x head_dim x (K + V), F16"});
}

}  // namespace

bool is_sliced(const Scenario& s) {
  const bool own_rules = s.runtime != nullptr && s.runtime->has_own_memory();
  return s.machine->devices.size() > 1 && s.settings.split_mode == SplitMode::tensor && !own_rules &&
         s.build->weights != nullptr;
}

Placement sliced_placement(const Scenario& s) {
  const std::size_t devices = s.machine->devices.size();
  Placement placement;
  placement.gpu_layers = layer_count(s.model->architecture, s.build->has_mtp_block);
  placement.tensor_split = s.settings.forced.tensor_split;
  if (placement.tensor_split.empty())
    placement.tensor_split.assign(devices, 1.0 / static_cast<double>(devices));
  return placement;
}

double sliced_rate(const Scenario& s, double (*rate)(const Device&)) {
  const Architecture& a = s.model->architecture;
  const WeightTable& w = *s.build->weights;
  const auto& devices = s.machine->devices;
  const std::vector<double> shares = sliced_placement(s).tensor_split;
  // Turns come round after so many blocks.
  const auto period = std::min<std::size_t>(a.layers, a.full_attention_interval * devices.size());
  const double touched = a.is_moe() ? static_cast<double>(a.experts_used) / a.experts : 1;
  double bytes = 0, longest_sum = 0;
  for (std::uint32_t block = 0; block < period; ++block) {
    const BlockCuts cuts = cuts_of(a, w, block, shares);
    const BlockParts parts = parts_of(a, w, block);
    double longest = 0;
    for (std::size_t row = 0; row < devices.size(); ++row) {
      const double slice = static_cast<double>(cuts.attention.part(parts.attention, row)) +
                           static_cast<double>(cuts.feed_forward.part(parts.feed_forward, row)) * touched;
      if (slice > 0) longest = std::max(longest, slice / rate(devices[row]));
      bytes += slice;
    }
    longest_sum += longest;
  }
  return longest_sum > 0 ? bytes / longest_sum : 0;
}

void evaluate_sliced(const Scenario& s, Tokens context, Explain explain, Estimate& estimate) {
  const Machine& machine = *s.machine;
  const std::size_t host = machine.devices.size();
  start_rows(machine, estimate);
  Recorder out(estimate, explain);
  const Tokens cells = kv_cells(context);
  const std::vector<Slices> slices = Slicer(s, cells, sliced_placement(s)).run();
  for (std::size_t row = 0; row < host; ++row) add_slices(s, slices, row, out);
  const Bytes embedding = s.build->weights->embedding_host;
  out.add(host, Term::weights, embedding, [&] {
    return weights_text(*s.model, *s.build, "token embedding, always in host memory", {.embedding = true},
                        embedding);
  });
  add_sliced_compute(s, cells, out);
  if (s.settings.vision) add_vision(s, 0, out);
  add_device_overheads(machine, out);
  add_host_overheads(machine, out);
  add_limits(machine, estimate.devices);
}

bool sliced_holds(const Scenario& s) {
  Estimate e;
  evaluate_sliced(s, s.settings.context, Explain::no, e);
  return within_limits(e.devices);
}

}  // namespace qwenfit
