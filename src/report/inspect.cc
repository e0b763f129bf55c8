#include "report/inspect.h"

#include <ostream>

#include <fmt/format.h>

#include "report/format.h"
#include "report/grid.h"
#include "report/shell.h"

namespace qwenfit {
namespace {

constexpr std::size_t kFactLabel = 11;

void print_fact(std::ostream& out, std::string_view label, const std::string& text, std::size_t width) {
  out << wrapped(fmt::format("{:<{}}{}", label, kFactLabel, text), width, kFactLabel);
}

std::string billions(std::uint64_t parameters) {
  constexpr double kBillion = 1e9;
  return fmt::format("{:.2f} billion", static_cast<double>(parameters) / kBillion);
}

std::string gguf_words(const GgufContents& gguf) {
  const std::size_t parts = gguf.parts.size();
  return fmt::format("{} GB{}, GGUF version {}; {} keys of metadata, {} tensors, header {} MiB",
                     gb(gguf.file_bytes), parts > 1 ? fmt::format(" in {} parts", parts) : "", gguf.version,
                     gguf.metadata, grouped(gguf.tensors->size()), mib(gguf.header_bytes));
}

std::string attention_words(const Architecture& a) {
  std::string text =
      fmt::format("{} heads on {} of keys and values, each of {}", a.heads, a.kv_heads, a.head_dim);
  if (a.full_attention_interval > 1)
    text += fmt::format(", in one layer of {}; linear attention with {} value heads of {} in the others",
                        a.full_attention_interval, a.linear_value_heads, a.linear_head_dim);
  return text;
}

std::string model_words(const Inspection& i) {
  const ModelFile& file = *i.file;
  const Architecture& a = file.row.architecture;
  std::string text = clean(file.name) + ": ";
  if (file.gguf) text += clean(file.gguf->model.architecture) + ", ";
  text +=
      a.is_moe() ? fmt::format("{} experts of which a token takes {}", a.experts, a.experts_used) : "dense";
  text += fmt::format(", {} layers of width {}", a.layers, grouped(a.embedding));
  if (file.gguf ? file.gguf->model.has_mtp_block : a.mtp_layers > 0) text += " and an MTP block";
  if (i.parameters > 0) text += ", " + billions(i.parameters) + " parameters";
  if (file.like != nullptr) text += fmt::format("; the shape of {}", clean(file.like->name));
  return text;
}

std::string vocabulary_words(const ModelFile& file) {
  const Architecture& a = file.row.architecture;
  std::string text =
      fmt::format("at most {} tokens; {} words", grouped(file.row.max_context), grouped(a.vocab));
  if (file.gguf && file.gguf->model.vocabulary && *file.gguf->model.vocabulary != a.vocab)
    text += fmt::format(" ({} of them in the tokenizer)", grouped(*file.gguf->model.vocabulary));
  return text + (a.tied_embeddings ? ", the embedding being the output too" : "");
}

std::string stock_words(const Inspection& i) {
  if (!i.stock) return "";
  const Bytes ours = i.weights.tensor_bytes;
  const Bytes stock = i.stock->tensor_bytes;
  const char* matrix = i.stock->importance_matrix ? " with an importance matrix" : "";
  if (ours == stock) return fmt::format("; to the byte what llama-quantize makes{}", matrix);
  return fmt::format("; {} bytes {} than llama-quantize makes{}",
                     grouped(ours > stock ? ours - stock : stock - ours), ours > stock ? "more" : "less",
                     matrix);
}

std::string quant_words(const Inspection& i) {
  const GgufContents& gguf = *i.file->gguf;
  const std::string name = clean(gguf.quant->name);
  switch (gguf.basis) {
    case QuantBasis::name:
      return name + ", as the file's name says" + stock_words(i);
    case QuantBasis::metadata:
      return name + ", as its metadata say" + stock_words(i);
    case QuantBasis::tensors:
      return name + stock_words(i);
    case QuantBasis::nearest:
      break;
  }
  return "nearest to " + name + stock_words(i);
}

/// Of what the name and the metadata say, that which the file is not; empty: they agree.
std::string doubt_words(const GgufContents& gguf) {
  // The metadata of a publisher's own mixture name the stock one that it was made from.
  const bool own_mixture = gguf.basis == QuantBasis::name && !gguf.quant->mixture_exact;
  std::vector<std::string> claims;
  if (gguf.named != nullptr && gguf.named != gguf.quant)
    claims.push_back(
        fmt::format("the file's name says {}, which its tensors are not", clean(gguf.named->name)));
  if (gguf.stated != nullptr && gguf.stated != gguf.quant && !own_mixture)
    claims.push_back(fmt::format("its metadata say {}{}", clean(gguf.stated->name),
                                 gguf.basis == QuantBasis::name ? "" : ", which its tensors are not"));
  return fmt::format("{}", fmt::join(claims, "; "));
}

std::string graph_words(const GgufModel& model) {
  std::vector<std::string> others;
  if (model.joined_attention) others.emplace_back("query, key and value in one matrix");
  if (model.joined_feed_forward) others.emplace_back("gate and up in one matrix");
  if (model.no_gate) others.emplace_back("no gate");
  std::string text =
      "the compute buffer is that of Qwen 3's graph, to which plain attention of other architectures comes "
      "near";
  return others.empty() ? text : fmt::format("{}; this one has {}", text, joined(others));
}

std::string place_words(const Inspection& i) {
  const WeightTable& w = i.weights;
  const Bytes blocks = add(w.device_before.dense.back(), w.device_before.experts.back());
  std::string text = fmt::format("blocks {} GB", gb(blocks));
  if (i.expert_bytes > 0) text += fmt::format(" ({} of it experts)", gb(i.expert_bytes));
  text += fmt::format(", token embedding {}", gb(w.token_embedding_bytes));
  if (w.output_bytes > 0) text += fmt::format(", output {}", gb(w.output_bytes));
  if (w.has_mtp_block) text += fmt::format(", MTP block {}", gb(i.mtp_bytes));
  return text;
}

Grid type_grid(const Inspection& i, bool exact) {
  Grid grid;
  grid.columns = {text_column("type"), number_column("tensors", ""), number_column("elements", ""),
                  exact ? number_column("bytes", "") : number_column("size", "GB")};
  const auto row = [&](std::string name, std::uint64_t tensors, std::uint64_t elements, Bytes bytes) {
    const auto count = [&](std::uint64_t n) { return exact ? std::to_string(n) : grouped(n); };
    grid.rows.push_back({{std::move(name)},
                         {count(tensors)},
                         {count(elements)},
                         {exact ? std::to_string(bytes) : gb(bytes)}});
  };
  std::uint64_t tensors = 0;
  for (const TypeSum& type : i.types) {
    row(std::string(tensor_type(type.type).id), type.tensors, type.elements, type.bytes);
    tensors += type.tensors;
  }
  if (!exact) row("all", tensors, i.parameters, i.weights.tensor_bytes);
  return grid;
}

std::string unknown_words(const GgufModel& model) {
  std::vector<std::string> names;
  for (const std::string& name : model.unknown) names.push_back(clean(name));
  return "not known here, counted with their block: " + joined(names);
}

}  // namespace

void print_inspection(std::ostream& out, const Inspection& i, const Style& style) {
  const std::size_t width = screen_width(style);
  const ModelFile& file = *i.file;
  out << wrapped(clean(file.path), width) << '\n';
  if (file.gguf) print_fact(out, "File", gguf_words(*file.gguf), width);
  print_fact(out, "Model", model_words(i), width);
  print_fact(out, "Attention", attention_words(file.row.architecture), width);
  print_fact(out, "Context", vocabulary_words(file), width);
  if (file.gguf) {
    print_fact(out, "Quant", quant_words(i), width);
    if (const std::string doubt = doubt_words(*file.gguf); !doubt.empty())
      print_fact(out, "But", doubt, width);
    print_fact(out, "Weights", place_words(i), width);
    if (!file.gguf->model.unknown.empty()) print_fact(out, "Tensors", unknown_words(file.gguf->model), width);
    if (!file.gguf->model.same_graph) print_fact(out, "Note", graph_words(file.gguf->model), width);
    out << '\n';
    print_grid(out, type_grid(i, false), style);
  }
  out << '\n'
      << wrapped(fmt::format("How it runs: qwenfit --gpu NAME --model {}", clean(shell_word(file.path))),
                 width, 2);
}

void print_inspection_line(std::ostream& out, const Inspection& i) {
  const ModelFile& file = *i.file;
  out << clean(file.path) << ": " << model_words(i);
  if (file.gguf) out << "; " << clean(file.gguf->quant->name) << ", " << gb(file.gguf->file_bytes) << " GB";
  out << '\n';
}

void print_inspection_csv(std::ostream& out, const Inspection& i) {
  print_grid_csv(out, type_grid(i, true));
}

void print_inspection_markdown(std::ostream& out, const Inspection& i) {
  print_grid_markdown(out, type_grid(i, false));
}

}  // namespace qwenfit
