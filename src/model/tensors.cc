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
    if (!a.tied_embeddings) put(output, a.embedding, a.vocab);
    put(output_norm, a.embedding, 1);
    put(token_embedding, a.embedding, a.vocab);
    for (block_ = 0; block_ < static_cast<std::int32_t>(blocks); ++block_) block();
  }

  std::vector<Tensor> take() { return std::move(tensors_); }

 private:
  void put(TensorRole role, Bytes width, Bytes rows, bool experts = false) {
    tensors_.push_back({role, block_, experts, width, rows});
  }

  void vector(Bytes width) { put(always_f32, width, 1); }

  void block() {
    const auto index = static_cast<std::uint32_t>(block_);
    const bool mtp = index >= a_.layers;
    vector(a_.embedding);  // attn_norm
    vector(a_.embedding);  // post_attention_norm, in Qwen 3 ffn_norm
    if (mtp || a_.is_full_attention(index)) {
      full_attention();
    } else {
      linear_attention();
    }
    if (a_.is_moe()) {
      experts();
    } else {
      put(ffn_down, a_.feed_forward, a_.embedding);
      put(ffn_gate, a_.embedding, a_.feed_forward);
      put(ffn_up, a_.embedding, a_.feed_forward);
    }
    if (mtp) {
      put(mtp_projection, Bytes{2} * a_.embedding, a_.embedding);
      for (int i = 0; i < 3; ++i) vector(a_.embedding);  // enorm, hnorm, shared_head_norm
    }
  }

  void full_attention() {
    const Bytes query = Bytes{a_.head_dim} * a_.heads;
    put(attention_k, a_.embedding, a_.kv_width());
    put(attention_output, query, a_.embedding);
    put(attention_q, a_.embedding, a_.attention_output_gate ? 2 * query : query);
    put(attention_v, a_.embedding, a_.kv_width());
    vector(a_.head_dim);  // query norm
    vector(a_.head_dim);  // key norm
  }

  void linear_attention() {
    const Bytes values = Bytes{a_.linear_value_heads} * a_.linear_head_dim;
    put(linear_other, a_.embedding, values);  // attn_gate
    put(attention_v, a_.embedding, a_.conv_channels());
    vector(a_.linear_value_heads);                          // ssm_a
    vector(a_.linear_value_heads);                          // ssm_dt
    put(linear_gate, a_.embedding, a_.linear_value_heads);  // ssm_alpha
    put(linear_gate, a_.embedding, a_.linear_value_heads);  // ssm_beta
    put(always_f32, a_.conv_kernel, a_.conv_channels());
    vector(a_.linear_head_dim);               // ssm_norm
    put(linear_other, values, a_.embedding);  // ssm_out
  }

  void experts() {
    const Bytes count = a_.experts;
    put(ffn_down, a_.expert_feed_forward, mul(a_.embedding, count), true);
    if (a_.shared_expert_feed_forward > 0) put(ffn_down, a_.shared_expert_feed_forward, a_.embedding);
    put(ffn_gate, a_.embedding, mul(a_.expert_feed_forward, count), true);
    put(router, a_.embedding, count);
    if (a_.shared_expert_feed_forward > 0) {
      put(router, a_.embedding, 1);  // gate of the shared expert
      put(ffn_gate, a_.embedding, a_.shared_expert_feed_forward);
    }
    put(ffn_up, a_.embedding, mul(a_.expert_feed_forward, count), true);
    if (a_.shared_expert_feed_forward > 0) put(ffn_up, a_.embedding, a_.shared_expert_feed_forward);
  }

  const Architecture& a_;
  std::int32_t block_ = -1;
  std::vector<Tensor> tensors_;
};

}  // namespace

std::vector<Tensor> tensors_of(const Architecture& a, bool with_mtp) {
  return Walk(a, with_mtp).take();
}

}  // namespace qwenfit
