#include "model/mixture.h"

#include <array>

namespace qwenfit {
namespace {

using enum TensorType;
using M = Mixture;

/// The type most tensors of a file type get; indexed by Mixture.
constexpr std::array<TensorType, static_cast<std::size_t>(M::count)> kBase = {
    f32,     f16,  bf16,   q8_0,   q6_k,   q5_k,   q5_k,    q5_1,  q5_0,  q4_k,  q4_k,
    q4_1,    q4_0, iq4_nl, iq4_xs, mxfp4,  q3_k,   q3_k,    q3_k,  iq3_s, iq3_s, iq3_s,
    iq3_xxs, q2_k, q2_k,   iq2_s,  iq2_xs, iq2_xs, iq2_xxs, iq1_m, iq1_s, tq1_0, tq2_0};

/// llama-quantize gives the first and last eighth of the layers, and every third between, more bits.
constexpr bool more_bits(std::uint32_t i, std::uint32_t n) {
  return i < n / 8 || i >= 7 * n / 8 || (i - n / 8) % 3 == 2;
}

bool fits_block(const Tensor& t, TensorType type) {
  return t.width % tensor_type(type).block == 0;
}

/// The type llama-quantize takes instead when rows do not divide into blocks of 256.
TensorType fallback(const Tensor& tensor, TensorType type) {
  if (fits_block(tensor, type)) return type;
  TensorType other = type;
  switch (type) {
    case iq1_s:
    case iq1_m:
    case iq2_xxs:
    case iq2_xs:
    case iq2_s:
    case iq3_xxs:
    case iq3_s:
    case iq4_xs:
      other = iq4_nl;
      break;
    case q2_k:
    case q3_k:
    case tq1_0:
    case tq2_0:
      other = q4_0;
      break;
    case q4_k:
      other = q5_0;
      break;
    case q5_k:
      other = q5_1;
      break;
    case q6_k:
      other = q8_0;
      break;
    default:
      break;
  }
  return fits_block(tensor, other) ? other : f16;
}

}  // namespace

MixtureChooser::MixtureChooser(const Architecture& a, Mixture mixture, bool with_mtp, bool importance_matrix)
    : a_(a),
      mixture_(mixture),
      importance_matrix_(importance_matrix),
      base_(kBase[static_cast<std::size_t>(mixture)]),
      blocks_(a.layers + (with_mtp ? a.mtp_layers : 0)),
      value_tensors_(blocks_) {}

TensorType MixtureChooser::operator()(const Tensor& tensor, std::int64_t block) {
  if (tensor.f32()) return f32;
  if (is_float(base_)) return base_;
  return fallback(tensor, wanted(tensor, block));
}

TensorType MixtureChooser::wanted(const Tensor& tensor, std::int64_t block) {
  using enum TensorRole;
  if (tensor.role == TensorRole::output || (tensor.role == token_embedding && a_.tied_embeddings)) {
    return this->output(tensor);
  }
  if (mixture_ == M::mxfp4_moe) return tensor.experts ? mxfp4 : q8_0;
  if (tensor.role == token_embedding) return embedding();
  switch (mixture_) {
    case M::iq2_xxs:
    case M::iq2_xs:
    case M::iq2_s:
    case M::iq2_m:
    case M::iq1_s:
    case M::iq1_m:
      return below_three_bits(tensor);
    default:
      break;
  }
  switch (tensor.role) {
    case attention_v:
      return attention_value();
    case attention_k:
    case attention_q:
      return mixture_ == M::iq3_xs ? iq3_xxs : mixture_ == M::iq3_xxs ? iq2_s : base_;
    case TensorRole::ffn_down:
      return this->ffn_down(block);
    case TensorRole::attention_output:
      return this->attention_output();
    case ffn_gate:
    case ffn_up:
      return ffn_gate_or_up(tensor, block);
    default:
      return base_;
  }
}

TensorType MixtureChooser::output(const Tensor& tensor) const {
  if (mixture_ == M::mxfp4_moe || !fits_block(tensor, base_)) return q8_0;
  switch (mixture_) {
    case M::iq2_xxs:
    case M::iq2_xs:
    case M::iq3_xxs:
    case M::iq1_s:
    case M::iq2_s:
    case M::iq2_m:
    case M::iq1_m:
      return q5_k;
    default:
      return base_ == q8_0 ? q8_0 : q6_k;
  }
}

TensorType MixtureChooser::embedding() const {
  switch (mixture_) {
    case M::iq2_xxs:
    case M::iq2_xs:
    case M::iq1_s:
    case M::iq1_m:
      return q2_k;
    case M::iq2_s:
    case M::iq2_m:
    case M::iq3_xxs:
      return iq3_s;
    case M::tq1_0:
    case M::tq2_0:
      return q4_k;
    default:
      return base_;
  }
}

TensorType MixtureChooser::below_three_bits(const Tensor& tensor) {
  const bool s_or_m = mixture_ == M::iq2_s || mixture_ == M::iq2_m;
  switch (tensor.role) {
    case TensorRole::attention_v:
      ++values_seen_;
      if (a_.heads / a_.kv_heads >= 4 || a_.experts >= 4) return q4_k;
      return s_or_m ? iq3_s : q2_k;
    case TensorRole::ffn_down:
      if (downs_seen_++ < blocks_ / 8) return s_or_m ? iq3_s : q2_k;
      return base_;
    case TensorRole::attention_output:
      if (mixture_ == M::iq1_s || mixture_ == M::iq1_m) return iq2_xxs;
      return s_or_m ? iq3_s : base_;
    default:
      return base_;
  }
}

TensorType MixtureChooser::attention_value() {
  const std::uint32_t i = values_seen_++;
  const bool grouped = a_.heads / a_.kv_heads >= 4;
  switch (mixture_) {
    case M::q2_k:
      return grouped ? q4_k : q3_k;
    case M::q2_k_s:
    case M::iq3_xs:
    case M::iq3_s:
      return grouped ? q4_k : base_;
    case M::iq3_xxs:
      return grouped ? q4_k : importance_matrix_ ? iq3_xxs : iq3_s;
    case M::iq3_m:
      return q4_k;
    case M::q3_k_m:
      return i < 2 ? q5_k : q4_k;
    case M::q3_k_l:
      return q5_k;
    case M::iq4_nl:
    case M::iq4_xs:
      return grouped ? q5_k : base_;
    case M::q4_k_m:
    case M::q5_k_m:
      return more_bits(i, value_tensors_) ? q6_k : base_;
    case M::q4_k_s:
      return i < 4 ? q5_k : base_;
    default:
      return base_;
  }
}

std::uint32_t MixtureChooser::position(std::int64_t block, std::uint32_t seen) const {
  return a_.is_moe() ? static_cast<std::uint32_t>(block) : seen;
}

TensorType MixtureChooser::ffn_down(std::int64_t block) {
  const std::uint32_t i = position(block, downs_seen_++);
  const bool first_eighth = i < blocks_ / 8;
  switch (mixture_) {
    case M::q2_k:
      return q3_k;
    case M::q2_k_s:
    case M::iq3_m:
      return first_eighth ? q4_k : base_;
    case M::iq3_xxs:
      return importance_matrix_ ? base_ : first_eighth ? q4_k : q3_k;
    case M::q3_k_m:
      return i < blocks_ / 16 ? q5_k : q4_k;
    case M::q3_k_l:
      return q5_k;
    case M::q4_k_m:
    case M::q5_k_m:
      return more_bits(i, blocks_) ? q6_k : base_;
    case M::iq4_nl:
    case M::iq4_xs:
      return first_eighth && !importance_matrix_ ? q5_k : base_;
    case M::q4_k_s:
      return first_eighth ? q5_k : base_;
    case M::q4_0:
      return first_eighth && importance_matrix_ ? q4_1 : base_;
    case M::q5_0:
      return first_eighth && importance_matrix_ ? q5_1 : base_;
    default:
      return base_;
  }
}

TensorType MixtureChooser::attention_output() const {
  switch (mixture_) {
    case M::q2_k:
      return q3_k;
    case M::iq3_xxs:
      return iq3_s;
    case M::q3_k_m:
    case M::iq3_m:
      return q4_k;
    case M::q3_k_l:
      return q5_k;
    default:
      return base_;
  }
}

TensorType MixtureChooser::ffn_gate_or_up(const Tensor& tensor, std::int64_t block) {
  std::uint32_t& seen = tensor.role == TensorRole::ffn_gate ? gates_seen_ : ups_seen_;
  const std::uint32_t i = position(block, seen++);
  const bool middle = i >= blocks_ / 8 && i < 7 * blocks_ / 8;
  return mixture_ == M::iq3_xs && middle ? iq3_xxs : base_;
}

std::vector<TypedTensor> typed_tensors(const Architecture& a, Mixture mixture, bool with_mtp,
                                       bool importance_matrix) {
  MixtureChooser choose(a, mixture, with_mtp, importance_matrix);
  std::vector<TypedTensor> result;
  for (const Tensor& t : tensors_of(a, with_mtp)) result.push_back({t, choose(t, t.block)});
  return result;
}

}  // namespace qwenfit
