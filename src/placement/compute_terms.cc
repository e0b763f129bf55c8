#include "placement/compute_terms.h"

#include <algorithm>
#include <numeric>
#include <vector>

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

/// Everything about the placement that the buffers depend on.
class Buffers {
 public:
  Buffers(const Scenario& s, Tokens cells, const Layout& layout, Effort effort)
      : s_(s), cells_(cells), layout_(layout) {
    place_.least = effort == Effort::least;
    place_.devices = static_cast<std::uint32_t>(layout.used());
    place_.host_layers = layout.host_blocks;
    place_.host_expert_layers = layout.cpu_moe_layers;
    place_.cache_on_host = layout.cache_in_ram;
    place_.output_on_host = layout.output_on_host;
    const WeightTable& weights = *s.build->weights;
    place_.host = &weights.tensors;
    place_.output_bytes =
        architecture().tied_embeddings ? weights.token_embedding_bytes : weights.output_bytes;
    place_.output_repacked = weights.output_repacked;
    // Back ends with pinned host memory keep the host's weights there, unchanged; Metal has none.
    place_.repacks = place_.devices > 0 && s.machine->devices.front().rules == ComputeRules::metal;
    alone_ = place_.devices == 1 && layout.full_offload();
  }

  Bytes device(std::size_t row, bool drafting) const {
    if (row < layout_.spans.size() && !layout_.uses(row)) return 0;
    const ComputeShape shape = device_shape(row, drafting);
    if (alone_) return device_compute(architecture(), shape).total;
    return placed_device_compute(architecture(), shape, place_, layers_of(row));
  }

  Bytes host(bool drafting) const {
    if (place_.devices == 0)
      return device_compute(architecture(), shape_of(s_, cells_, ComputeRules::cpu, drafting)).total;
    const std::size_t first = layout_.first_used();
    const ComputeShape shape = device_shape(first, drafting);
    return alone_ ? host_compute(architecture(), shape)
                  : placed_host_compute(architecture(), shape, place_, layers_of(first));
  }

  PartText device_text(std::size_t row, Bytes bytes) const {
    const ComputeShape shape = device_shape(row, false);
    return alone_ ? buffer_text(architecture(), shape) : placed_text(architecture(), shape, bytes);
  }

  PartText host_part_text(Bytes bytes) const {
    if (place_.devices == 0)
      return buffer_text(architecture(), shape_of(s_, cells_, ComputeRules::cpu, false));
    return host_text(architecture(), device_shape(layout_.first_used(), false), bytes);
  }

  const Architecture& architecture() const { return s_.model->architecture; }
  ComputeShape device_shape(std::size_t row, bool drafting) const {
    return shape_of(s_, cells_, s_.machine->devices[row].rules, drafting);
  }

 private:
  DeviceLayers layers_of(std::size_t row) const {
    const DeviceSpan& span = layout_.spans[row];
    const std::uint32_t interval = architecture().full_attention_interval;
    DeviceLayers layers;
    layers.index = static_cast<std::uint32_t>(row);
    layers.first_layer = span.first;
    layers.full_attention = span.last / interval - span.first / interval;
    layers.linear_attention = span.last - span.first - layers.full_attention;
    layers.output = span.output;
    return layers;
  }

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

/// The draft context: its buffer on the rows `homes` that hold the MTP block, its logits and the hidden
/// states of a batch on the host.
void add_draft_context(const Scenario& s, const Buffers& buffers, Tokens cells,
                       const std::vector<std::size_t>& homes, std::size_t host, Recorder& out) {
  const auto text = [&] {
    return PartText{"draft context: graph buffer", "one full-attention layer and its logits, F16 cache",
                    "cells " + std::to_string(cells), kComputeSource};
  };
  for (const std::size_t home : homes) {
    const ComputeShape shape =
        home == host ? shape_of(s, cells, ComputeRules::cpu, true) : buffers.device_shape(home, true);
    const DraftBuffers draft = draft_buffers(buffers.architecture(), shape);
    out.add(home, Term::mtp, draft.device, text);
    if (home != host && home == homes.front()) out.add(host, Term::mtp, draft.host, text);
  }
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

/// Buffers of all rows; `homes`: rows that hold the MTP block, where it drafts.
void add_buffers(const Scenario& s, const Buffers& buffers, Tokens cells,
                 const std::vector<std::size_t>& homes, Recorder& out) {
  const std::size_t host = s.machine->devices.size();
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
  add_draft_context(s, buffers, cells, homes, host, out);
}

}  // namespace

void add_compute(const Scenario& s, Tokens cells, const Layout& layout, Effort effort, Recorder& out) {
  std::vector<std::size_t> homes;
  for (std::size_t row = 0; s.settings.mtp && row < layout.spans.size(); ++row) {
    if (layout.spans[row].mtp) homes.push_back(row);
  }
  if (s.settings.mtp && homes.empty()) homes.push_back(s.machine->devices.size());
  add_buffers(s, Buffers(s, cells, layout, effort), cells, homes, out);
}

void add_sliced_compute(const Scenario& s, Tokens cells, Recorder& out) {
  const Architecture& a = s.model->architecture;
  const Placement as_one{.gpu_layers = layer_count(a, s.build->has_mtp_block), .tensor_split = {1.0}};
  const Layout layout = lay_out(a, s.build->has_mtp_block, as_one);
  std::vector<std::size_t> homes(s.machine->devices.size());
  std::iota(homes.begin(), homes.end(), std::size_t{0});
  add_buffers(s, Buffers(s, cells, layout, Effort::exact), cells, homes, out);
}

void add_vision(const Scenario& s, std::size_t home, Recorder& out) {
  if (!s.model->vision) return;
  const std::size_t host = s.machine->devices.size();
  const ComputeRules rules = home == host ? ComputeRules::cpu : s.machine->devices[home].rules;
  const VisionCompute compute = vision_compute(*s.model->vision, rules, s.settings.flash_attention);
  constexpr std::uint32_t kSide = 1472;  // pixels of llama.cpp's warm-up image
  const char* source = "llama.cpp mtmd, after its warm-up with an image of 1472 x 1472 pixels";
  const std::string image = "1472 x 1472 pixels, which take " +
                            std::to_string(image_tokens(*s.model->vision, kSide, kSide)) +
                            " tokens of context";
  out.add(home, Term::vision, s.projector.weights, [&] {
    return PartText{"projector weights (mmproj)", "sum over tensors of rows x bytes per row of its type",
                    "F16", s.projector.source};
  });
  out.add(home, Term::vision, compute.device, [&] {
    return PartText{"projector graph buffer", "activations of the largest image", image, source};
  });
  out.add(host, Term::vision, compute.host, [&] {
    return PartText{"projector inputs on the host", "pixels of the largest image", image, source};
  });
}

}  // namespace qwenfit
