#include <nlohmann/json.hpp>
#include <ostream>

#include "report/advice_json.h"
#include "report/advice_words.h"
#include "report/claim_words.h"
#include "report/document.h"
#include "report/launch.h"
#include "report/notes.h"

namespace qwenfit {
namespace {

void write_model(JsonWriter& w, const Model& model) {
  w.key("model");
  w.begin_object();
  w.field("id", model.id);
  w.field("name", model.name);
  w.field("kind", model_kind_id(model.kind));
  w.field("status", model.status == ModelStatus::released ? "released" : "guide_only");
  w.end_object();
}

void write_quant(JsonWriter& w, const Build& build) {
  w.key("quant");
  w.begin_object();
  w.field("id", build.quant_id);
  w.text_or_null("publisher", build.publisher);
  w.field("file_bytes", build.file_bytes);
  w.field("basis", tensor_basis_id(build.basis));
  w.field("has_mtp_block", build.has_mtp_block);
  w.end_object();
}

void write_machine(JsonWriter& w, const Machine& machine) {
  w.key("machine");
  w.begin_object();
  w.field("name", machine.name);
  w.key("devices");
  w.begin_array();
  for (const DeviceGroup& group : device_groups(machine)) {
    w.begin_object();
    w.field("id", group.device->id);
    w.field("count", group.count);
    w.end_object();
  }
  w.end_array();
  w.text_or_null("cpu", machine.host.cpu_id);
  w.field("system_ram_bytes", machine.host.capacity);
  w.field("os", os_id(machine.os));
  w.end_object();
}

void write_settings(JsonWriter& w, const Machine& machine, const Settings& s) {
  w.key("settings");
  w.begin_object();
  w.field("runtime", s.runtime);
  w.field("backend", backend_of(machine));
  w.field("context", s.context);
  w.field("depth", s.depth);
  w.field("prompt", s.prompt);
  w.field("parallel", s.parallel);
  w.field("kv_type_k", tensor_type(s.kv_k).id);
  w.field("kv_type_v", tensor_type(s.kv_v).id);
  w.field("ubatch", s.ubatch);
  w.field("flash_attention", s.flash_attention);
  w.field("split_mode", split_mode_id(s.split_mode));
  w.field("vision", s.vision);
  w.field("mtp", s.mtp);
  w.field("headless", machine.headless);
  w.end_object();
}

void write_device(JsonWriter& w, const Machine& machine, const DeviceMemory& memory, bool guide_only) {
  const bool host = memory.kind == DeviceKind::host;
  w.begin_object();
  w.field("device", host ? std::string_view("host") : std::string_view(machine.devices.at(memory.device).id));
  w.field("index", host ? std::nullopt : std::optional(memory.device));
  w.field("kind", device_kind_id(memory.kind));
  w.field("capacity_bytes", memory.capacity);
  w.field("reported_bytes", memory.reported);
  w.field("usable_bytes", memory.usable);
  w.key("terms");
  w.begin_object();
  for (std::size_t t = 0; t < kTermCount; ++t) {
    const Term term = static_cast<Term>(t);
    const bool known = !guide_only || term == Term::weights;
    w.field(term_id(term), known ? std::optional(memory.terms[term]) : std::nullopt);
  }
  w.end_object();
  w.field("total_bytes", memory.total());
  w.field("free_bytes", memory.free());
  w.end_object();
}

void write_placement(JsonWriter& w, const Answer& answer) {
  const bool known = !answer.estimate.guide_only;
  const Placement& p = answer.estimate.placement;
  w.key("placement");
  w.begin_object();
  w.field("gpu_layers", known ? std::optional(p.gpu_layers) : std::nullopt);
  w.field("cpu_moe_layers", known ? std::optional(p.cpu_moe_layers) : std::nullopt);
  w.key("tensor_split");
  w.begin_array();
  for (const double share : device_shares(answer)) w.value(share);
  w.end_array();
  w.key("layers_by_device");
  w.begin_array();
  for (const std::uint32_t layers : layers_by_device(answer)) w.value(layers);
  w.end_array();
  w.field("cache_in_ram", known ? std::optional(p.cache_in_ram) : std::nullopt);
  w.end_object();
  w.key("max_context");
  w.begin_object();
  w.field("tokens", known ? std::optional(answer.max_context.tokens) : std::nullopt);
  const char* limit = answer.max_context.limited_by == ContextLimit::memory ? "memory" : "model";
  w.field("limited_by", known ? std::optional(limit) : std::nullopt);
  w.field("concurrency", answer.estimate.concurrency);
  w.end_object();
}

std::string fit_document(const Question& question, const std::vector<Answer>& answers,
                         const CatalogInfo& info, const nlohmann::json* id, bool pretty,
                         const Advice* advice) {
  JsonWriter w(pretty);
  begin_document(w, "qwenfit.fit/1", info, id);
  w.field("status", anything_fits(answers) ? "fits" : "no_fit");
  w.key("results");
  w.begin_array();
  const OtherRuntime* other = advice != nullptr && advice->other_runtime ? &*advice->other_runtime : nullptr;
  for (const Answer& answer : answers) write_result(w, question, answer, info, other);
  w.end_array();
  write_advice(w, question, advice);
  w.end_object();
  return std::move(w).take();
}

}  // namespace

std::string_view device_kind_id(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::gpu:
      return "gpu";
    case DeviceKind::unified:
      return "unified";
    case DeviceKind::host:
      break;
  }
  return "host";
}

std::string_view model_kind_id(ModelKind kind) {
  return kind == ModelKind::moe ? "moe" : "dense";
}

void write_id(JsonWriter& w, const nlohmann::json* id) {
  if (id == nullptr) return;
  w.key("id");
  w.raw(id->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void begin_document(JsonWriter& w, std::string_view schema, const CatalogInfo& info,
                    const nlohmann::json* id) {
  w.begin_object();
  w.field("schema", schema);
  write_id(w, id);
  w.field("version", info.version);
  w.key("catalog");
  w.begin_object();
  w.field("date", info.date);
  w.key("overlays");
  w.begin_array();
  for (const std::string& overlay : info.overlays) w.value(overlay);
  w.end_array();
  w.end_object();
}

void write_result(JsonWriter& w, const Question& question, const Answer& answer, const CatalogInfo& info,
                  const OtherRuntime* other) {
  w.begin_object();
  write_model(w, answer.subject->model);
  write_quant(w, *answer.build);
  write_machine(w, question.machine);
  write_settings(w, question.machine, answer.settings);
  w.field("verdict", verdict_id(answer.estimate.verdict));
  w.key("memory");
  w.begin_object();
  w.key("devices");
  w.begin_array();
  for (const DeviceMemory& memory : answer.estimate.devices) {
    write_device(w, question.machine, memory, answer.estimate.guide_only);
  }
  w.end_array();
  w.end_object();
  write_placement(w, answer);
  write_speed(w, answer, info);
  write_quality(w, answer, info);
  w.key("launch");
  w.begin_object();
  for (const auto& [runtime, command] : launches(question, answer, info)) w.field(runtime, command);
  w.end_object();
  w.key("notes");
  w.begin_array();
  const auto write = [&](std::string_view code, std::string_view text) {
    w.begin_object();
    w.field("code", code);
    w.field("text", text);
    w.end_object();
  };
  for (const Note note : answer.estimate.notes)
    write(note_text(note).code, note_sentence(note, answer, info.runtime_options));
  for (const ClaimNote& note : claim_notes(answer)) write(note.code, note.text);
  if (other != nullptr) write("other_runtime", other_runtime_sentence(*other));
  w.end_array();
  w.end_object();
}

void print_json(std::ostream& out, const Question& question, const std::vector<Answer>& answers,
                const CatalogInfo& info, const Advice* advice) {
  out << fit_document(question, answers, info, nullptr, true, advice) << '\n';
}

void print_json_line(std::ostream& out, const Question& question, const std::vector<Answer>& answers,
                     const CatalogInfo& info, const nlohmann::json* id) {
  out << fit_document(question, answers, info, id, false, nullptr) << '\n';
}

}  // namespace qwenfit
