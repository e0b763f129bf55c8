#include <ostream>
#include <utility>

#include "report/document.h"
#include "report/inspect.h"

namespace qwenfit {
namespace {

std::string_view quant_basis_id(QuantBasis basis) {
  switch (basis) {
    case QuantBasis::name:
      return "name";
    case QuantBasis::metadata:
      return "metadata";
    case QuantBasis::tensors:
      return "tensors";
    case QuantBasis::nearest:
      break;
  }
  return "nearest";
}

void write_inspected_file(JsonWriter& w, const ModelFile& file) {
  w.key("file");
  w.begin_object();
  w.field("path", file.path);
  w.field("kind", file.gguf ? "gguf" : "config");
  const GgufContents* gguf = file.gguf ? &*file.gguf : nullptr;
  const auto known = [&](auto member) {
    return gguf != nullptr ? std::optional(member(*gguf)) : std::nullopt;
  };
  w.field("version", known([](const GgufContents& g) { return g.version; }));
  w.field("bytes", known([](const GgufContents& g) { return g.file_bytes; }));
  w.field("header_bytes", known([](const GgufContents& g) { return g.header_bytes; }));
  w.field("alignment", known([](const GgufContents& g) { return g.alignment; }));
  w.field("metadata_keys", known([](const GgufContents& g) { return g.metadata; }));
  w.key("parts");
  w.begin_array();
  for (const ModelPart& part : gguf != nullptr ? gguf->parts : std::vector<ModelPart>{}) {
    w.begin_object();
    w.field("path", part.path);
    w.field("bytes", part.bytes);
    w.field("tensors", part.tensors);
    w.end_object();
  }
  w.end_array();
  w.end_object();
}

void write_shape(JsonWriter& w, const Architecture& a) {
  w.key("shape");
  w.begin_object();
  w.field("layers", a.layers);
  w.field("embedding", a.embedding);
  w.field("feed_forward", a.feed_forward);
  w.field("heads", a.heads);
  w.field("kv_heads", a.kv_heads);
  w.field("head_dim", a.head_dim);
  w.field("full_attention_interval", a.full_attention_interval);
  w.field("linear_key_heads", a.linear_key_heads);
  w.field("linear_value_heads", a.linear_value_heads);
  w.field("linear_head_dim", a.linear_head_dim);
  w.field("conv_kernel", a.conv_kernel);
  w.field("vocab", a.vocab);
  w.field("experts", a.experts);
  w.field("experts_used", a.experts_used);
  w.field("expert_feed_forward", a.expert_feed_forward);
  w.field("shared_expert_feed_forward", a.shared_expert_feed_forward);
  w.field("mtp_layers", a.mtp_layers);
  w.field("tied_embeddings", a.tied_embeddings);
  w.field("attention_output_gate", a.attention_output_gate);
  w.end_object();
}

void write_inspected_model(JsonWriter& w, const ModelFile& file) {
  w.key("model");
  w.begin_object();
  w.field("id", file.id);
  w.field("name", file.name);
  w.field("kind", model_kind_id(file.row.kind));
  w.text_or_null("architecture", file.gguf ? file.gguf->model.architecture : "");
  w.text_or_null("same_shape_as", file.like != nullptr ? file.like->id : "");
  w.field("max_context", file.row.max_context);
  w.field("vocabulary", file.gguf ? file.gguf->model.vocabulary : std::nullopt);
  write_shape(w, file.row.architecture);
  w.end_object();
}

void write_types(JsonWriter& w, const Inspection& i) {
  w.key("types");
  w.begin_array();
  for (const TypeSum& type : i.types) {
    w.begin_object();
    w.field("type", tensor_type(type.type).id);
    w.field("tensors", type.tensors);
    w.field("elements", type.elements);
    w.field("bytes", type.bytes);
    w.end_object();
  }
  w.end_array();
}

void write_tensors(JsonWriter& w, const Inspection& i) {
  w.key("tensors");
  if (!i.file->gguf) return w.value(nullptr);
  const GgufContents& gguf = *i.file->gguf;
  w.begin_object();
  w.field("count", gguf.tensors->size());
  w.field("parameters", i.parameters);
  w.field("bytes", i.weights.tensor_bytes);
  write_types(w, i);
  w.field("token_embedding_bytes", i.weights.token_embedding_bytes);
  w.field("output_bytes", i.weights.output_bytes);
  w.key("block_bytes");
  w.begin_array();
  for (const Bytes bytes : i.weights.block_bytes) w.value(bytes);
  w.end_array();
  w.field("expert_bytes", i.expert_bytes);
  w.field("mtp_bytes", i.mtp_bytes);
  w.field("has_mtp_block", gguf.model.has_mtp_block);
  w.key("unknown");
  w.begin_array();
  for (const std::string& name : gguf.model.unknown) w.value(name);
  w.end_array();
  w.end_object();
}

void write_inspected_quant(JsonWriter& w, const Inspection& i) {
  w.key("quant");
  if (!i.file->gguf) return w.value(nullptr);
  const GgufContents& gguf = *i.file->gguf;
  w.begin_object();
  w.field("id", gguf.quant->id);
  w.field("name", gguf.quant->name);
  w.field("basis", quant_basis_id(gguf.basis));
  w.text_or_null("named", gguf.named != nullptr ? gguf.named->id : "");
  w.text_or_null("stated", gguf.stated != nullptr ? gguf.stated->id : "");
  w.field("stock_tensor_bytes", i.stock ? std::optional(i.stock->tensor_bytes) : std::nullopt);
  w.field("stock_importance_matrix", i.stock ? std::optional(i.stock->importance_matrix) : std::nullopt);
  w.end_object();
}

}  // namespace

void print_inspection_json(std::ostream& out, const Inspection& i, const InspectedRun& run,
                           const CatalogInfo& info) {
  JsonWriter w(true);
  begin_document(w, "qwenfit.inspect/1", info);
  write_inspected_file(w, *i.file);
  write_inspected_model(w, *i.file);
  write_inspected_quant(w, i);
  write_tensors(w, i);
  w.key("results");
  w.begin_array();
  if (run.question != nullptr) {
    for (const Answer& answer : *run.answers) write_result(w, *run.question, answer, info);
  }
  w.end_array();
  w.end_object();
  out << std::move(w).take() << '\n';
}

}  // namespace qwenfit
