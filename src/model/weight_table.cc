#include "model/weight_table.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "model/mixture.h"
#include "model/sized_tensors.h"
#include "model/tensors.h"

namespace qwenfit {
namespace {

BlockSums sums_before(const std::vector<BlockBytes>& blocks) {
  BlockSums sums{std::vector<Bytes>(blocks.size() + 1), std::vector<Bytes>(blocks.size() + 1)};
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    sums.dense[i + 1] = add(sums.dense[i], blocks[i].dense);
    sums.experts[i + 1] = add(sums.experts[i], blocks[i].experts);
  }
  return sums;
}

/// What the tensors of a block have beside their bytes in the file, which may be scaled.
struct Beside {
  double parameters = 0;
  Bytes device = 0, host = 0;  ///< what alignment adds in the buffers of either side
};

/// Of what is always read, and of the routed experts.
using BesideBlock = std::array<Beside, 2>;

std::vector<BesideBlock> beside_blocks(const SizedModel& model) {
  std::vector<BesideBlock> all(model.alike.size());
  for (std::size_t kind = 0; kind < all.size(); ++kind) {
    for (const SizedTensor& s : model.alike[kind]) {
      Beside& sum = all[kind][s.tensor->experts ? 1 : 0];
      sum.parameters += static_cast<double>(s.elements);
      sum.device = add(sum.device, s.device - s.file);
      sum.host = add(sum.host, s.host - s.file);
    }
  }
  return all;
}

/// Adds the bytes of a block up by whether they are routed experts, and notes those of its matrices.
/// `file_bytes`: of the tensor at a place in the block.
template <typename FileBytes>
std::array<Bytes, 2> take_tensors(std::span<const SizedTensor> tensors, FileBytes file_bytes,
                                  BlockTensors& matrices) {
  Bytes dense = 0;
  Bytes experts = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const SizedTensor& s = tensors[i];
    const Bytes file = file_bytes(i);
    Bytes& sum = s.tensor->experts ? experts : dense;
    sum = add(sum, file);
    if (s.matrix != BlockTensor::count) matrices.set(s.matrix, file, s.repacked, s.type_block);
  }
  return {dense, experts};
}

/// Adds the next block, main blocks first. `sums`: of its bytes in the file.
void take_block(const Architecture& a, const BesideBlock& beside, const std::array<Bytes, 2>& sums,
                WeightTable& table) {
  const auto& [dense, experts] = beside;
  const BlockBytes device{add(sums[0], dense.device), add(sums[1], experts.device)};
  const BlockBytes host{add(sums[0], dense.host), add(sums[1], experts.host)};
  const Bytes all = add(sums[0], sums[1]);
  table.tensor_bytes = add(table.tensor_bytes, all);
  table.block_bytes.push_back(all);
  if (table.block_bytes.size() > a.layers) {
    const auto put = [](BlockBytes& sum, const BlockBytes& more) {
      sum = {add(sum.dense, more.dense), add(sum.experts, more.experts)};
    };
    put(table.mtp_device, device);
    put(table.mtp_host, host);
    return;
  }
  table.device.push_back(device);
  table.host.push_back(host);
  table.dense_parameters += dense.parameters;
  table.expert_parameters += experts.parameters;
}

void take_outside(const Architecture& a, const SizedTensor& s, bool embedding_on_device, WeightTable& table) {
  table.tensor_bytes = add(table.tensor_bytes, s.file);
  if (s.tensor->role == TensorRole::token_embedding) {
    table.token_embedding_bytes = s.file;
    if (!embedding_on_device) table.embedding_host = s.host;
    if (embedding_on_device || a.tied_embeddings) table.output_device = add(table.output_device, s.device);
    if (a.tied_embeddings) table.output_read = add(table.output_read, s.device);
    return;
  }
  if (s.tensor->role == TensorRole::output) {
    table.output_bytes = s.file;
    table.output_repacked = s.repacked;
  }
  table.output_device = add(table.output_device, s.device);
  table.output_read = add(table.output_read, s.device);
  table.output_host = add(table.output_host, s.host);
}

/// Adds the tensors up by place. `embedding_on_device`: formats that do not keep the embedding in host
/// memory. `file_bytes.of(kind)`: what becomes of the tensors of the next block, by their place in it.
template <typename FileBytes>
WeightTable tabulate(const Architecture& a, bool with_mtp, const SizedModel& model, bool embedding_on_device,
                     FileBytes file_bytes) {
  WeightTable table;
  table.has_mtp_block = with_mtp && a.mtp_layers > 0;
  table.device.reserve(a.layers);
  table.host.reserve(a.layers);
  table.tensors.reserve(a.layers);
  table.block_bytes.reserve(model.blocks.size());
  for (const SizedTensor& s : model.outside) take_outside(a, s, embedding_on_device, table);
  const std::vector<BesideBlock> beside = beside_blocks(model);
  for (const std::size_t kind : model.blocks) {
    const bool mtp = table.block_bytes.size() >= a.layers;
    BlockTensors& matrices = mtp ? table.mtp_tensors : table.tensors.emplace_back();
    const auto sums = take_tensors(model.alike[kind], file_bytes.of(kind), matrices);
    take_block(a, beside[kind], sums, table);
  }
  table.device_before = sums_before(table.device);
  table.host_before = sums_before(table.host);
  return table;
}

/// The tensors as they are.
struct AsTheyAre {
  const SizedModel& model;
  auto of(std::size_t kind) const {
    return [tensors = model.alike[kind].data()](std::size_t at) { return tensors[at].file; };
  }
};

/// Makes a tensor so many bytes in the file, with what alignment adds as before.
void resize(SizedTensor& s, Bytes file) {
  s.device = add(file, s.device - s.file);
  s.host = add(file, s.host - s.file);
  s.file = file;
}

/// Block tensors other than routed experts at `bits` per weight, together at most half of the file.
void set_dense_bits(SizedModel& model, double bits, Bytes tensor_bytes) {
  const auto dense = [](const SizedTensor& s) { return s.quantized && !s.tensor->experts; };
  double sum = 0;
  for (std::size_t block = 0; block < model.blocks.size(); ++block) {
    for (const SizedTensor& s : model.block(block)) {
      if (dense(s)) sum += static_cast<double>(s.elements) * bits / 8;
    }
  }
  const double share = std::min(1.0, static_cast<double>(tensor_bytes) / 2 / std::max(sum, 1.0));
  for (std::vector<SizedTensor>& block : model.alike) {
    for (SizedTensor& s : block) {
      if (dense(s)) resize(s, static_cast<Bytes>(static_cast<double>(s.elements) * bits / 8 * share));
    }
  }
}

/// Scales block tensors so that all of a model's sum to `tensor_bytes` exactly: rounding is cumulative.
/// `experts_only`: of the routed experts alone, else all quantized ones.
class Scaler {
 public:
  Scaler(const SizedModel& model, Bytes tensor_bytes, bool experts_only) : experts_only_(experts_only) {
    Bytes fixed = 0;
    for (const SizedTensor& s : model.outside) fixed = add(fixed, s.file);
    std::vector<Bytes> times(model.alike.size());
    for (const std::size_t kind : model.blocks) ++times[kind];
    for (std::size_t kind = 0; kind < times.size(); ++kind) {
      for (const SizedTensor& s : model.alike[kind]) {
        Bytes& sum = varies(s) ? varying_ : fixed;
        sum = add(sum, mul(times[kind], s.file));
      }
    }
    const Bytes target = tensor_bytes > fixed ? tensor_bytes - fixed : 0;
    shares_.resize(model.alike.size());
    for (std::size_t kind = 0; kind < times.size(); ++kind) {
      shares_[kind].reserve(model.alike[kind].size());
      for (const SizedTensor& s : model.alike[kind]) shares_[kind].push_back(share_of(s, target));
    }
  }

  /// The tensors of the next block, each once and in their order.
  auto of(std::size_t kind) {
    return [shares = shares_[kind].data(), this](std::size_t at) {
      const auto [whole, rest] = shares[at];
      if (rest == 0) return whole;
      const Bytes missing = varying_ - rest;
      const bool carries = left_ >= missing;
      left_ = carries ? left_ - missing : left_ + rest;
      return whole + (carries ? 1 : 0);
    };
  }

 private:
  /// Whole bytes, and what is left of one, in parts of which `varying_` are a byte.
  struct Share {
    Bytes whole = 0, rest = 0;
  };

  bool varies(const SizedTensor& s) const { return s.quantized && (s.tensor->experts || !experts_only_); }
  Share share_of(const SizedTensor& s, Bytes target) const {
    __extension__ using Wide = unsigned __int128;
    if (!varies(s)) return {s.file, 0};
    if (varying_ == 0) return {};
    const Wide parts = static_cast<Wide>(s.file) * target;
    return {static_cast<Bytes>(parts / varying_), static_cast<Bytes>(parts % varying_)};
  }

  bool experts_only_;
  Bytes varying_ = 0;
  std::vector<std::vector<Share>> shares_;  ///< as in SizedModel::alike
  Bytes left_ = 0;                          ///< of the tensors so far
};

Storage storage_of(const Tensor& t, const FormatRule& rule, const Architecture& a) {
  using enum TensorRole;
  if (t.block >= static_cast<std::int32_t>(a.layers) && rule.mtp != Storage::linear) return rule.mtp;
  if (t.block >= 0 && a.is_moe() && rule.moe_experts_only && !t.experts) return Storage::bf16;
  switch (t.role) {
    case token_embedding:
      return rule.embedding;
    case output:
      return rule.output;
    case attention_k:
    case attention_q:
    case attention_output:
      return rule.attention;
    case attention_v:
      return t.block >= 0 && a.is_full_attention(static_cast<std::uint32_t>(t.block)) ? rule.attention
                                                                                      : rule.linear_attention;
    case linear_other:
      return rule.linear_attention;
    case linear_gate:
      return rule.linear_gates;
    case ffn_down:
    case ffn_gate:
    case ffn_up:
      return a.is_moe() && !t.experts ? rule.shared_expert : rule.experts;
    case mtp_projection:
      return rule.mtp;
    case router:
      return rule.router;
    case output_norm:
    case always_f32:
      return Storage::bf16;
  }
  return Storage::bf16;
}

/// Bytes of one tensor stored by a format's rule: packed weights, then a scale and a zero per group.
Bytes by_rule(const Tensor& t, const FormatRule& rule, Storage storage) {
  if (storage == Storage::bf16) return mul(t.elements(), 2);
  if (storage == Storage::none) return 0;
  const Bytes bits = mul(t.elements(), storage == Storage::int8 ? 8 : rule.linear_bits);
  Bytes groups = 0;
  if (rule.group > 0) {
    const Bytes per_row = pad_to(t.width, rule.group) / rule.group;
    groups = mul(per_row, rule.block_rows > 0 ? pad_to(t.rows, rule.block_rows) / rule.block_rows : t.rows);
  }
  return add(pad_to(bits, 8) / 8, pad_to(mul(groups, rule.scale_bits + rule.zero_bits), 8) / 8);
}

}  // namespace

WeightTable computed_weights(const Architecture& a, Mixture mixture, bool with_mtp, const Layouts& layouts,
                             bool importance_matrix) {
  const TensorLayout layout(a, with_mtp);
  const MixtureChooser choose(a, mixture, with_mtp, importance_matrix);
  const SizedModel model = size_up(a, layout, choose, layouts);
  return tabulate(a, with_mtp, model, false, AsTheyAre{model});
}

WeightTable file_weights(const Architecture& a, bool with_mtp, std::span<const TypedTensor> tensors,
                         const Layouts& layouts) {
  std::vector<SizedTensor> all;
  all.reserve(tensors.size());
  for (const TypedTensor& t : tensors) all.push_back(sized(t.tensor, t.type, layouts));
  const SizedModel model = by_block(a, with_mtp, all);
  return tabulate(a, with_mtp, model, false, AsTheyAre{model});
}

WeightTable scaled_weights(const Architecture& a, Mixture mixture, bool with_mtp, Bytes tensor_bytes,
                           const Layouts& layouts, std::optional<TensorType> embedding,
                           std::optional<double> moe_dense_bits) {
  const TensorLayout layout(a, with_mtp);
  SizedModel model = size_up(a, layout, MixtureChooser(a, mixture, with_mtp, false), layouts);
  if (embedding) {
    for (SizedTensor& s : model.outside) {
      if (s.tensor->role == TensorRole::token_embedding) s = sized(*s.tensor, *embedding, layouts);
    }
  }
  const bool experts_apart = a.is_moe() && moe_dense_bits.has_value();
  if (experts_apart) set_dense_bits(model, *moe_dense_bits, tensor_bytes);
  // Embedding and output keep the mixture's types: publishers vary the blocks.
  return tabulate(a, with_mtp, model, false, Scaler(model, tensor_bytes, experts_apart));
}

WeightTable format_weights(const Architecture& a, const FormatRule& rule, const Layouts& layouts) {
  const bool with_mtp = rule.mtp != Storage::none;
  const std::vector<Tensor> tensors = tensors_of(a, with_mtp);
  std::vector<SizedTensor> all;
  all.reserve(tensors.size());
  for (const Tensor& t : tensors) {
    const Bytes bytes = by_rule(t, rule, storage_of(t, rule, a));
    all.push_back({.tensor = &t,
                   .quantized = true,
                   .elements = t.elements(),
                   .file = bytes,
                   .device = pad_to(bytes, layouts.device.alignment),
                   .host = pad_to(bytes, layouts.host.alignment)});
  }
  const SizedModel model = by_block(a, with_mtp, all);
  return tabulate(a, with_mtp, model, true, AsTheyAre{model});
}

}  // namespace qwenfit
