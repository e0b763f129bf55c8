#include "model/tensors.h"

#include <utility>

namespace qwenfit {
namespace {

/// Lays out what stands outside blocks, or a block of one kind.
class Walk {
  using enum TensorRole;

 public:
  explicit Walk(const Architecture& a) : a_(a) { tensors_.reserve(kMostTensors); }

  std::vector<Tensor> outside() && {
    if (!a_.tied_embeddings) put(output, "output.weight", a_.embedding, a_.vocab);
    put(output_norm, "output_norm.weight", a_.embedding, 1);
    put(token_embedding, "token_embd.weight", a_.embedding, a_.vocab);
    return std::move(tensors_);
  }

  std::vector<Tensor> block(bool full, bool mtp) && {
    vector("attn_norm.weight", a_.embedding);
    vector("post_attention_norm.weight", a_.embedding);  // in Qwen 3 ffn_norm
    if (full) {
      full_attention();
    } else {
      linear_attention();
    }
    if (a_.is_moe()) {
      experts();
    } else {
      put(ffn_down, "ffn_down.weight", a_.feed_forward, a_.embedding);
      put(ffn_gate, "ffn_gate.weight", a_.embedding, a_.feed_forward);
      put(ffn_up, "ffn_up.weight", a_.embedding, a_.feed_forward);
    }
    if (mtp) {
      put(mtp_projection, "nextn.eh_proj.weight", Bytes{2} * a_.embedding, a_.embedding);
      for (const auto name : {"nextn.enorm.weight", "nextn.hnorm.weight", "nextn.shared_head_norm.weight"})
        vector(name, a_.embedding);
    }
    return std::move(tensors_);
  }

 private:
  static constexpr std::size_t kMostTensors = 24;

  void put(TensorRole role, std::string_view name, Bytes width, Bytes rows, bool experts = false) {
    tensors_.push_back({role, -1, experts, width, rows, name});
  }

  void vector(std::string_view name, Bytes width) { put(always_f32, name, width, 1); }

  void full_attention() {
    const Bytes query = Bytes{a_.head_dim} * a_.heads;
    put(attention_k, "attn_k.weight", a_.embedding, a_.kv_width());
    put(attention_output, "attn_output.weight", query, a_.embedding);
    put(attention_q, "attn_q.weight", a_.embedding, a_.attention_output_gate ? 2 * query : query);
    put(attention_v, "attn_v.weight", a_.embedding, a_.kv_width());
    vector("attn_q_norm.weight", a_.head_dim);
    vector("attn_k_norm.weight", a_.head_dim);
  }

  void linear_attention() {
    const Bytes values = Bytes{a_.linear_value_heads} * a_.linear_head_dim;
    put(linear_other, "attn_gate.weight", a_.embedding, values);
    put(attention_v, "attn_qkv.weight", a_.embedding, a_.conv_channels());
    vector("ssm_a", a_.linear_value_heads);
    vector("ssm_dt.bias", a_.linear_value_heads);
    put(linear_gate, "ssm_alpha.weight", a_.embedding, a_.linear_value_heads);
    put(linear_gate, "ssm_beta.weight", a_.embedding, a_.linear_value_heads);
    put(always_f32, "ssm_conv1d.weight", a_.conv_kernel, a_.conv_channels());
    vector("ssm_norm.weight", a_.linear_head_dim);
    put(linear_other, "ssm_out.weight", values, a_.embedding);
  }

  void experts() {
    const Bytes count = a_.experts;
    put(ffn_down, "ffn_down_exps.weight", a_.expert_feed_forward, mul(a_.embedding, count), true);
    if (a_.shared_expert_feed_forward > 0)
      put(ffn_down, "ffn_down_shexp.weight", a_.shared_expert_feed_forward, a_.embedding);
    put(ffn_gate, "ffn_gate_exps.weight", a_.embedding, mul(a_.expert_feed_forward, count), true);
    put(router, "ffn_gate_inp.weight", a_.embedding, count);
    if (a_.shared_expert_feed_forward > 0) {
      put(router, "ffn_gate_inp_shexp.weight", a_.embedding, 1);
      put(ffn_gate, "ffn_gate_shexp.weight", a_.embedding, a_.shared_expert_feed_forward);
    }
    put(ffn_up, "ffn_up_exps.weight", a_.embedding, mul(a_.expert_feed_forward, count), true);
    if (a_.shared_expert_feed_forward > 0)
      put(ffn_up, "ffn_up_shexp.weight", a_.embedding, a_.shared_expert_feed_forward);
  }

  const Architecture& a_;
  std::vector<Tensor> tensors_;
};

}  // namespace

std::string gguf_name(const Tensor& tensor) {
  const std::string name(tensor.name);
  return tensor.block < 0 ? name : "blk." + std::to_string(tensor.block) + "." + name;
}

TensorLayout::TensorLayout(const Architecture& a, bool with_mtp)
    : outside(Walk(a).outside()),
      kinds{Walk(a).block(false, false), Walk(a).block(true, false), Walk(a).block(true, true)},
      blocks(a.layers + (with_mtp ? a.mtp_layers : 0)),
      a_(a) {}

std::size_t TensorLayout::kind_of(std::uint32_t block) const {
  return block >= a_.layers ? 2 : a_.is_full_attention(block) ? 1 : 0;
}

std::vector<Tensor> tensors_of(const Architecture& a, bool with_mtp) {
  const TensorLayout layout(a, with_mtp);
  std::vector<Tensor> tensors = layout.outside;
  for (std::uint32_t block = 0; block < layout.blocks; ++block) {
    for (Tensor tensor : layout.kinds[layout.kind_of(block)]) {
      tensor.block = static_cast<std::int32_t>(block);
      tensors.push_back(tensor);
    }
  }
  return tensors;
}

std::uint64_t parameter_count(const Architecture& a, bool with_mtp) {
  std::uint64_t count = 0;
  for (const Tensor& t : tensors_of(a, with_mtp)) count = add(count, t.elements());
  return count;
}

}  // namespace qwenfit
