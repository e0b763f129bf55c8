#include "model/shape.h"

#include <string_view>

namespace qwenfit {
namespace {

/// A count with the range that it can have in a real model; with such counts no product overflows.
struct Range {
  std::string_view what;
  std::uint64_t value = 0, least = 0, most = 0;
};

constexpr std::uint64_t kMostWidth = std::uint64_t{1} << 20;
constexpr std::uint64_t kMostHeads = std::uint64_t{1} << 12;
constexpr std::uint64_t kMostLayers = 512;  // LLAMA_MAX_LAYERS of llama.cpp, MTP layers among them
constexpr std::uint64_t kMostVocabulary = std::uint64_t{1} << 24;
constexpr std::uint64_t kMostTokens = std::uint64_t{1} << 28;
constexpr std::uint64_t kMostKvWidth = std::uint64_t{1} << 17;
constexpr std::uint64_t kMostMtpLayers = 16;

std::string out_of_range(const Range& r) {
  if (r.value >= r.least && r.value <= r.most) return "";
  return std::to_string(r.value) + " " + std::string(r.what) + ", and a model has " +
         std::to_string(r.least) + " to " + std::to_string(r.most);
}

}  // namespace

std::string layers_beyond_limit(const Architecture& a) {
  const std::uint64_t layers = std::uint64_t{a.layers} + a.mtp_layers;
  if (layers <= kMostLayers) return "";
  return std::to_string(layers) + " layers, and none of more than " + std::to_string(kMostLayers) +
         " is worked out, which is as many as llama.cpp loads";
}

std::string shape_fault(const Architecture& a, Tokens max_context) {
  const bool moe = a.is_moe();
  const bool hybrid = a.full_attention_interval > 1;
  const std::uint64_t linear = hybrid ? 1 : 0;
  const Range ranges[] = {
      {"layers", a.layers, 1, kMostLayers},
      {"as its width", a.embedding, 1, kMostWidth},
      {"attention heads", a.heads, 1, kMostHeads},
      {"KV heads", a.kv_heads, 1, kMostHeads},
      {"elements in a head", a.head_dim, 1, kMostHeads},
      {"elements in a row of the KV cache", a.kv_width(), 1, kMostKvWidth},
      {"as the width of its feed forward", a.feed_forward, moe ? 0U : 1U, kMostWidth},
      {"experts", a.experts, 0, kMostHeads},
      {"experts a token", a.experts_used, moe ? 1U : 0U, a.experts},
      {"as the width of an expert", a.expert_feed_forward, moe ? 1U : 0U, kMostWidth},
      {"as the width of the shared expert", a.shared_expert_feed_forward, 0, kMostWidth},
      {"words in its vocabulary", a.vocab, 1, kMostVocabulary},
      {"tokens of context", max_context, 1, kMostTokens},
      {"layers from one of full attention to the next", a.full_attention_interval, 1, a.layers},
      {"key heads of linear attention", a.linear_key_heads, linear, kMostHeads},
      {"value heads of linear attention", a.linear_value_heads, linear, kMostHeads},
      {"elements in a head of linear attention", a.linear_head_dim, linear, kMostHeads},
      {"steps of convolution", a.conv_kernel, linear, kMostHeads},
      {"MTP layers", a.mtp_layers, 0, kMostMtpLayers},
  };
  for (const Range& range : ranges) {
    if (std::string fault = out_of_range(range); !fault.empty()) return fault;
  }
  if (a.heads % a.kv_heads != 0)
    return std::to_string(a.heads) + " attention heads, which cannot share " + std::to_string(a.kv_heads) +
           " KV heads";
  if (hybrid && a.linear_value_heads % a.linear_key_heads != 0)
    return std::to_string(a.linear_value_heads) + " value heads of linear attention, which cannot share " +
           std::to_string(a.linear_key_heads) + " key heads";
  return "";
}

}  // namespace qwenfit
