#pragma once

// GGUF headers as llama.cpp's converter writes them for models of the catalog, with the catalog's types. The
// names are written down here a second time: a wrong one on either side is found.

#include <map>
#include <stdexcept>

#include "model/mixture.h"
#include "model/tensors.h"
#include "qwenfit/catalog_rows.h"
#include "support/gguf_writer.h"

namespace qwenfit {

struct NamedShape {
  std::string name;
  std::vector<Bytes> dimensions;
};

/// The tensors of a file in the converter's order.
class ConvertedTensors {
 public:
  ConvertedTensors(const Architecture& a, bool with_mtp) : a_(a) {
    add("token_embd.weight", {a.embedding, a.vocab});
    add("output_norm.weight", {a.embedding});
    if (!a.tied_embeddings) add("output.weight", {a.embedding, a.vocab});
    const std::uint32_t blocks = a.layers + (with_mtp ? a.mtp_layers : 0);
    for (std::uint32_t i = 0; i < blocks; ++i) block(i);
  }
  std::vector<NamedShape> take() && { return std::move(list_); }

 private:
  void add(const std::string& name, std::vector<Bytes> dimensions) {
    list_.push_back({prefix_ + name, std::move(dimensions)});
  }

  void block(std::uint32_t i) {
    const bool mtp = i >= a_.layers;
    const bool hybrid = a_.full_attention_interval > 1;
    prefix_ = "blk." + std::to_string(i) + ".";
    add("attn_norm.weight", {a_.embedding});
    add(hybrid ? "post_attention_norm.weight" : "ffn_norm.weight", {a_.embedding});
    if (mtp || (i + 1) % a_.full_attention_interval == 0) {
      full();
    } else {
      linear();
    }
    if (a_.experts > 0) {
      experts();
    } else {
      add("ffn_gate.weight", {a_.embedding, a_.feed_forward});
      add("ffn_up.weight", {a_.embedding, a_.feed_forward});
      add("ffn_down.weight", {a_.feed_forward, a_.embedding});
    }
    if (mtp) {
      add("nextn.eh_proj.weight", {Bytes{2} * a_.embedding, a_.embedding});
      for (const char* name : {"nextn.enorm.weight", "nextn.hnorm.weight", "nextn.shared_head_norm.weight"})
        add(name, {a_.embedding});
    }
  }

  void full() {
    const Bytes query = Bytes{a_.head_dim} * a_.heads;
    const Bytes keys = Bytes{a_.head_dim} * a_.kv_heads;
    add("attn_q.weight", {a_.embedding, a_.attention_output_gate ? 2 * query : query});
    add("attn_k.weight", {a_.embedding, keys});
    add("attn_v.weight", {a_.embedding, keys});
    add("attn_output.weight", {query, a_.embedding});
    add("attn_q_norm.weight", {a_.head_dim});
    add("attn_k_norm.weight", {a_.head_dim});
  }

  void linear() {
    const Bytes keys = Bytes{a_.linear_key_heads} * a_.linear_head_dim;
    const Bytes values = Bytes{a_.linear_value_heads} * a_.linear_head_dim;
    add("ssm_out.weight", {values, a_.embedding});
    add("attn_qkv.weight", {a_.embedding, 2 * keys + values});
    add("attn_gate.weight", {a_.embedding, values});
    add("ssm_conv1d.weight", {a_.conv_kernel, 2 * keys + values});
    add("ssm_dt.bias", {a_.linear_value_heads});
    add("ssm_a", {a_.linear_value_heads});
    add("ssm_beta.weight", {a_.embedding, a_.linear_value_heads});
    add("ssm_alpha.weight", {a_.embedding, a_.linear_value_heads});
    add("ssm_norm.weight", {a_.linear_head_dim});
  }

  void experts() {
    const Bytes wide = a_.expert_feed_forward;
    const Bytes shared = a_.shared_expert_feed_forward;
    add("ffn_gate_inp.weight", {a_.embedding, a_.experts});
    add("ffn_gate_exps.weight", {a_.embedding, wide, a_.experts});
    add("ffn_up_exps.weight", {a_.embedding, wide, a_.experts});
    add("ffn_down_exps.weight", {wide, a_.embedding, a_.experts});
    if (shared == 0) return;
    add("ffn_gate_inp_shexp.weight", {a_.embedding});
    add("ffn_gate_shexp.weight", {a_.embedding, shared});
    add("ffn_up_shexp.weight", {a_.embedding, shared});
    add("ffn_down_shexp.weight", {shared, a_.embedding});
  }

  const Architecture& a_;
  std::string prefix_;
  std::vector<NamedShape> list_;
};

/// The metadata that a converter writes for a model of the catalog.
inline void put_metadata(GgufWriter& out, const ModelRow& model, bool with_mtp, std::size_t words) {
  const Architecture& a = model.architecture;
  const bool hybrid = a.full_attention_interval > 1;
  const std::string arch = std::string(hybrid ? "qwen35" : "qwen3") + (a.experts > 0 ? "moe" : "");
  const auto put = [&](const std::string& key, std::uint32_t value) { out.put(arch + "." + key, value); };
  out.put("general.architecture", arch);
  out.put("general.type", "model");
  out.put("general.name", std::string(model.name));
  put("block_count", a.layers + (with_mtp ? a.mtp_layers : 0));
  put("context_length", static_cast<std::uint32_t>(model.max_context));
  put("embedding_length", a.embedding);
  put("attention.head_count", a.heads);
  put("attention.head_count_kv", a.kv_heads);
  put("attention.key_length", a.head_dim);
  put("attention.value_length", a.head_dim);
  out.put(arch + ".rope.freq_base", GgufTag::f32, GgufWriter::raw<std::uint32_t>(0x4b189680));
  out.put_list(arch + ".rope.dimension_sections", {11, 11, 10, 0});
  if (hybrid) {
    put("ssm.conv_kernel", a.conv_kernel);
    put("ssm.state_size", a.linear_head_dim);
    put("ssm.group_count", a.linear_key_heads);
    put("ssm.time_step_rank", a.linear_value_heads);
    put("ssm.inner_size", a.linear_head_dim * a.linear_value_heads);
    put("full_attention_interval", a.full_attention_interval);
  }
  if (a.experts > 0) {
    put("expert_count", a.experts);
    put("expert_used_count", a.experts_used);
    put("expert_feed_forward_length", a.expert_feed_forward);
    if (a.shared_expert_feed_forward > 0)
      put("expert_shared_feed_forward_length", a.shared_expert_feed_forward);
  } else {
    put("feed_forward_length", a.feed_forward);
  }
  if (with_mtp && a.mtp_layers > 0) put("nextn_predict_layers", a.mtp_layers);
  out.put("tokenizer.ggml.model", "gpt2");
  out.put_words("tokenizer.ggml.tokens", words);
}

/// The tensors of a model of the catalog, [first, last) of them, in the types that llama-quantize gives them.
inline void put_tensors(GgufWriter& out, const ModelRow& model, Mixture mixture, bool with_mtp,
                        std::size_t first = 0, std::size_t last = ~std::size_t{0}) {
  std::map<std::string, TensorType> types;
  for (const TypedTensor& t : typed_tensors(model.architecture, mixture, with_mtp))
    types[gguf_name(t.tensor)] = t.type;
  const auto list = ConvertedTensors(model.architecture, with_mtp).take();
  for (std::size_t i = first; i < std::min(last, list.size()); ++i) {
    const auto known = types.find(list[i].name);
    if (known == types.end() && !list[i].name.ends_with("ffn_norm.weight"))
      throw std::logic_error("the program has no tensor " + list[i].name);
    out.tensor(list[i].name, list[i].dimensions, known == types.end() ? TensorType::f32 : known->second);
  }
}

/// A small model with plain attention and one block, right in everything.
inline GgufWriter small_gguf(const std::string& arch = "llama") {
  GgufWriter out;
  out.put("general.architecture", arch);
  out.put(arch + ".block_count", std::uint32_t{1});
  out.put(arch + ".context_length", std::uint32_t{4096});
  out.put(arch + ".embedding_length", std::uint32_t{256});
  out.put(arch + ".attention.head_count", std::uint32_t{4});
  out.put(arch + ".attention.head_count_kv", std::uint32_t{2});
  out.put(arch + ".feed_forward_length", std::uint32_t{512});
  return out;
}
/// Its tensors but for `left_out`.
inline void put_small_tensors(GgufWriter& out, std::string_view left_out = "") {
  const auto put = [&](std::string_view name, const std::vector<Bytes>& dimensions, TensorType type) {
    if (name != left_out) out.tensor(name, dimensions, type);
  };
  put("token_embd.weight", {256, 1000}, TensorType::q4_k);
  put("output_norm.weight", {256}, TensorType::f32);
  put("blk.0.attn_norm.weight", {256}, TensorType::f32);
  put("blk.0.attn_q.weight", {256, 256}, TensorType::q4_k);
  put("blk.0.attn_k.weight", {256, 128}, TensorType::q4_k);
  put("blk.0.attn_v.weight", {256, 128}, TensorType::q6_k);
  put("blk.0.attn_output.weight", {256, 256}, TensorType::q4_k);
  put("blk.0.ffn_norm.weight", {256}, TensorType::f32);
  put("blk.0.ffn_gate.weight", {256, 512}, TensorType::q4_k);
  put("blk.0.ffn_up.weight", {256, 512}, TensorType::q4_k);
  put("blk.0.ffn_down.weight", {512, 256}, TensorType::q6_k);
}
inline GgufWriter whole_small_gguf(const std::string& arch = "llama") {
  GgufWriter out = small_gguf(arch);
  put_small_tensors(out);
  return out;
}

}  // namespace qwenfit
