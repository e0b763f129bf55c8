#include "report/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "report/claim_words.h"
#include "report/document.h"
#include "report/explain_lines.h"
#include "report/explain_quality.h"
#include "report/explain_runtime.h"
#include "report/explain_speed.h"
#include "report/format.h"
#include "report/notes.h"
#include "report/words.h"

namespace qwenfit {
namespace {

void print_part(std::ostream& out, const Part& part, std::size_t width) {
  print_amount(out, clean(part.label), 4, grouped(part.bytes), gib(part.bytes), width);
  print_derivation(out, "=", part.formula, width);
  print_derivation(out, "=", part.inputs, width);
  print_derivation(out, "from", part.source, width);
}

void print_device(std::ostream& out, const Question& question, const Answer& answer, std::size_t row,
                  std::size_t width) {
  const DeviceMemory& memory = answer.estimate.devices[row];
  out << '\n';
  print_amount(out, clean(place_name(question.machine, memory)), 0, "bytes", "GiB", width);
  for (const TermParts& term : terms_of(answer.estimate, row)) {
    print_amount(out, term_words(term.term, memory.kind), 2, grouped(term.bytes), gib(term.bytes), width);
    for (const Part* part : term.parts) print_part(out, *part, width);
    if (term.unaccounted != 0 && !term.parts.empty()) {
      print_amount(out, "not accounted for", 4, std::to_string(term.unaccounted), gib(term.unaccounted),
                   width);
    }
  }
  print_amount(out, "total", 2, grouped(memory.total()), gib(memory.total()), width);
  const auto fact = [&](std::string_view label, const std::optional<Bytes>& bytes, std::string_view source) {
    if (!bytes) return;
    print_amount(out, label, 2, grouped(*bytes), gib(*bytes), width);
    print_derivation(out, "from", source, width);
  };
  const bool host = memory.kind == DeviceKind::host;
  const Device* device = host ? nullptr : &question.machine.devices.at(memory.device);
  fact("nominal memory", memory.capacity, "");
  if (memory.reported != memory.capacity) {
    fact("reported by the driver", memory.reported, device != nullptr ? device->reported_source : "");
  }
  const bool pooled = device != nullptr && memory.usable && *memory.usable < device->limit;
  if (pooled) {
    fact("limit of the device", device->limit, device->limit_source);
    fact("usable", memory.usable,
         answer.estimate.memory_fraction
             ? "the runtime's share of the memory, at most what is free before it starts; see Runtime below"
             : "nominal memory less the system RAM below: one pool, counted once");
  } else {
    fact("usable", memory.usable, device != nullptr ? device->limit_source : "");
  }
  if (memory.free()) {
    const SignedBytes free = *memory.free();
    const std::string digits = (free < 0 ? "-" : "") + grouped(static_cast<Bytes>(free < 0 ? -free : free));
    print_amount(out, "free (usable less total)", 2, digits, gib(free), width);
  }
}

}  // namespace

std::vector<TermParts> terms_of(const Estimate& estimate, std::size_t device_row) {
  std::vector<TermParts> terms;
  for (std::size_t t = 0; t < kTermCount; ++t) {
    TermParts entry;
    entry.term = static_cast<Term>(t);
    entry.bytes = estimate.devices[device_row].terms[entry.term];
    Bytes sum = 0;
    for (const Part& part : estimate.parts) {
      if (part.row != device_row || part.term != entry.term) continue;
      entry.parts.push_back(&part);
      sum = add(sum, part.bytes);
    }
    entry.unaccounted = static_cast<SignedBytes>(entry.bytes - sum);
    if (entry.bytes > 0 || !entry.parts.empty()) terms.push_back(std::move(entry));
  }
  return terms;
}

std::vector<Origin> origins_of(const Question& question, const Answer& answer, const Catalog& catalog) {
  std::vector<Origin> origins;
  const auto take = [&](std::string_view kind, std::string_view id, const auto* row) {
    if (row == nullptr) return;
    origins.push_back({std::string(kind), std::string(id), std::string(row->source), std::string(row->date),
                       std::string(row->origin)});
  };
  const Model& model = answer.subject->model;
  const Build& build = *answer.build;
  take("model", model.id, catalog.model_by_id(model.id));
  take("quant", build.quant_id, catalog.quant_by_id(build.quant_id));
  for (const BuildRow* row : catalog.builds_of(model.id, build.quant_id)) {
    if (row->publisher == build.publisher) take("build", build.quant_id + "@" + build.publisher, row);
  }
  for (const DeviceGroup& group : device_groups(question.machine)) {
    take("device", group.device->id, catalog.device_by_id(group.device->id));
  }
  const std::string& cpu = question.machine.host.cpu_id;
  if (!cpu.empty()) take("cpu", cpu, catalog.device_by_id(cpu));
  return origins;
}

std::vector<std::string> verdict_rule(const Question& question, const Answer& answer) {
  std::vector<std::string> lines;
  for (const DeviceMemory& memory : answer.estimate.devices) {
    const std::string place = place_name(question.machine, memory);
    const std::optional<SignedBytes> free = memory.free();
    if (!free) {
      const bool pool =
          question.machine.devices.size() == 1 && question.machine.devices[0].kind == DeviceKind::unified;
      lines.push_back(
          fmt::format("{}: {} GiB in use, {}", place, gib(memory.total()),
                      pool ? "taken from the pool that the device shares" : "size unknown, not checked"));
    } else {
      lines.push_back(fmt::format(
          "{}: {} GiB usable less {} GiB in use leaves {} GiB; a comfortable fit keeps {} GiB", place,
          gib(memory.usable), gib(memory.total()), gib(*free), gib(fit_margin(*memory.usable))));
    }
  }
  return lines;
}

std::string max_context_line(const Answer& answer) {
  if (answer.estimate.guide_only) return "unknown: only the weights of this model are known";
  const MaxContext& most = answer.max_context;
  const Tokens models = answer.subject->model.max_context;
  if (most.limited_by == ContextLimit::model)
    return fmt::format("{} tokens, the model's maximum", grouped(most.tokens));
  return fmt::format("{} tokens with this placement, limited by memory; the model's maximum is {}",
                     grouped(most.tokens), grouped(models));
}

void print_explain(std::ostream& out, const Question& question, const Answer& answer, const Catalog& catalog,
                   const Style& style) {
  const std::size_t width = screen_width(style);
  const std::vector<Answer> alone = {answer};
  const SizeSource source = size_source(*answer.build);
  const std::string lead = answer.build->publisher.empty() ? ", " + in_sentence(source.lead) : " by";
  out << wrapped(fmt::format("Model     {} {}{} {}", clean(answer.subject->model.name),
                             clean(answer.build->quant_name), lead, source.name),
                 width, 10);
  out << wrapped("Machine   " + machine_words(question, alone), width, 10);
  out << wrapped("Settings  " + settings_words(question, alone), width, 10);
  for (std::size_t row = 0; row < answer.estimate.devices.size(); ++row)
    print_device(out, question, answer, row, width);
  out << "\nVerdict: " << painted(verdict_words(answer), verdict_paint(answer.estimate.verdict), style)
      << '\n';
  for (const std::string& line : verdict_rule(question, answer)) out << wrapped("  " + clean(line), width, 4);
  out << wrapped(
      "  fits: every device keeps 5 % of its usable memory or 512 MiB, whichever is less; tight: less than "
      "that; offload: only with weights or cache in system RAM; no fit: less than nothing is left",
      width, 4);
  out << wrapped("Largest context: " + max_context_line(answer), width, 2);
  print_speed(out, question, answer, catalog.rows().speed_words, width);
  print_quality(out, answer, catalog, width);
  const auto claims = claim_notes(answer);
  print_runtime(out, answer, catalog, width);
  if (!answer.estimate.notes.empty() || !claims.empty()) out << "\nNotes\n";
  for (const Note note : answer.estimate.notes)
    out << wrapped("  " + note_sentence(note, answer, catalog.rows().runtime_options), width, 4);
  for (const ClaimNote& note : claims) out << wrapped(fmt::format("  {}", note.text), width, 4);
  out << "\nCatalog rows\n";
  for (const Origin& origin : origins_of(question, answer, catalog)) {
    const std::string overlay =
        origin.overlay.empty() ? "" : fmt::format(" [from overlay {}]", origin.overlay);
    out << wrapped(
        clean(fmt::format("  {} {}: {} ({}){}", origin.kind, origin.id, origin.source, origin.date, overlay)),
        width, 4);
  }
}

void print_explain_json(std::ostream& out, const Question& question, const Answer& answer,
                        const Catalog& catalog, const CatalogInfo& info) {
  JsonWriter w(true);
  begin_document(w, "qwenfit.explain/1", info);
  w.key("result");
  write_result(w, question, answer, info);
  w.key("parts");
  w.begin_array();
  for (const Part& part : answer.estimate.parts) {
    const DeviceMemory& memory = answer.estimate.devices.at(part.row);
    const bool host = memory.kind == DeviceKind::host;
    w.begin_object();
    w.field("device", host ? std::string("host") : question.machine.devices.at(memory.device).id);
    w.field("index", host ? std::nullopt : std::optional(memory.device));
    w.field("term", term_id(part.term));
    w.field("label", part.label);
    w.text_or_null("formula", part.formula);
    w.text_or_null("inputs", part.inputs);
    w.text_or_null("source", part.source);
    w.field("bytes", part.bytes);
    w.end_object();
  }
  w.end_array();
  write_speed_parts(w, question, answer);
  write_quality_parts(w, answer, catalog);
  w.key("origins");
  w.begin_array();
  for (const Origin& origin : origins_of(question, answer, catalog)) {
    w.begin_object();
    w.field("kind", origin.kind);
    w.field("id", origin.id);
    w.text_or_null("source", origin.source);
    w.text_or_null("date", origin.date);
    w.text_or_null("overlay", origin.overlay);
    w.end_object();
  }
  w.end_array();
  w.end_object();
  out << std::move(w).take() << '\n';
}

}  // namespace qwenfit
