#include "model/sized_tensors.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "memory/repack.h"

namespace qwenfit {
namespace {

/// Bytes of a tensor in a buffer: quantized rows padded, then the whole aligned.
Bytes in_buffer(const Tensor& t, TensorType type, Bytes file, const BufferLayout& layout) {
  Bytes bytes = file;
  if (layout.row_padding > 0 && !is_float(type)) {
    const Bytes rest = t.width % layout.row_padding;
    if (rest != 0) bytes = add(bytes, row_bytes(type, layout.row_padding - rest));
  }
  return pad_to(bytes, layout.alignment);
}

/// Tells which matrix of its block each tensor is, in their order.
class MatrixNames {
 public:
  MatrixNames(const Architecture& a, std::size_t block)
      : moe_(a.is_moe()),
        linear_(block < a.layers && !a.is_full_attention(static_cast<std::uint32_t>(block))) {}

  /// `count` for vectors and the router.
  BlockTensor next(const Tensor& t) {
    using enum BlockTensor;
    const bool shared = moe_ && !t.experts;
    switch (t.role) {
      case TensorRole::attention_q:
        return query_or_linear;
      case TensorRole::attention_k:
        return key;
      case TensorRole::attention_v:
        return linear_ ? query_or_linear : value;
      case TensorRole::attention_output:
        return attention_output;
      case TensorRole::linear_other:
        return others_++ == 0 ? linear_gate : attention_output;
      case TensorRole::linear_gate:
        return gates_++ == 0 ? alpha : beta;
      case TensorRole::ffn_gate:
        return shared ? shared_gate : gate;
      case TensorRole::ffn_up:
        return shared ? shared_up : up;
      case TensorRole::ffn_down:
        return shared ? shared_down : down;
      default:
        return count;
    }
  }

 private:
  bool moe_, linear_;
  int others_ = 0, gates_ = 0;
};

/// Blocks of one kind as they come out, each set of types once.
class Kind {
 public:
  /// `tensors` must stay. `block`: the first of this kind.
  Kind(const Architecture& a, const std::vector<Tensor>& tensors, std::uint32_t block, MixtureChooser& choose,
       const Layouts& layouts)
      : layouts_(layouts) {
    MatrixNames names(a, block);
    matrices_.reserve(tensors.size());
    for (const Tensor& t : tensors) {
      if (t.f32()) {
        add_vector(sized(t, TensorType::f32, layouts));
      } else {
        if (choose.by_place(t.role)) by_place_.push_back(matrices_.size());
        matrices_.push_back({&t, names.next(t), choose(t, block)});
      }
    }
  }

  /// Types of the next block. What does not depend on its place stays.
  void choose_again(std::uint32_t block, MixtureChooser& choose) {
    for (const std::size_t i : by_place_) {
      Matrix& m = matrices_[i];
      const TensorType type = choose(*m.tensor, block);
      if (std::exchange(m.type, type) != type) latest_.reset();
    }
  }

  /// Index of this block among those that are alike.
  std::size_t place(std::vector<std::vector<SizedTensor>>& alike) {
    if (latest_) return *latest_;
    const auto same = [&](std::size_t index) {
      return std::equal(matrices_.begin(), matrices_.end(), alike[index].begin(),
                        [](const Matrix& m, const SizedTensor& s) { return m.type == s.type; });
    };
    const auto known = std::find_if(known_.begin(), known_.end(), same);
    latest_ = known != known_.end() ? *known : add_to(alike);
    return *latest_;
  }

 private:
  struct Matrix {
    const Tensor* tensor;
    BlockTensor name;
    TensorType type;
  };

  std::size_t add_to(std::vector<std::vector<SizedTensor>>& alike) {
    std::vector<SizedTensor> block;
    block.reserve(matrices_.size() + 1);
    for (const Matrix& m : matrices_) {
      block.push_back(sized(*m.tensor, m.type, layouts_));
      block.back().matrix = m.name;
    }
    block.push_back(vectors_);
    alike.push_back(std::move(block));
    known_.push_back(alike.size() - 1);
    return known_.back();
  }

  void add_vector(const SizedTensor& s) {
    vectors_.tensor = s.tensor;
    vectors_.elements = add(vectors_.elements, s.elements);
    vectors_.file = add(vectors_.file, s.file);
    vectors_.device = add(vectors_.device, s.device);
    vectors_.host = add(vectors_.host, s.host);
  }

  Layouts layouts_;
  std::vector<Matrix> matrices_;
  std::vector<std::size_t> by_place_;  ///< matrices whose type may depend on the block
  SizedTensor vectors_;                ///< together: what is F32 in every file has no place of its own
  std::vector<std::size_t> known_;
  std::optional<std::size_t> latest_;  ///< of the block before, while the types are its own
};

}  // namespace

SizedTensor sized(const Tensor& t, TensorType type, const Layouts& layouts) {
  const Bytes file = TypedTensor{t, type}.bytes();
  return {.tensor = &t,
          .type = type,
          .quantized = type != TensorType::f32,
          .repacked = is_repacked(type, t.rows),
          .type_block = tensor_type(type).block,
          .elements = t.elements(),
          .file = file,
          .device = in_buffer(t, type, file, layouts.device),
          .host = in_buffer(t, type, file, layouts.host)};
}

SizedModel size_up(const Architecture& a, const TensorLayout& layout, MixtureChooser choose,
                   const Layouts& layouts) {
  SizedModel model;
  model.outside.reserve(layout.outside.size());
  for (const Tensor& t : layout.outside) model.outside.push_back(sized(t, choose(t, t.block), layouts));
  std::array<std::optional<Kind>, std::tuple_size_v<decltype(layout.kinds)>> kinds;
  model.blocks.reserve(layout.blocks);
  for (std::uint32_t block = 0; block < layout.blocks; ++block) {
    const std::size_t which = layout.kind_of(block);
    std::optional<Kind>& kind = kinds[which];
    if (kind) {
      kind->choose_again(block, choose);
    } else {
      kind.emplace(a, layout.kinds[which], block, choose, layouts);
    }
    model.blocks.push_back(kind->place(model.alike));
  }
  return model;
}

SizedModel by_block(const Architecture& a, bool with_mtp, std::span<const SizedTensor> tensors) {
  SizedModel model;
  model.alike.resize(a.layers + (with_mtp ? a.mtp_layers : 0));
  for (std::size_t i = 0; i < model.alike.size(); ++i) model.blocks.push_back(i);
  for (const SizedTensor& s : tensors) {
    const std::int32_t block = s.tensor->block;
    (block < 0 ? model.outside : model.alike[static_cast<std::size_t>(block)]).push_back(s);
  }
  for (std::size_t i = 0; i < model.alike.size(); ++i) {
    MatrixNames names(a, i);
    for (SizedTensor& s : model.alike[i]) s.matrix = names.next(*s.tensor);
  }
  return model;
}

}  // namespace qwenfit
