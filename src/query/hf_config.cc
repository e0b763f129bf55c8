#include "query/hf_config.h"

#include <algorithm>
#include <array>
#include <limits>

#include "catalog/document.h"
#include "catalog/validate.h"
#include "model/shape.h"
#include "query/text.h"

namespace qwenfit {
namespace {

using json = nlohmann::json;

/// Kinds of text model whose architecture is known, by the name that transformers gives them.
struct TextModel {
  std::string_view type;
  bool moe = false, hybrid = false;
};
constexpr auto kTextModels = std::to_array<TextModel>({
    {"qwen3", false, false},
    {"qwen3_moe", true, false},
    {"qwen3_5", false, true},
    {"qwen3_5_text", false, true},
    {"qwen3_5_moe", true, true},
    {"qwen3_5_moe_text", true, true},
});

/// What to do next.
constexpr std::string_view kCompare = "compare it with the config.json of the model that it was made of";
constexpr std::string_view kNoneLikeIt = "ask about the released model that comes nearest, --model NAME";

/// Reads the numbers of one object and keeps the first fault.
class ConfigReader {
 public:
  ConfigReader(std::string file, const json& root) : file_(std::move(file)), root_(root), text_(&root) {}

  Result<HfConfig> read() {
    if (const json* nested = member(root_, "text_config"); nested != nullptr && nested->is_object()) {
      text_ = nested;
      at_ = "/text_config";
    }
    if (!kind() || !shape() || !vision()) return to_error({file_, pointer_, fault_});
    if (const std::string beyond = layers_beyond_limit(config_.architecture); !beyond.empty())
      return to_error({file_, at_, "states " + beyond + "; " + std::string(kNoneLikeIt)});
    const std::string wrong = shape_fault(config_.architecture, config_.max_context);
    if (!wrong.empty()) return to_error({file_, at_, "states " + wrong + "; " + std::string(kCompare)});
    return std::move(config_);
  }

 private:
  static const json* member(const json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }
  bool refuse(std::string pointer, std::string what, std::string_view next = kCompare) {
    pointer_ = std::move(pointer);
    fault_ = std::move(what) + "; " + std::string(next);
    return false;
  }

  bool kind() {
    const json* type = member(*text_, "model_type");
    if (type == nullptr || !type->is_string())
      return refuse(at_, "expected a model's config.json, and there is no \"model_type\"",
                    "give the one that lies beside the model's weights");
    config_.model_type = type->get<std::string>();
    const auto* known = std::find_if(kTextModels.begin(), kTextModels.end(),
                                     [&](const TextModel& m) { return m.type == config_.model_type; });
    if (known != kTextModels.end()) {
      model_ = *known;
      return true;
    }
    std::string names;
    for (const TextModel& m : kTextModels) names += (names.empty() ? "" : ", ") + std::string(m.type);
    return refuse(at_ + "/model_type",
                  "a " + in_quotes(config_.model_type) + " is not known here, which takes " + names,
                  "a GGUF file of other models with plain attention works");
  }

  bool number(const json& object, const std::string& at, const char* key, std::uint32_t& into) {
    const json* value = member(object, key);
    if (value == nullptr) return refuse(at + "/" + key, "expected a whole number, and it is missing");
    return number_of(*value, at + "/" + key, into);
  }
  bool number_of(const json& value, const std::string& pointer, std::uint32_t& into) {
    const bool whole =
        value.is_number_unsigned() && value.get<std::uint64_t>() <= std::numeric_limits<std::uint32_t>::max();
    if (!whole)
      return refuse(pointer, "expected a whole number from 0 to 4294967295, not " + in_quotes(value.dump()));
    into = value.get<std::uint32_t>();
    return true;
  }
  bool needs(const char* key, std::uint32_t& into) { return number(*text_, at_, key, into); }
  bool may_have(const char* key, std::uint32_t& into) {
    const json* value = member(*text_, key);
    return value == nullptr || number_of(*value, at_ + "/" + key, into);
  }

  bool shape() {
    Architecture& a = config_.architecture;
    std::uint32_t context = 0;
    if (!needs("num_hidden_layers", a.layers) || !needs("hidden_size", a.embedding) ||
        !needs("num_attention_heads", a.heads) || !needs("num_key_value_heads", a.kv_heads) ||
        !needs("head_dim", a.head_dim) || !needs("vocab_size", a.vocab) ||
        !needs("max_position_embeddings", context))
      return false;
    config_.max_context = context;
    return tied() && feed_forward() && (!model_.hybrid || linear_attention());
  }

  /// Stands beside `text_config` or in it.
  bool tied() {
    for (const json* object : {text_, &root_}) {
      const json* value = member(*object, "tie_word_embeddings");
      if (value == nullptr) continue;
      if (!value->is_boolean()) return refuse("/tie_word_embeddings", "expected true or false");
      config_.architecture.tied_embeddings = value->get<bool>();
      return true;
    }
    return refuse("/tie_word_embeddings", "expected true or false, and it is missing");
  }

  bool feed_forward() {
    Architecture& a = config_.architecture;
    if (!model_.moe) return needs("intermediate_size", a.feed_forward);
    std::uint32_t step = 1;
    if (!may_have("decoder_sparse_step", step)) return false;
    const json* dense = member(*text_, "mlp_only_layers");
    if (step != 1 || (dense != nullptr && !dense->empty()))
      return refuse(at_, "some layers have no experts, which is not known here", kNoneLikeIt);
    if (model_.hybrid && !needs("shared_expert_intermediate_size", a.shared_expert_feed_forward))
      return false;
    return needs("num_experts", a.experts) && needs("num_experts_per_tok", a.experts_used) &&
           needs("moe_intermediate_size", a.expert_feed_forward);
  }

  bool linear_attention() {
    Architecture& a = config_.architecture;
    std::uint32_t value_dim = 0;
    if (!needs("linear_num_key_heads", a.linear_key_heads) ||
        !needs("linear_num_value_heads", a.linear_value_heads) ||
        !needs("linear_key_head_dim", a.linear_head_dim) || !needs("linear_value_head_dim", value_dim) ||
        !needs("linear_conv_kernel_dim", a.conv_kernel) || !may_have("mtp_num_hidden_layers", a.mtp_layers))
      return false;
    if (value_dim != a.linear_head_dim)
      return refuse(at_ + "/linear_value_head_dim", "keys and values of different widths are not known here",
                    kNoneLikeIt);
    // The family's own; a config may leave it out.
    a.attention_output_gate = true;
    if (const json* gate = member(*text_, "attn_output_gate"); gate != nullptr) {
      if (!gate->is_boolean()) return refuse(at_ + "/attn_output_gate", "expected true or false");
      a.attention_output_gate = gate->get<bool>();
    }
    return interval();
  }

  /// Which layers have full attention: every n-th.
  bool interval() {
    Architecture& a = config_.architecture;
    const json* types = member(*text_, "layer_types");
    if (types == nullptr) return needs("full_attention_interval", a.full_attention_interval);
    const std::string at = at_ + "/layer_types";
    if (!types->is_array() || types->size() != a.layers)
      return refuse(at, "expected a list of " + std::to_string(a.layers) + " layers");
    const auto is_full = [](const json& type) { return type == "full_attention"; };
    const auto first = std::find_if(types->begin(), types->end(), is_full);
    if (first == types->end()) return refuse(at, "expected a layer of \"full_attention\"");
    a.full_attention_interval = static_cast<std::uint32_t>(first - types->begin()) + 1;
    for (std::uint32_t layer = 0; layer < a.layers; ++layer) {
      const json& type = (*types)[layer];
      if (is_full(type) == a.is_full_attention(layer) && (is_full(type) || type == "linear_attention"))
        continue;
      return refuse(at + "/" + std::to_string(layer),
                    "expected full attention in every n-th layer alone, n being " +
                        std::to_string(a.full_attention_interval) +
                        " as before it; other orders are not known here",
                    kNoneLikeIt);
    }
    return true;
  }

  bool vision() {
    const json* from = member(root_, "vision_config");
    if (from == nullptr) return true;
    const std::string at = "/vision_config";
    if (!from->is_object()) return refuse(at, "expected an object");
    VisionArchitecture v;
    struct Field {
      const char* key;
      std::uint32_t& into;
      std::uint32_t most;
    };
    for (const Field& field :
         {Field{"depth", v.depth, 1U << 10}, Field{"hidden_size", v.embedding, 1U << 16},
          Field{"intermediate_size", v.feed_forward, 1U << 18}, Field{"num_heads", v.heads, 1U << 12},
          Field{"patch_size", v.patch, 1U << 10}, Field{"spatial_merge_size", v.merge, 1U << 4},
          Field{"num_position_embeddings", v.positions, 1U << 20},
          Field{"out_hidden_size", v.out, 1U << 20}}) {
      if (!number(*from, at, field.key, field.into)) return false;
      if (field.into == 0 || field.into > field.most)
        return refuse(at + "/" + field.key, "expected 1 to " + std::to_string(field.most));
    }
    config_.vision = v;
    return true;
  }

  std::string file_;
  const json& root_;
  const json* text_;
  std::string at_, pointer_, fault_;
  TextModel model_;
  HfConfig config_;
};

}  // namespace

Result<HfConfig> parse_hf_config(const std::string& file, std::string text) {
  Findings findings;
  const auto document = parse_document(file, std::move(text), findings);
  if (!document) return to_error(findings.front());
  if (!document->value.is_object())
    return to_error(
        {file, "",
         "expected a model's config.json, which is an object; give the one that lies beside the model's "
         "weights"});
  return ConfigReader(file, document->value).read();
}

Result<HfConfig> read_hf_config(const std::string& path) {
  Findings findings;
  auto text = read_text(path, findings);
  if (!text) return to_error(findings.front());
  return parse_hf_config(path, std::move(*text));
}

}  // namespace qwenfit
