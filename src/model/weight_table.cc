#include "model/weight_table.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "memory/repack.h"
#include "model/mixture.h"
#include "model/tensors.h"

namespace qwenfit {
namespace {

/// A tensor with its size in the file and in the buffers of both sides.
struct Sized {
  const Tensor* tensor = nullptr;  ///< of this block or of one of its kind
  std::int32_t block = -1;
  TensorType type = TensorType::f32;
  bool quantized = false;
  bool repacked = false;  ///< the CPU back end would repack it
  std::uint32_t type_block = 1;
  std::uint64_t elements = 0;
  Bytes file = 0;
  Bytes device = 0;
  Bytes host = 0;
};

/// Bytes of a tensor in a buffer: quantized rows padded, then the whole aligned.
Bytes in_buffer(const Tensor& t, TensorType type, Bytes file, const BufferLayout& layout) {
  Bytes bytes = file;
  if (layout.row_padding > 0 && !is_float(type)) {
    const Bytes rest = t.width % layout.row_padding;
    if (rest != 0) bytes = add(bytes, row_bytes(type, layout.row_padding - rest));
  }
  return pad_to(bytes, layout.alignment);
}

/// Which matrix of its block a tensor is; `block` has those before it. None for vectors and the router.
std::optional<BlockTensor> which_of(const Tensor& t, bool moe, const BlockTensors& block) {
  const auto next = [&](BlockTensor first, BlockTensor second) { return block[first] == 0 ? first : second; };
  const bool shared = moe && !t.experts;
  switch (t.role) {
    case TensorRole::attention_q:
      return BlockTensor::query_or_linear;
    case TensorRole::attention_k:
      return BlockTensor::key;
    case TensorRole::attention_v:
      return BlockTensor::value;
    case TensorRole::attention_output:
      return BlockTensor::attention_output;
    case TensorRole::linear_other:
      return next(BlockTensor::linear_gate, BlockTensor::attention_output);
    case TensorRole::linear_gate:
      return next(BlockTensor::alpha, BlockTensor::beta);
    case TensorRole::ffn_gate:
      return shared ? BlockTensor::shared_gate : BlockTensor::gate;
    case TensorRole::ffn_up:
      return shared ? BlockTensor::shared_up : BlockTensor::up;
    case TensorRole::ffn_down:
      return shared ? BlockTensor::shared_down : BlockTensor::down;
    default:
      return std::nullopt;
  }
}

BlockSums sums_before(const std::vector<BlockBytes>& blocks) {
  BlockSums sums{{0}, {0}};
  sums.dense.reserve(blocks.size() + 1);
  sums.experts.reserve(blocks.size() + 1);
  for (const BlockBytes& block : blocks) {
    sums.dense.push_back(add(sums.dense.back(), block.dense));
    sums.experts.push_back(add(sums.experts.back(), block.experts));
  }
  return sums;
}

/// Adds up tensors of one block, whose place the first one says.
void take_block(const Architecture& a, std::span<const Sized> tensors, WeightTable& table) {
  struct Sum {
    double parameters = 0;
    Bytes device = 0, host = 0;
  };
  Sum dense, experts;
  Bytes file = 0;
  const auto block = static_cast<std::size_t>(tensors.front().block);
  const bool mtp = block >= a.layers;
  const bool moe = a.is_moe();
  const bool linear = !mtp && !a.is_full_attention(static_cast<std::uint32_t>(block));
  BlockTensors& matrices = mtp ? table.mtp_tensors : table.tensors[block];
  for (const Sized& s : tensors) {
    Sum& sum = s.tensor->experts ? experts : dense;
    sum.parameters += static_cast<double>(s.elements);
    sum.device = add(sum.device, s.device);
    sum.host = add(sum.host, s.host);
    file = add(file, s.file);
    auto which = which_of(*s.tensor, moe, matrices);
    if (!which) continue;
    if (which == BlockTensor::value && linear) which = BlockTensor::query_or_linear;
    matrices.set(*which, s.file, s.repacked, s.type_block);
  }
  const auto put = [](BlockBytes& bytes, Bytes of_dense, Bytes of_experts) {
    bytes = {add(bytes.dense, of_dense), add(bytes.experts, of_experts)};
  };
  put(mtp ? table.mtp_device : table.device[block], dense.device, experts.device);
  put(mtp ? table.mtp_host : table.host[block], dense.host, experts.host);
  table.tensor_bytes = add(table.tensor_bytes, file);
  table.block_bytes[block] = add(table.block_bytes[block], file);
  if (mtp) return;
  table.dense_parameters += dense.parameters;
  table.expert_parameters += experts.parameters;
}

void take_outside(const Architecture& a, const Sized& s, bool embedding_on_device, WeightTable& table) {
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
/// memory.
WeightTable tabulate(const Architecture& a, bool with_mtp, std::span<const Sized> tensors,
                     bool embedding_on_device) {
  WeightTable table;
  table.has_mtp_block = with_mtp && a.mtp_layers > 0;
  table.device.resize(a.layers);
  table.host.resize(a.layers);
  table.tensors.resize(a.layers);
  table.block_bytes.resize(a.layers + (table.has_mtp_block ? a.mtp_layers : 0));
  for (auto first = tensors.begin(); first != tensors.end();) {
    const auto last =
        std::find_if(first, tensors.end(), [&](const Sized& s) { return s.block != first->block; });
    if (first->block >= 0) {
      take_block(a, {first, last}, table);
    } else {
      for (; first != last; ++first) take_outside(a, *first, embedding_on_device, table);
    }
    first = last;
  }
  table.device_before = sums_before(table.device);
  table.host_before = sums_before(table.host);
  return table;
}

Sized sized(const Tensor& t, TensorType type, const Layouts& layouts) {
  const Bytes file = TypedTensor{t, type}.bytes();
  return {&t,
          t.block,
          type,
          type != TensorType::f32,
          is_repacked(type, t.rows),
          tensor_type(type).block,
          t.elements(),
          file,
          in_buffer(t, type, file, layouts.device),
          in_buffer(t, type, file, layouts.host)};
}

/// The blocks of a kind as they were last: they repeat, and a matrix of the same type has the same size.
struct BlockSizes {
  std::vector<Sized> matrices;
  Sized vectors;  ///< together: what is F32 in every file has no place of its own
};

BlockSizes sizes_of(const std::vector<Tensor>& tensors, const Layouts& layouts) {
  BlockSizes sizes;
  sizes.matrices.reserve(tensors.size());
  for (const Tensor& t : tensors) {
    if (t.f32()) {
      const Sized s = sized(t, TensorType::f32, layouts);
      Sized& sum = sizes.vectors;
      sum = {&t,
             t.block,
             TensorType::f32,
             false,
             false,
             s.type_block,
             add(sum.elements, s.elements),
             add(sum.file, s.file),
             add(sum.device, s.device),
             add(sum.host, s.host)};
    } else {
      sizes.matrices.push_back({.tensor = &t, .type = TensorType::count});
    }
  }
  return sizes;
}

/// What llama-quantize makes of each matrix, in its order, and of the vectors of each block.
std::vector<Sized> size_up(const TensorLayout& layout, MixtureChooser choose, const Layouts& layouts) {
  constexpr std::size_t kUsualMatrices = 9;  // of a block, its vectors for one
  std::vector<Sized> result;
  result.reserve((layout.blocks + 1) * kUsualMatrices);
  for (const Tensor& t : layout.outside) result.push_back(sized(t, choose(t), layouts));
  std::array<BlockSizes, std::tuple_size_v<decltype(layout.kinds)>> kinds;
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) kinds[kind] = sizes_of(layout.kinds[kind], layouts);
  for (std::uint32_t block = 0; block < layout.blocks; ++block) {
    BlockSizes& sizes = kinds[layout.kind_of(block)];
    for (Sized& s : sizes.matrices) {
      Tensor t = *s.tensor;
      t.block = static_cast<std::int32_t>(block);
      const TensorType type = choose(t);
      if (s.type != type) s = sized(*s.tensor, type, layouts);
      s.block = t.block;
      result.push_back(s);
    }
    sizes.vectors.block = static_cast<std::int32_t>(block);
    result.push_back(sizes.vectors);
  }
  return result;
}

/// floor(value * numerator / denominator) without overflow.
Bytes scale(Bytes value, Bytes numerator, Bytes denominator) {
  __extension__ using Wide = unsigned __int128;
  return denominator == 0 ? 0 : static_cast<Bytes>(static_cast<Wide>(value) * numerator / denominator);
}

/// Makes a tensor so many bytes in the file, with what alignment adds as before.
void resize(Sized& s, Bytes file) {
  s.device = add(file, s.device - s.file);
  s.host = add(file, s.host - s.file);
  s.file = file;
}

/// Block tensors other than routed experts at `bits` per weight, together at most half of the file.
void set_dense_bits(std::vector<Sized>& tensors, double bits, Bytes tensor_bytes) {
  const auto dense = [](const Sized& s) { return s.quantized && s.block >= 0 && !s.tensor->experts; };
  double sum = 0;
  for (const Sized& s : tensors) {
    if (dense(s)) sum += static_cast<double>(s.elements) * bits / 8;
  }
  const double share = std::min(1.0, static_cast<double>(tensor_bytes) / 2 / std::max(sum, 1.0));
  for (Sized& s : tensors) {
    if (dense(s)) resize(s, static_cast<Bytes>(static_cast<double>(s.elements) * bits / 8 * share));
  }
}

/// Scales the tensors that `varies` names so that all sum to `tensor_bytes` exactly: rounding is cumulative.
template <typename Varies>
void scale_to(std::vector<Sized>& tensors, Bytes tensor_bytes, Varies varies) {
  Bytes fixed = 0;
  Bytes varying = 0;
  for (const Sized& s : tensors) {
    Bytes& sum = varies(s) ? varying : fixed;
    sum = add(sum, s.file);
  }
  const Bytes target = tensor_bytes > fixed ? tensor_bytes - fixed : 0;
  Bytes seen = 0;
  Bytes scaled = 0;
  for (Sized& s : tensors) {
    if (!varies(s)) continue;
    seen = add(seen, s.file);
    const Bytes before = std::exchange(scaled, scale(seen, target, varying));
    resize(s, scaled - before);
  }
}

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
  return tabulate(a, with_mtp,
                  size_up(layout, MixtureChooser(a, mixture, with_mtp, importance_matrix), layouts), false);
}

WeightTable file_weights(const Architecture& a, bool with_mtp, std::span<const TypedTensor> tensors,
                         const Layouts& layouts) {
  std::vector<Sized> all;
  all.reserve(tensors.size());
  for (const TypedTensor& t : tensors) all.push_back(sized(t.tensor, t.type, layouts));
  return tabulate(a, with_mtp, all, false);
}

WeightTable scaled_weights(const Architecture& a, Mixture mixture, bool with_mtp, Bytes tensor_bytes,
                           const Layouts& layouts, std::optional<TensorType> embedding,
                           std::optional<double> moe_dense_bits) {
  const TensorLayout layout(a, with_mtp);
  std::vector<Sized> tensors = size_up(layout, MixtureChooser(a, mixture, with_mtp, false), layouts);
  if (embedding) {
    for (Sized& s : tensors) {
      if (s.tensor->role == TensorRole::token_embedding) s = sized(*s.tensor, *embedding, layouts);
    }
  }
  const bool experts_apart = a.is_moe() && moe_dense_bits.has_value();
  if (experts_apart) set_dense_bits(tensors, *moe_dense_bits, tensor_bytes);
  // Embedding and output keep the mixture's types: publishers vary the blocks.
  scale_to(tensors, tensor_bytes, [&](const Sized& s) {
    return s.quantized && s.block >= 0 && (s.tensor->experts || !experts_apart);
  });
  return tabulate(a, with_mtp, tensors, false);
}

WeightTable format_weights(const Architecture& a, const FormatRule& rule, const Layouts& layouts) {
  const bool with_mtp = rule.mtp != Storage::none;
  const std::vector<Tensor> tensors = tensors_of(a, with_mtp);
  std::vector<Sized> all;
  all.reserve(tensors.size());
  for (const Tensor& t : tensors) {
    const Bytes bytes = by_rule(t, rule, storage_of(t, rule, a));
    all.push_back({&t, t.block, TensorType::f32, true, false, 1, t.elements(), bytes,
                   pad_to(bytes, layouts.device.alignment), pad_to(bytes, layouts.host.alignment)});
  }
  return tabulate(a, with_mtp, all, true);
}

std::uint64_t parameter_count(const Architecture& a, bool with_mtp) {
  std::uint64_t count = 0;
  for (const Tensor& t : tensors_of(a, with_mtp)) count = add(count, t.elements());
  return count;
}

}  // namespace qwenfit
