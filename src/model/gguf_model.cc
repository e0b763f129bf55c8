#include "model/gguf_model.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <string_view>

#include "model/gguf_kinds.h"
#include "model/shape.h"

namespace qwenfit {
namespace {

constexpr std::string_view kSameGraph[] = {"qwen3", "qwen3moe", "qwen35", "qwen35moe"};
/// Those of them that have linear attention.
constexpr std::string_view kLinear = "qwen35";
/// Where the file does not state it (llama.cpp, the same).
constexpr std::uint64_t kUsualInterval = 4;
constexpr std::size_t kShownUnknown = 8;

std::string width_by_rows(Bytes width, Bytes rows) {
  return std::to_string(width) + " x " + std::to_string(rows);
}

class ModelReader {
 public:
  explicit ModelReader(const std::vector<GgufHeader>& parts) : parts_(parts), head_(parts.front()) {}

  bool read() { return kind() && index() && shape() && known_tensors() && other_tensors(); }
  GgufModel take() && { return std::move(model_); }
  const std::string& fault() const { return fault_; }

 private:
  bool refuse(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
    return false;
  }

  std::string text(std::string_view key) const {
    const GgufValue* value = head_.find(key);
    return value != nullptr && value->kind == GgufValue::Kind::text && !value->list ? value->text : "";
  }

  bool damaged(const std::string& what) { return refuse(what + ": " + std::string(kDamaged)); }
  /// What a file of Qwen 3 or 3.5 can only be by damage is in others what is not known here.
  bool unlike(const std::string& what) {
    const bool plain = is_plain_attention(model_.architecture) && !model_.shape.is_moe();
    if (model_.same_graph || plain) return damaged(what);
    const std::string unknown = is_plain_attention(model_.architecture)
                                    ? "its experts are"
                                    : "its architecture " + gguf_quoted(model_.architecture) + " is";
    return refuse(what + ": it is damaged, or " + unknown + " of a kind not known here; " +
                  std::string(kTheseWork));
  }

  /// What a whole file may have, and its memory is not worked out here.
  bool not_known(const std::string& what) {
    return refuse(what + ", which is not known here; " + std::string(kTheseWork));
  }

  /// A count that the architecture states; of a list, the one that its items agree on (0 beside recurrent
  /// layers: none here).
  std::optional<std::uint64_t> count(std::string_view key) {
    const std::string name = model_.architecture + "." + std::string(key);
    const GgufValue* value = head_.find(name);
    if (value == nullptr) return std::nullopt;
    std::optional<std::uint64_t> all;
    bool differ = value->numbers.empty() || value->numbers.size() != value->count;
    const bool may_lack = value->list && head_.find(model_.architecture + ".ssm.state_size") != nullptr;
    for (const std::int64_t each : value->numbers) {
      if (may_lack && each == 0) continue;
      const auto number = static_cast<std::uint64_t>(std::max<std::int64_t>(each, 0));
      differ |= each < 0 || (all && *all != number);
      all = number;
    }
    if (value->kind == GgufValue::Kind::text || value->kind == GgufValue::Kind::real)
      damaged("has a " + gguf_quoted(name) + " that is no whole number");
    else if (value->list && value->count == 0)
      damaged("has an empty list " + gguf_quoted(name));
    else if (differ && value->list)
      not_known("has layers that differ in " + gguf_quoted(name));
    else if (differ)
      damaged("has a negative " + gguf_quoted(name));
    return all;
  }

  /// The same for a count that there must be.
  bool needs(std::string_view key, std::uint32_t& into) {
    const auto value = count(key);
    if (!value)
      return unlike("has no " + gguf_quoted(model_.architecture + "." + std::string(key)) +
                    " in its metadata");
    return put(*value, into);
  }
  bool put(std::uint64_t value, std::uint32_t& into) {
    // What is too large for any model stays too large.
    into =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
    return fault_.empty();
  }
  bool may_have(std::string_view key, std::uint32_t& into) { return put(count(key).value_or(into), into); }

  bool kind() {
    model_.architecture = text("general.architecture");
    model_.name = text("general.name");
    const auto* same = std::find(std::begin(kSameGraph), std::end(kSameGraph), model_.architecture);
    model_.same_graph = same != std::end(kSameGraph);
    if (std::string foreign = foreign_kind(parts_, model_.architecture, model_.same_graph); !foreign.empty())
      return refuse(std::move(foreign));
    if (model_.architecture.empty())
      return refuse(
          "has no \"general.architecture\" in its metadata, so it is no language model: give the "
          "model's own file");
    const GgufValue* type = head_.find("general.file_type");
    if (type != nullptr && !type->list && !type->numbers.empty() && type->numbers.front() >= 0)
      model_.file_type = static_cast<std::uint64_t>(type->numbers.front());
    return true;
  }

  bool index() {
    for (const GgufHeader& part : parts_) {
      for (const GgufTensor& tensor : part.tensors) {
        if (!by_name_.emplace(tensor.name, &tensor).second)
          return refuse("has the tensor " + gguf_quoted(tensor.name) +
                        " in two of its parts, which do not belong together: download all parts of one file");
      }
    }
    return !by_name_.empty() ||
           refuse("has no tensors and holds a vocabulary alone: give a file of a whole model");
  }

  const GgufTensor* find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  bool has_block(std::uint32_t block) const {
    const std::string start = "blk." + std::to_string(block) + ".";
    const auto next = by_name_.lower_bound(start);
    return next != by_name_.end() && next->first.starts_with(start);
  }

  bool shape() {
    Architecture& a = model_.shape;
    std::uint32_t context = 0, value_length = 0;
    if (!needs("block_count", a.layers) || !needs("context_length", context) ||
        !needs("embedding_length", a.embedding) || !needs("attention.head_count", a.heads))
      return false;
    model_.max_context = context;
    a.kv_heads = a.heads;
    a.head_dim = a.embedding / std::max(a.heads, 1U);
    if (!may_have("attention.head_count_kv", a.kv_heads) || !may_have("attention.key_length", a.head_dim))
      return false;
    value_length = a.head_dim;
    if (!may_have("attention.value_length", value_length) || !may_have("nextn_predict_layers", a.mtp_layers))
      return false;
    if (value_length != a.head_dim) return not_known("has keys and values of different widths");
    if (a.mtp_layers >= a.layers && a.mtp_layers > 0)
      return damaged("has " + std::to_string(a.layers) + " blocks, " + std::to_string(a.mtp_layers) +
                     " of them for drafting");
    a.layers -= a.mtp_layers;
    if (const std::string beyond = layers_beyond_limit(a); !beyond.empty())
      return refuse("has " + beyond + ": " + std::string(kTheseWork));
    model_.has_mtp_block = a.mtp_layers > 0 && has_block(a.layers);
    if (!feed_forward() || !linear_attention() || !matrices()) return false;
    const std::string wrong = shape_fault(a, model_.max_context);
    return wrong.empty() || unlike("states " + wrong);
  }

  bool feed_forward() {
    Architecture& a = model_.shape;
    if (!may_have("expert_count", a.experts)) return false;
    if (!a.is_moe()) {
      // The first Qwen states twice what its matrices have.
      const GgufTensor* down = model_.same_graph ? nullptr : find("blk.0.ffn_down.weight");
      if (down == nullptr) return needs("feed_forward_length", a.feed_forward);
      return may_have("feed_forward_length", a.feed_forward) && put(down->width(), a.feed_forward);
    }
    if (find("blk.0.ffn_down.0.weight") != nullptr)
      return refuse(
          "keeps each expert in matrices of its own, as old files do, which is not known here: take "
          "a newer file of the same model, in which they are joined");
    if (!needs("expert_used_count", a.experts_used) ||
        !may_have("feed_forward_length", a.expert_feed_forward) ||
        !may_have("expert_feed_forward_length", a.expert_feed_forward))
      return false;
    const GgufTensor* shared = find("blk.0.ffn_gate_shexp.weight");
    if (shared == nullptr) return true;
    return put(shared->rows(), a.shared_expert_feed_forward) &&
           may_have("expert_shared_feed_forward_length", a.shared_expert_feed_forward);
  }

  bool linear_attention() {
    Architecture& a = model_.shape;
    const bool linear = model_.same_graph && model_.architecture.starts_with(kLinear);
    if (!linear && !count("ssm.state_size")) return fault_.empty();
    std::uint32_t inner = 0;
    a.full_attention_interval = kUsualInterval;
    if (!may_have("full_attention_interval", a.full_attention_interval) ||
        !needs("ssm.conv_kernel", a.conv_kernel) || !needs("ssm.state_size", a.linear_head_dim) ||
        !needs("ssm.group_count", a.linear_key_heads) || !needs("ssm.time_step_rank", a.linear_value_heads) ||
        !needs("ssm.inner_size", inner))
      return false;
    if (mul(a.linear_value_heads, a.linear_head_dim) == inner) return true;
    return unlike("has recurrent layers of another kind than Qwen 3.5's");
  }

  /// What only the tensors tell.
  bool matrices() {
    Architecture& a = model_.shape;
    const GgufTensor* embedding = find("token_embd.weight");
    if (embedding == nullptr) return unlike("has no tensor \"token_embd.weight\"");
    a.tied_embeddings = find("output.weight") == nullptr;
    const std::uint32_t first = std::max(a.full_attention_interval, 1U) - 1;
    const GgufTensor* query = find("blk." + std::to_string(first) + ".attn_q.weight");
    a.attention_output_gate = query != nullptr && query->rows() == mul(2, a.heads, a.head_dim);
    return put(embedding->rows(), a.vocab);
  }

  const GgufTensor* find_in(std::int32_t block, std::string_view name) const {
    return find("blk." + std::to_string(block) + "." + std::string(name));
  }

  /// A matrix of plain attention as this file keeps it: it may be joined with others. None: with one that
  /// comes by another name, or the model has none.
  std::optional<Tensor> as_stored(Tensor tensor) {
    const Architecture& a = model_.shape;
    if (tensor.block < 0 || a.is_moe() || a.full_attention_interval > 1 || a.mtp_layers > 0) return tensor;
    constexpr std::string_view kJoined = "attn_qkv.weight";
    const bool query = tensor.role == TensorRole::attention_q;
    const bool other = tensor.role == TensorRole::attention_k || tensor.role == TensorRole::attention_v;
    if ((query || other) && find_in(tensor.block, tensor.name) == nullptr &&
        find_in(tensor.block, kJoined) != nullptr) {
      if (other) return std::nullopt;
      model_.joined_attention = true;
      tensor.name = kJoined;
      tensor.rows = add(tensor.rows, mul(2, a.kv_width()));
      return tensor;
    }
    if (find_in(tensor.block, "ffn_gate.weight") != nullptr) return tensor;
    if (tensor.role == TensorRole::ffn_gate && find_in(tensor.block, "ffn_up.weight") != nullptr)
      return std::nullopt;
    if (tensor.role != TensorRole::ffn_up) return tensor;
    const GgufTensor* up = find_in(tensor.block, tensor.name);
    const bool joined = up != nullptr && up->rows() == mul(2, tensor.rows);
    (joined ? model_.joined_feed_forward : model_.no_gate) = true;
    if (joined) tensor.rows = mul(2, tensor.rows);
    return tensor;
  }

  bool known_tensors() {
    for (const Tensor& expected : tensors_of(model_.shape, model_.has_mtp_block)) {
      auto tensor = as_stored(expected);
      if (!tensor) continue;
      const bool norm = tensor->f32() && tensor->name.ends_with("norm.weight");
      const std::string name = gguf_name(*tensor);
      const auto found = by_name_.find(name);
      if (found == by_name_.end()) {
        if (norm || tensor->role == TensorRole::always_f32) continue;
        return unlike("has no tensor " + gguf_quoted(name) + ", which plain attention and Qwen 3.5's have");
      }
      const GgufTensor& stored = *found->second;
      // Of a head, or of all heads together.
      if (norm) tensor->width = stored.width();
      if (stored.width() != tensor->width || stored.rows() != tensor->rows)
        return unlike("has a tensor " + gguf_quoted(name) + " of " +
                      width_by_rows(stored.width(), stored.rows()) + ", and its metadata make it " +
                      width_by_rows(tensor->width, tensor->rows));
      model_.tensors.push_back({*tensor, stored.type});
      taken_.push_back(found);
    }
    for (const auto& taken : taken_) by_name_.erase(taken);
    return true;
  }

  /// Biases, norms by other names, and what is not known at all.
  bool other_tensors() {
    const Architecture& a = model_.shape;
    const std::uint32_t blocks = a.layers + (model_.has_mtp_block ? a.mtp_layers : 0);
    for (const auto& [name, stored] : by_name_) {
      Tensor tensor;
      tensor.width = stored->width();
      tensor.rows = stored->rows();
      if (name.starts_with("blk.")) {
        constexpr std::size_t kPrefix = std::string_view("blk.").size();
        std::uint32_t block = 0;
        const auto parsed = std::from_chars(name.data() + kPrefix, name.data() + name.size(), block);
        if (parsed.ec != std::errc{} || block >= blocks)
          return unlike("has a tensor " + gguf_quoted(name) + ", and its metadata state " +
                        std::to_string(blocks) + " blocks");
        tensor.block = static_cast<std::int32_t>(block);
        tensor.experts = name.find("_exps.") != std::string_view::npos;
      }
      model_.tensors.push_back({tensor, stored->type});
      if (stored->rank > 1 && model_.unknown.size() < kShownUnknown) model_.unknown.emplace_back(name);
    }
    const GgufValue* words = head_.find("tokenizer.ggml.tokens");
    if (words != nullptr && words->list) model_.vocabulary = words->count;
    return true;
  }

  const std::vector<GgufHeader>& parts_;
  const GgufHeader& head_;
  using ByName = std::map<std::string_view, const GgufTensor*, std::less<>>;
  ByName by_name_;
  std::vector<ByName::const_iterator> taken_;  ///< of tensors that are known
  GgufModel model_;
  std::string fault_;
};

}  // namespace

Result<GgufModel> gguf_model(const std::vector<GgufHeader>& parts, const std::string& file) {
  ModelReader reader(parts);
  if (reader.read()) return std::move(reader).take();
  return gguf_error(file, reader.fault());
}

}  // namespace qwenfit
