#include "placement/compute_terms.h"

#include <algorithm>

#include "memory/compute_buffer.h"
#include "memory/llama_rules.h"
#include "memory/vision.h"
#include "placement/compute_text.h"

namespace qwenfit {
namespace {

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

/// Tensors that stay in system RAM and are copied to the device for long batches. `repacks`: the CPU back end
/// repacks its weights.
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
    layers.full_attention = span.last / architecture().full_attention_interval -
                            span.first / architecture().full_attention_interval;
    layers.linear_attention = span.last - span.first - layers.full_attention;
    layers.output = span.output;
    return placed_device_compute(architecture(), shape, place_, layers);
  }

  Bytes host(bool drafting) const {
    if (place_.devices == 0)
      return device_compute(architecture(), shape_of(s_, cells_, ComputeRules::cpu, drafting)).total;
    const ComputeShape shape = device_shape(0, drafting);
    return alone_ ? host_compute(architecture(), shape) : placed_host_compute(architecture(), shape, place_);
  }

  PartText device_text(std::size_t row, Bytes bytes) const {
    const ComputeShape shape = device_shape(row, false);
    return alone_ ? buffer_text(architecture(), shape) : placed_text(architecture(), shape, bytes);
  }

  PartText host_part_text(Bytes bytes) const {
    if (place_.devices == 0)
      return buffer_text(architecture(), shape_of(s_, cells_, ComputeRules::cpu, false));
    return host_text(architecture(), device_shape(0, false), bytes);
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

/// What drafting adds to one row's buffer.
void add_growth(std::size_t row, Bytes with, Bytes without, Recorder& out) {
  out.add(row, Term::mtp, with > without ? with - without : 0, [&] { return growth_text(with, without); });
}

/// The draft context: its buffer where the MTP block lies, its logits and the hidden states of a batch on the
/// host.
void add_draft_context(const Scenario& s, const Buffers& buffers, Tokens cells, const Layout& layout,
                       std::size_t host, Recorder& out) {
  std::size_t home = host;
  for (std::size_t row = 0; row < host; ++row) {
    if (layout.spans[row].mtp) home = row;
  }
  const ComputeShape shape =
      home == host ? shape_of(s, cells, ComputeRules::cpu, true) : buffers.device_shape(home, true);
  const DraftBuffers draft = draft_buffers(buffers.architecture(), shape);
  const auto text = [&] {
    return PartText{"draft context: graph buffer", "one full-attention layer and its logits, F16 cache",
                    "cells " + std::to_string(cells), kComputeSource};
  };
  out.add(home, Term::mtp, draft.device, text);
  if (home != host) out.add(host, Term::mtp, draft.host, text);
  const Architecture& a = buffers.architecture();
  out.add(host, Term::mtp, mul(a.vocab, s.settings.parallel, llama_rules::kF32), [&] {
    return PartText{"draft context: output buffer", "vocabulary x slots x 4",
                    std::to_string(a.vocab) + " x " + std::to_string(s.settings.parallel) + " x 4",
                    kComputeSource};
  });
  out.add(host, Term::mtp, mul(a.embedding, llama_rules::kBatch, llama_rules::kF32), [&] {
    return PartText{"draft context: hidden states of a batch", "embedding x batch x 4",
                    std::to_string(a.embedding) + " x " + std::to_string(llama_rules::kBatch) + " x 4",
                    kComputeSource};
  });
}

}  // namespace

void add_compute(const Scenario& s, Tokens cells, const Layout& layout, Recorder& out) {
  const std::size_t host = s.machine->devices.size();
  const Buffers buffers(s, cells, layout);
  for (std::size_t row = 0; row < host; ++row) {
    const Bytes plain = buffers.device(row, false);
    out.add(row, Term::compute, plain, [&] { return buffers.device_text(row, plain); });
    if (s.settings.mtp) add_growth(row, buffers.device(row, true), plain, out);
  }
  const Bytes plain = buffers.host(false);
  out.add(host, Term::compute, plain, [&] { return buffers.host_part_text(plain); });
  out.add(host, Term::compute, mul(buffers.architecture().vocab, s.settings.parallel, llama_rules::kF32),
          [&] {
            return PartText{"output buffer", "vocabulary x slots x 4",
                            std::to_string(buffers.architecture().vocab) + " x " +
                                std::to_string(s.settings.parallel) + " x 4",
                            "llama.cpp output_reserve: one row of logits per slot"};
          });
  if (!s.settings.mtp) return;
  add_growth(host, buffers.host(true), plain, out);
  add_draft_context(s, buffers, cells, layout, host, out);
}

void add_vision(const Scenario& s, Recorder& out) {
  if (!s.model->vision) return;
  const std::size_t host = s.machine->devices.size();
  const ComputeRules rules = host == 0 ? ComputeRules::cpu : s.machine->devices.front().rules;
  const VisionCompute compute = vision_compute(*s.model->vision, rules, s.settings.flash_attention);
  constexpr std::uint32_t kSide = 1472;  // pixels of llama.cpp's warm-up image
  const char* source = "llama.cpp mtmd, after its warm-up with an image of 1472 x 1472 pixels";
  const std::string image = "1472 x 1472 pixels, which take " +
                            std::to_string(image_tokens(*s.model->vision, kSide, kSide)) +
                            " tokens of context";
  out.add(0, Term::vision, s.projector.weights, [&] {
    return PartText{"projector weights (mmproj)", "sum over tensors of rows x bytes per row of its type",
                    "F16", s.projector.source};
  });
  out.add(0, Term::vision, compute.device, [&] {
    return PartText{"projector graph buffer", "activations of the largest image", image, source};
  });
  out.add(host, Term::vision, compute.host, [&] {
    return PartText{"projector inputs on the host", "pixels of the largest image", image, source};
  });
}

}  // namespace qwenfit
