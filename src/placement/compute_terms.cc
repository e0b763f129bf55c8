#include "placement/compute_terms.h"

#include <algorithm>

#include "memory/compute_buffer.h"
#include "memory/llama_rules.h"
#include "memory/vision.h"

namespace qwenfit {
namespace {

constexpr const char* kComputeSource = "llama.cpp scheduler, snapshot of 2026-09-28; closed form checked against its allocator";

ComputeShape shape_of(const Scenario& s, Tokens cells, ComputeRules rules, bool drafting) {
  const Settings& set = s.settings;
  ComputeShape shape;
  shape.rules = rules;
  shape.cells = cells;
  shape.ubatch = set.ubatch;
  shape.slots = set.parallel;
  shape.draft_length = drafting ? llama_rules::kDraftLength : 0;
  shape.logit_rows = set.parallel * (1 + shape.draft_length);
  shape.flash_attention = set.flash_attention;
  shape.k = set.kv_k;
  shape.v = set.kv_v;
  return shape;
}

/// Tensors that stay in system RAM and are copied to the device for long batches. `repacks`: the CPU back end repacks
/// its weights.
CopiedWeights copied_weights(const WeightTable& w, const Layout& layout, bool repacks) {
  CopiedWeights copied;
  for (std::uint32_t b = 0; b < std::max(layout.host_blocks, layout.cpu_moe_layers); ++b) {
    const BlockBytes& block = w.host[b];
    const LargestTensors& largest = repacks ? block.unrepacked : block.largest;
    if (b < layout.host_blocks) {
      copied.largest = std::max(copied.largest, largest.dense);
      copied.largest_pair = std::max(copied.largest_pair, largest.dense + largest.second_dense);
    }
    copied.experts = std::max(copied.experts, largest.experts);
    copied.repacked = copied.repacked || (repacks && block.repacked);
  }
  return copied;
}

/// Everything about the placement that the buffers depend on.
class Buffers {
 public:
  Buffers(const Scenario& s, Tokens cells, const Layout& layout) : s_(s), cells_(cells), layout_(layout) {
    place_.devices = static_cast<std::uint32_t>(s.machine->devices.size());
    place_.host_layers = layout.host_blocks;
    place_.host_expert_layers = layout.cpu_moe_layers;
    // Back ends with pinned host memory keep the host's weights there, unchanged; Metal has none.
    const bool repacks = place_.devices > 0 && s.machine->devices.front().rules == ComputeRules::metal;
    place_.copied = copied_weights(*s.build->weights, layout, repacks);
    alone_ = place_.devices == 1 && layout.full_offload();
  }

  Bytes device(std::size_t row, bool drafting) const {
    const ComputeShape shape = device_shape(row, drafting);
    if (alone_) return device_compute(architecture(), shape).total;
    const DeviceSpan& span = layout_.spans[row];
    DeviceLayers layers;
    layers.index = static_cast<std::uint32_t>(row);
    layers.full_attention = span.last / architecture().full_attention_interval - span.first / architecture().full_attention_interval;
    layers.linear_attention = span.last - span.first - layers.full_attention;
    layers.output = span.output;
    return placed_device_compute(architecture(), shape, place_, layers);
  }

  Bytes host(bool drafting) const {
    if (place_.devices == 0) return device_compute(architecture(), shape_of(s_, cells_, ComputeRules::cpu, drafting)).total;
    const ComputeShape shape = device_shape(0, drafting);
    return alone_ ? host_compute(architecture(), shape) : placed_host_compute(architecture(), shape, place_);
  }

  PartText device_text(std::size_t row) const {
    const ComputeRules rules = place_.devices == 0 ? ComputeRules::cpu : s_.machine->devices[row].rules;
    const ComputeBuffer buffer = device_compute(architecture(), shape_of(s_, cells_, rules, false));
    const PhaseText& phase = phase_text(buffer.largest);
    const Settings& set = s_.settings;
    std::string label = "graph buffer, largest in phase: " + std::string(phase.name);
    if (place_.devices > 0 && !alone_) label = "graph buffer, with copies for this placement";
    return {label, std::string(phase.formula),
            "micro-batch " + std::to_string(set.ubatch) + ", cells " + std::to_string(cells_) + ", slots " + std::to_string(set.parallel),
            kComputeSource};
  }

  const Architecture& architecture() const { return s_.model->architecture; }
  ComputeShape device_shape(std::size_t row, bool drafting) const {
    return shape_of(s_, cells_, s_.machine->devices[row].rules, drafting);
  }

 private:
  const Scenario& s_;
  Tokens cells_;
  const Layout& layout_;
  ComputePlacement place_;
  bool alone_ = false;
};

/// What drafting adds to one row: the growth of its buffer, and the draft context's own where the MTP block lies.
void add_drafting(std::size_t row, Bytes growth, Recorder& out) {
  out.add(row, Term::mtp, growth, [&] {
    return PartText{"growth of the graph buffer while drafting", "buffer with draft rows - buffer without", "", kComputeSource};
  });
}

void add_draft_context(const Scenario& s, const Buffers& buffers, Tokens cells, const Layout& layout, std::size_t host, Recorder& out) {
  std::size_t home = host;
  for (std::size_t row = 0; row < host; ++row) {
    if (layout.spans[row].mtp) home = row;
  }
  const ComputeShape shape = home == host ? shape_of(s, cells, ComputeRules::cpu, true) : buffers.device_shape(home, true);
  const MtpBuffers draft = mtp_buffers(buffers.architecture(), shape, 0);
  const auto text = [&] {
    return PartText{"draft context: graph buffer", "one full-attention layer and its logits", "cells " + std::to_string(cells), kComputeSource};
  };
  out.add(home, Term::mtp, draft.draft_compute, text);
  if (home != host) out.add(host, Term::mtp, draft.draft_host, text);
  const Bytes hidden = mul(buffers.architecture().embedding, llama_rules::kBatch, llama_rules::kF32);
  out.add(host, Term::mtp, hidden, [&] {
    return PartText{"draft context: hidden states of a batch", "embedding x batch x 4", std::to_string(buffers.architecture().embedding) + " x 2048 x 4", kComputeSource};
  });
}

}  // namespace

void add_compute(const Scenario& s, Tokens cells, const Layout& layout, Recorder& out) {
  const std::size_t host = s.machine->devices.size();
  const Buffers buffers(s, cells, layout);
  for (std::size_t row = 0; row < host; ++row) {
    const Bytes plain = buffers.device(row, false);
    out.add(row, Term::compute, plain, [&] { return buffers.device_text(row); });
    if (s.settings.mtp) add_drafting(row, buffers.device(row, true) - plain, out);
  }
  const Bytes plain = buffers.host(false);
  out.add(host, Term::compute, plain, [&] {
    if (host == 0) return buffers.device_text(0);
    return PartText{"host graph buffer", "inputs + attention mask + two residual streams", "cells " + std::to_string(cells), kComputeSource};
  });
  out.add(host, Term::compute, mul(buffers.architecture().vocab, s.settings.parallel, llama_rules::kF32), [&] {
    return PartText{"output buffer", "vocabulary x slots x 4",
                    std::to_string(buffers.architecture().vocab) + " x " + std::to_string(s.settings.parallel) + " x 4",
                    "llama.cpp output_reserve: one row of logits per slot"};
  });
  if (!s.settings.mtp) return;
  add_drafting(host, buffers.host(true) - plain, out);
  add_draft_context(s, buffers, cells, layout, host, out);
}

void add_vision(const Scenario& s, Recorder& out) {
  if (!s.model->vision) return;
  const std::size_t host = s.machine->devices.size();
  const ComputeRules rules = host == 0 ? ComputeRules::cpu : s.machine->devices.front().rules;
  const VisionCompute compute = vision_compute(*s.model->vision, rules, s.settings.flash_attention);
  const char* source = "llama.cpp mtmd, after its warm-up with an image of 1472 x 1472 pixels";
  out.add(0, Term::vision, s.projector.weights, [&] {
    return PartText{"projector weights (mmproj)", "sum over tensors of rows x bytes per row of its type", "F16", s.projector.source};
  });
  out.add(0, Term::vision, compute.device, [&] { return PartText{"projector graph buffer", "activations of the largest image", "", source}; });
  out.add(host, Term::vision, compute.host, [&] { return PartText{"projector inputs on the host", "pixels of the largest image", "", source}; });
}

}  // namespace qwenfit
