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
  BlockSums sums;
  sums.dense.reserve(blocks.size() + 1);
  sums.experts.reserve(blocks.size() + 1);
  sums.dense.push_back(0);
  sums.experts.push_back(0);
  for (const BlockBytes& block : blocks) {
    sums.dense.push_back(add(sums.dense.back(), block.dense));
    sums.experts.push_back(add(sums.experts.back(), block.experts));
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

/// Adds up the tensors of the next block, main blocks first. `file_bytes`: of each tensor, in their order.
template <typename FileBytes>
void take_block(const Architecture& a, std::span<const SizedTensor> tensors, const BesideBlock& beside,
                FileBytes& file_bytes, WeightTable& table) {
  std::array<Bytes, 2> sums{};
  const bool mtp = table.block_bytes.size() >= a.layers;
  BlockTensors& matrices = mtp ? table.mtp_tensors : table.tensors.emplace_back();
  for (const SizedTensor& s : tensors) {
    const Bytes file = file_bytes(s);
    Bytes& sum = sums[s.tensor->experts ? 1 : 0];
    sum = add(sum, file);
    if (s.matrix != BlockTensor::count) matrices.set(s.matrix, file, s.repacked, s.type_block);
  }
  const auto& [dense, experts] = beside;
  const BlockBytes device{add(sums[0], dense.device), add(sums[1], experts.device)};
  const BlockBytes host{add(sums[0], dense.host), add(sums[1], experts.host)};
  const Bytes all = add(sums[0], sums[1]);
  table.tensor_bytes = add(table.tensor_bytes, all);
  table.block_bytes.push_back(all);
  if (mtp) {
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
/// memory. `file_bytes`: what becomes of each tensor of the blocks, block after block.
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
  for (const std::size_t kind : model.blocks)
    take_block(a, model.alike[kind], beside[kind], file_bytes, table);
  table.device_before = sums_before(table.device);
  table.host_before = sums_before(table.host);
  return table;
}

/// The tensors as they are.
constexpr auto kAsTheyAre = [](const SizedTensor& s) { return s.file; };

/// floor(value * numerator / denominator) without overflow.
Bytes scale(Bytes value, Bytes numerator, Bytes denominator) {
  __extension__ using Wide = unsigned __int128;
  return denominator == 0 ? 0 : static_cast<Bytes>(static_cast<Wide>(value) * numerator / denominator);
}

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
    target_ = tensor_bytes > fixed ? tensor_bytes - fixed : 0;
  }

  /// The next tensor.
  Bytes operator()(const SizedTensor& s) {
    if (!varies(s)) return s.file;
    seen_ = add(seen_, s.file);
    const Bytes before = std::exchange(given_, scale(seen_, target_, varying_));
    return given_ - before;
  }

 private:
  bool varies(const SizedTensor& s) const { return s.quantized && (s.tensor->experts || !experts_only_); }

  bool experts_only_;
  Bytes varying_ = 0, target_ = 0;
  Bytes seen_ = 0, given_ = 0;
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
  return tabulate(a, with_mtp, size_up(a, layout, choose, layouts), false, kAsTheyAre);
}

WeightTable file_weights(const Architecture& a, bool with_mtp, std::span<const TypedTensor> tensors,
                         const Layouts& layouts) {
  std::vector<SizedTensor> all;
  all.reserve(tensors.size());
  for (const TypedTensor& t : tensors) all.push_back(sized(t.tensor, t.type, layouts));
  return tabulate(a, with_mtp, by_block(a, with_mtp, all), false, kAsTheyAre);
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
  return tabulate(a, with_mtp, by_block(a, with_mtp, all), true, kAsTheyAre);
}

}  // namespace qwenfit
