#include "model/gguf_kinds.h"

#include <algorithm>
#include <cstdint>

namespace qwenfit {
namespace {

/// Metadata that say what a file is where it is no language model.
struct Stranger {
  std::string_view key, value, what;
};
constexpr std::string_view kProjector =
    "is a vision encoder (mmproj), not a model: give the model's own file, and --vision to count the encoder";
constexpr Stranger kStrangers[] = {
    {"general.architecture", "clip", kProjector},
    {"general.type", "mmproj", kProjector},
    {"general.type", "adapter", "is a LoRA adapter, not a model: give the file of the model that it changes"},
    {"general.type", "imatrix", "is an importance matrix, not a model: give the model's own file"},
    {"general.type", "vocab", "holds a vocabulary alone: give a file of a whole model"},
};

/// Counts of the architecture that change what its attention keeps, from `least` on.
struct ForeignKey {
  std::string_view key;
  std::uint64_t least;
  std::string_view what;
};
constexpr std::string_view kRecurrent = "has recurrent layers of another kind than Qwen 3.5's";
constexpr std::string_view kSomeDense = "has layers without experts among those with them";
constexpr ForeignKey kForeignKeys[] = {
    {"attention.kv_lora_rank", 1, "keeps a compressed cache (MLA)"},
    {"attention.shared_kv_layers", 1, "shares its cache between layers"},
    {"attention.cross_attention_layers", 1, "attends to pictures in layers of their own (cross attention)"},
    {"encoder.block_count", 1, "has an encoder beside its decoder (cross attention)"},
    {"wkv.head_size", 1, kRecurrent},
    {"shortconv.l_cache", 1, kRecurrent},
    {"leading_dense_block_count", 1, kSomeDense},
    {"interleave_moe_layer_step", 2, kSomeDense},
    {"moe_every_n_layers", 2, kSomeDense},
};
constexpr std::string_view kRecurrentKeys[] = {"ssm.state_size", "ssm.conv_kernel", "ssm.inner_size"};
/// llama.cpp gives them a window even where the file states none.
constexpr std::string_view kWindowed[] = {"gemma2", "gemma3", "llama4"};
/// llama.cpp keeps their whole cache, whatever window the file states.
constexpr std::string_view kUnwindowed[] = {"llama", "qwen", "qwen2",      "qwen3", "qwen3moe",
                                            "phi2",  "phi3", "starcoder2", "gemma", "internlm2"};
constexpr std::string_view kWindow = "keeps only a window of its cache in some layers";

/// Known to have plain attention: what does not fit in a file of theirs is damage.
constexpr std::string_view kPlain[] = {"llama",      "mistral", "phi2",    "phi3",  "qwen",     "qwen2",
                                       "starcoder2", "gemma",   "granite", "olmo2", "internlm2"};

/// Names of tensors that no decoder of plain attention has.
struct ForeignTensor {
  std::string_view part, what;
};
constexpr ForeignTensor kForeignTensors[] = {
    {"enc.blk.", "has an encoder beside its decoder (cross attention)"},
    {"cross_attn", "attends to pictures in layers of their own (cross attention)"},
};

class KindReader {
 public:
  KindReader(const GgufHeader& head, const std::string& architecture)
      : head_(head), architecture_(architecture) {}

  bool says(const Stranger& stranger) const {
    const GgufValue* value = head_.find(stranger.key);
    return value != nullptr && value->kind == GgufValue::Kind::text && value->text == stranger.value;
  }
  const GgufValue* find(std::string_view key) const {
    return head_.find(architecture_ + "." + std::string(key));
  }
  /// The least of its numbers above 0; 0: none.
  std::uint64_t count(std::string_view key) const {
    const GgufValue* value = find(key);
    std::int64_t least = 0;
    for (const std::int64_t each : value != nullptr ? value->numbers : std::vector<std::int64_t>{}) {
      if (each > 0 && (least == 0 || each < least)) least = each;
    }
    return static_cast<std::uint64_t>(least);
  }
  /// A window as wide as the context leaves nothing out.
  bool windowed() const {
    const auto is_one_of = [&](const auto& names) {
      return std::find(std::begin(names), std::end(names), architecture_) != std::end(names);
    };
    if (is_one_of(kUnwindowed)) return false;
    const std::uint64_t window = count("attention.sliding_window");
    return (window > 0 && window < count("context_length")) || is_one_of(kWindowed);
  }
  bool causal() const {
    const GgufValue* value = find("attention.causal");
    return value == nullptr || value->numbers != std::vector<std::int64_t>{0};
  }
  bool recurrent() const {
    return std::any_of(std::begin(kRecurrentKeys), std::end(kRecurrentKeys),
                       [&](std::string_view key) { return find(key) != nullptr; });
  }

 private:
  const GgufHeader& head_;
  const std::string& architecture_;
};

std::string_view foreign_by_metadata(const KindReader& kind) {
  for (const ForeignKey& foreign : kForeignKeys) {
    if (kind.count(foreign.key) >= foreign.least) return foreign.what;
  }
  if (kind.windowed()) return kWindow;
  return kind.causal() ? "" : "is made to read texts, not to write them, and keeps no cache";
}

std::string_view foreign_by_tensors(const std::vector<GgufHeader>& parts, const KindReader& kind,
                                    bool own_graph) {
  bool as_qwen = own_graph;
  for (const GgufHeader& part : parts) {
    for (const GgufTensor& tensor : part.tensors) {
      for (const ForeignTensor& foreign : kForeignTensors) {
        if (tensor.name.find(foreign.part) != tensor.name.npos) return foreign.what;
      }
      as_qwen |= tensor.name == "blk.0.ssm_alpha.weight";
    }
  }
  return kind.recurrent() && !as_qwen ? kRecurrent : "";
}

}  // namespace

bool is_plain_attention(std::string_view architecture) {
  return std::find(std::begin(kPlain), std::end(kPlain), architecture) != std::end(kPlain);
}

std::string foreign_kind(const std::vector<GgufHeader>& parts, const std::string& architecture,
                         bool own_graph) {
  const KindReader kind(parts.front(), architecture);
  for (const Stranger& stranger : kStrangers) {
    if (kind.says(stranger)) return std::string(stranger.what);
  }
  std::string_view what = foreign_by_metadata(kind);
  if (what.empty()) what = foreign_by_tensors(parts, kind, own_graph);
  if (what.empty()) return "";
  return "is of the architecture " + gguf_quoted(architecture) + ", which " + std::string(what) +
         ": its memory cannot be told here; " + std::string(kTheseWork);
}

}  // namespace qwenfit
