#include "model/tensors.h"

#include <utility>

namespace qwenfit {
namespace {

class Walk {
  using enum TensorRole;

 public:
  Walk(const Architecture& a, bool with_mtp) : a_(a) {
    const std::uint32_t blocks = a.layers + (with_mtp ? a.mtp_layers : 0);
    tensors_.reserve(std::size_t{blocks} * 20 + 3);
    if (!a.tied_embeddings) put(output, "output.weight", a.embedding, a.vocab);
    put(output_norm, "output_norm.weight", a.embedding, 1);
    put(token_embedding, "token_embd.weight", a.embedding, a.vocab);
    for (block_ = 0; block_ < static_cast<std::int32_t>(blocks); ++block_) block();
  }

  std::vector<Tensor> take() { return std::move(tensors_); }

 private:
  void put(TensorRole role, std::string_view name, Bytes width, Bytes rows, bool experts = false) {
    tensors_.push_back({role, block_, experts, width, rows, name});
  }

  void vector(std::string_view name, Bytes width) { put(always_f32, name, width, 1); }

  void block() {
    const auto index = static_cast<std::uint32_t>(block_);
    const bool mtp = index >= a_.layers;
    vector("attn_norm.weight", a_.embedding);
    vector("post_attention_norm.weight", a_.embedding);  // in Qwen 3 ffn_norm
    if (mtp || a_.is_full_attention(index)) {
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
  }

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
  std::int32_t block_ = -1;
  std::vector<Tensor> tensors_;
};

}  // namespace

std::string gguf_name(const Tensor& tensor) {
  const std::string name(tensor.name);
  return tensor.block < 0 ? name : "blk." + std::to_string(tensor.block) + "." + name;
}

Bytes total_bytes(std::span<const TypedTensor> tensors) {
  Bytes sum = 0;
  for (const TypedTensor& t : tensors) sum = add(sum, t.bytes());
  return sum;
}

std::vector<Tensor> tensors_of(const Architecture& a, bool with_mtp) {
  return Walk(a, with_mtp).take();
}

}  // namespace qwenfit
