// Models of GGUF files: how their tensors and metadata are read, and which are refused.

#include "model/gguf_model.h"

#include <functional>

#include "catch.h"
#include "model/gguf.h"
#include "model/gguf_kinds.h"
#include "model/gguf_said.h"
#include "support/gguf_models.h"
#include "support/text.h"

using namespace qwenfit;

namespace {

/// What an answer calls the file.
enum class Called : std::uint8_t { damaged, other_kind, either };

struct Stranger {
  const char* what;
  std::function<void(GgufWriter&)> put;
  const char* message;
  Called called;
};

}  // namespace

TEST_CASE("models that cannot be told are refused with the reason") {
  const Stranger strangers[] = {
      {"no architecture", [](GgufWriter& w) { w = GgufWriter(); }, "has no \"general.architecture\"",
       Called::other_kind},
      {"a projector",
       [](GgufWriter& w) {
         w = GgufWriter();
         w.put("general.architecture", "clip");
       },
       "is a vision encoder (mmproj)", Called::other_kind},
      {"an adapter", [](GgufWriter& w) { w.put("general.type", "adapter"); }, "is a LoRA adapter",
       Called::other_kind},
      {"an importance matrix", [](GgufWriter& w) { w.put("general.type", "imatrix"); },
       "is an importance matrix", Called::other_kind},
      {"MLA", [](GgufWriter& w) { w.put("llama.attention.kv_lora_rank", std::uint32_t{512}); }, "(MLA)",
       Called::other_kind},
      {"a window",
       [](GgufWriter& w) {
         w = small_gguf("exaone");
         w.put("exaone.attention.sliding_window", std::uint32_t{1024});
       },
       "only a window", Called::other_kind},
      {"layers that differ",
       [](GgufWriter& w) {
         w.put_list("llama.attention.key_length", {64, 128});
       },
       "layers that differ in \"llama.attention.key_length\"", Called::other_kind},
      {"a count in words", [](GgufWriter& w) { w.put("llama.expert_count", "many"); }, "no whole number",
       Called::damaged},
      {"a negative count",
       [](GgufWriter& w) { w.put("llama.expert_count", GgufTag::i32, GgufWriter::raw(std::int32_t{-8})); },
       "a negative \"llama.expert_count\"", Called::damaged},
      {"wide values", [](GgufWriter& w) { w.put("llama.attention.value_length", std::uint32_t{32}); },
       "keys and values of different widths", Called::other_kind},
      {"heads of 2^31", [](GgufWriter& w) { w.put("llama.attention.key_length", std::uint32_t{1} << 31); },
       "2147483648 elements in a head", Called::damaged},
      {"more drafting than layers",
       [](GgufWriter& w) { w.put("llama.nextn_predict_layers", std::uint32_t{7}); }, "of them for drafting",
       Called::damaged},
      {"experts that are not there", [](GgufWriter& w) { w.put("llama.expert_count", std::uint32_t{8}); },
       "has no \"llama.expert_used_count\"", Called::either},
      {"experts in matrices of their own",
       [](GgufWriter& w) {
         w.put("llama.expert_count", std::uint32_t{8});
         w.put("llama.expert_used_count", std::uint32_t{2});
         w.tensor("blk.0.ffn_down.0.weight", {512, 256}, TensorType::q4_k);
       },
       "keeps each expert in matrices of its own", Called::other_kind},
      {"Mamba", [](GgufWriter& w) { w.put("llama.ssm.state_size", std::uint32_t{16}); },
       "has recurrent layers of another kind", Called::other_kind},
      {"RWKV", [](GgufWriter& w) { w.put("llama.wkv.head_size", std::uint32_t{64}); },
       "has recurrent layers of another kind", Called::other_kind},
      {"an encoder",
       [](GgufWriter& w) {
         w.tensor("enc.blk.0.attn_q.weight", {256, 256}, TensorType::q4_k);
       },
       "an encoder beside its decoder", Called::other_kind},
      {"cross attention",
       [](GgufWriter& w) {
         w.tensor("blk.0.cross_attn_q_proj.weight", {256, 256}, TensorType::q4_k);
       },
       "cross attention", Called::other_kind},
      {"a reader",
       [](GgufWriter& w) { w.put("llama.attention.causal", GgufTag::flag, std::string(1, '\0')); },
       "keeps no cache", Called::other_kind},
      {"dense layers first",
       [](GgufWriter& w) { w.put("llama.leading_dense_block_count", std::uint32_t{1}); },
       "layers without experts", Called::other_kind},
      {"a shared cache", [](GgufWriter& w) { w.put("llama.attention.shared_kv_layers", std::uint32_t{2}); },
       "shares its cache between layers", Called::other_kind},
      {"a block too many",
       [](GgufWriter& w) {
         w.tensor("blk.1.attn_q.weight", {256, 256}, TensorType::q4_k);
       },
       "its metadata state 1 blocks", Called::damaged},
      {"a block of 2^40", [](GgufWriter& w) { w.tensor("blk.1099511627776.x", {256}, TensorType::f32); },
       "its metadata state 1 blocks", Called::damaged},
      {"a block without a number", [](GgufWriter& w) { w.tensor("blk.x.y", {256}, TensorType::f32); },
       "its metadata state 1 blocks", Called::damaged},
  };
  for (const Stranger& stranger : strangers) {
    INFO(stranger.what);
    GgufWriter w = small_gguf();
    stranger.put(w);
    put_small_tensors(w);
    const std::string said = said_of(w);
    INFO(said);
    CHECK(has(said, stranger.message));
    CHECK(has(said, kDamaged) == (stranger.called == Called::damaged));
    CHECK(has(said, "it is damaged, or its ") == (stranger.called == Called::either));
    CHECK(has(said, "damaged") == (stranger.called != Called::other_kind));
    const bool next = has(said, "give ") || has(said, "take ") || has(said, kTheseWork);
    CHECK(next == (stranger.called != Called::damaged));
  }
}

namespace {

/// A small model of plain attention whose block is as `put` makes it.
GgufModel model_with(const std::string& arch, const std::function<void(GgufWriter&)>& put) {
  GgufWriter w = small_gguf(arch);
  w.tensor("token_embd.weight", {256, 1000}, TensorType::q4_k);
  w.tensor("output_norm.weight", {256}, TensorType::f32);
  w.tensor("blk.0.attn_norm.weight", {256}, TensorType::f32);
  put(w);
  w.tensor("blk.0.attn_output.weight", {256, 256}, TensorType::q4_k);
  w.tensor("blk.0.ffn_down.weight", {512, 256}, TensorType::q6_k);
  MemorySource source = w.source();
  auto header = read_gguf(source, "x.gguf");
  REQUIRE(header);
  const auto model = gguf_model({std::move(*header)}, "x.gguf");
  INFO((model ? "" : model.error().message));
  REQUIRE(model);
  return *model;
}

void put_separate(GgufWriter& w) {
  w.tensor("blk.0.attn_q.weight", {256, 256}, TensorType::q4_k);
  w.tensor("blk.0.attn_k.weight", {256, 128}, TensorType::q4_k);
  w.tensor("blk.0.attn_v.weight", {256, 128}, TensorType::q4_k);
}
void put_gated(GgufWriter& w) {
  w.tensor("blk.0.ffn_gate.weight", {256, 512}, TensorType::q4_k);
  w.tensor("blk.0.ffn_up.weight", {256, 512}, TensorType::q4_k);
}

}  // namespace

TEST_CASE("plain attention is read however its matrices are joined") {
  const GgufModel apart = model_with("llama", [](GgufWriter& w) {
    put_separate(w);
    put_gated(w);
  });
  const GgufModel joined = model_with("phi3", [](GgufWriter& w) {
    w.put("phi3.attention.sliding_window", std::uint32_t{4096});  // as wide as the context: of no effect
    w.tensor("blk.0.attn_qkv.weight", {256, 512}, TensorType::q4_k);
    w.tensor("blk.0.ffn_up.weight", {256, 1024}, TensorType::q4_k);
  });
  CHECK(joined.shape == apart.shape);
  CHECK(total_bytes(joined.tensors) == total_bytes(apart.tensors));
  CHECK(joined.joined_attention);
  CHECK(joined.joined_feed_forward);
  CHECK_FALSE(joined.no_gate);
  CHECK(joined.unknown.empty());
  CHECK_FALSE(apart.joined_attention);

  const GgufModel no_gate = model_with("starcoder2", [](GgufWriter& w) {
    put_separate(w);
    w.tensor("blk.0.attn_q.bias", {256}, TensorType::f32);
    w.tensor("blk.0.ffn_up.weight", {256, 512}, TensorType::q4_k);
    w.tensor("blk.0.ffn_up.bias", {512}, TensorType::f32);
  });
  CHECK(no_gate.no_gate);
  CHECK_FALSE(no_gate.joined_feed_forward);
  CHECK(total_bytes(no_gate.tensors) + 512 * 144 == total_bytes(apart.tensors) + 4 * (256 + 512));

  const GgufModel wide_norms = model_with("olmo2", [](GgufWriter& w) {
    put_separate(w);
    put_gated(w);
    w.tensor("blk.0.attn_q_norm.weight", {256}, TensorType::f32);
    w.tensor("blk.0.attn_k_norm.weight", {128}, TensorType::f32);
  });
  CHECK(total_bytes(wide_norms.tensors) == total_bytes(apart.tensors) + 4 * (256 + 128));

  const GgufModel first_qwen = model_with("qwen", [](GgufWriter& w) {
    w.tensor("blk.0.attn_qkv.weight", {256, 512}, TensorType::q4_k);
    put_gated(w);
  });
  CHECK(first_qwen.shape.feed_forward == 512);
}

TEST_CASE("a window that llama.cpp does not read changes nothing") {
  for (const std::string arch : {"llama", "qwen2", "phi3", "starcoder2"}) {
    INFO(arch);
    GgufWriter w = small_gguf(arch);
    w.put(arch + ".attention.sliding_window", std::uint32_t{2047});
    put_small_tensors(w);
    CHECK(said_of(w).empty());
  }
}

TEST_CASE("feed forwards of several widths are no damage") {
  const auto said_of_widths = [](const std::string& arch, const std::vector<std::uint32_t>& widths) {
    GgufWriter w;
    w.put("general.architecture", arch);
    w.put(arch + ".block_count", std::uint32_t{1});
    w.put(arch + ".context_length", std::uint32_t{4096});
    w.put(arch + ".embedding_length", std::uint32_t{256});
    w.put(arch + ".attention.head_count", std::uint32_t{4});
    w.put(arch + ".attention.head_count_kv", std::uint32_t{2});
    w.put_list(arch + ".feed_forward_length", widths);
    put_small_tensors(w);
    return said_of(w);
  };
  for (const char* arch : {"llama", "qwen3", "unheard-of"}) {
    INFO(arch);
    CHECK(said_of_widths(arch, {512, 512}).empty());
    for (const std::uint32_t other : {256U, 0U}) {
      const std::string said = said_of_widths(arch, {512, other});
      CHECK(has(said, "has layers that differ in"));
      CHECK(has(said, "feed_forward_length"));
      CHECK_FALSE(has(said, "damaged"));
    }
  }
}

TEST_CASE("Qwen 3.5 has no file without linear attention") {
  for (const char* arch : {"qwen35", "qwen35moe"}) {
    const std::string said = said_of(whole_small_gguf(arch));
    INFO(said);
    CHECK(has(said, ".ssm.conv_kernel"));
    CHECK(has(said, kDamaged));
  }
  CHECK(said_of(whole_small_gguf("qwen3")).empty());
}

TEST_CASE("what lacks in a file of plain attention is damage, in others it may be of another kind") {
  for (const char* plain : {"llama", "qwen2", "phi3"}) {
    GgufWriter w = small_gguf(plain);
    put_small_tensors(w, "blk.0.ffn_down.weight");
    INFO(plain);
    CHECK(has(said_of(w), "it is damaged"));
    CHECK_FALSE(has(said_of(w), "kind not known"));
  }
  GgufWriter other = small_gguf("unheard-of");
  put_small_tensors(other, "blk.0.ffn_down.weight");
  CHECK(has(said_of(other), "it is damaged, or its architecture"));
}

TEST_CASE("a joined matrix must be as wide as its parts together") {
  for (const char* name : {"blk.0.attn_qkv.weight", "blk.0.ffn_up.weight"}) {
    GgufWriter w = small_gguf("phi3");
    put_small_tensors(w, "blk.0.ffn_gate.weight");
    CHECK(said_of(w).empty());
    GgufWriter wrong = small_gguf("phi3");
    for (const char* other : {"token_embd.weight", "blk.0.attn_qkv.weight", "blk.0.attn_output.weight",
                              "blk.0.ffn_up.weight", "blk.0.ffn_down.weight"}) {
      const Bytes rows = other == std::string_view("token_embd.weight") ? 1000
                         : other == std::string_view(name)              ? 768
                         : has(other, "attn_output")                    ? 256
                         : has(other, "ffn_down")                       ? 256
                         : has(other, "ffn_up")                         ? 1024
                                                                        : 512;
      wrong.tensor(other, {has(other, "ffn_down") ? Bytes{512} : Bytes{256}, rows}, TensorType::q4_k);
    }
    const std::string said = said_of(wrong);
    INFO(said);
    CHECK(has(said, name));
    CHECK(has(said, "of 256 x 768"));
    CHECK(has(said, "damaged"));
  }
}

TEST_CASE("each matrix must be there, in the shape that the metadata give it") {
  for (const char* name : {"token_embd.weight", "blk.0.attn_q.weight", "blk.0.attn_k.weight",
                           "blk.0.attn_v.weight", "blk.0.attn_output.weight", "blk.0.ffn_gate.weight",
                           "blk.0.ffn_up.weight", "blk.0.ffn_down.weight"}) {
    GgufWriter w = small_gguf();
    put_small_tensors(w, name);
    INFO(name);
    // Some models have no gate.
    CHECK(said_of(w).empty() == (name == std::string_view("blk.0.ffn_gate.weight")));
    if (!said_of(w).empty()) CHECK(has(said_of(w), name));
    w.tensor(name, {512, 7}, TensorType::q8_0);
    CHECK(has(said_of(w), name));
  }
  GgufWriter without_norms = small_gguf();
  put_small_tensors(without_norms, "blk.0.ffn_norm.weight");
  CHECK(said_of(without_norms).empty());
}

TEST_CASE("tensors by other names count with their block") {
  GgufWriter w = small_gguf();
  put_small_tensors(w);
  w.tensor("blk.0.attn_q.bias", {256}, TensorType::f32);
  w.tensor("blk.0.novelty.weight", {256, 64}, TensorType::q8_0);
  w.tensor("rope_freqs.weight", {32}, TensorType::f32);
  MemorySource source = w.source();
  const auto header = read_gguf(source, "x.gguf");
  REQUIRE(header);
  const auto model = gguf_model({*header}, "x.gguf");
  REQUIRE(model);
  CHECK(model->tensors.size() == 14);
  CHECK(model->unknown == std::vector<std::string>{"blk.0.novelty.weight"});
}
