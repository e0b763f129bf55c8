#include <fmt/format.h>

#include <ostream>

#include "report/format.h"
#include "report/words.h"

namespace qwenfit {
namespace {

/// Columns of the CSV form: names as in the JSON document, one place per name.
const std::vector<std::string>& csv_titles() {
  static const std::vector<std::string> titles = [] {
    std::vector<std::string> t = {
        "model",     "quant",   "publisher", "basis",        "file_bytes",     "machine",
        "os",        "runtime", "backend",   "context",      "parallel",       "kv_type_k",
        "kv_type_v", "verdict", "device",    "device_index", "capacity_bytes", "usable_bytes"};
    for (std::size_t i = 0; i < kTermCount; ++i)
      t.push_back(std::string(term_id(static_cast<Term>(i))) + "_bytes");
    for (const char* title :
         {"total_bytes", "free_bytes", "host_total_bytes", "host_free_bytes", "gpu_layers", "cpu_moe_layers",
          "max_context_tokens", "max_context_limited_by", "decode_tok_s"}) {
      t.emplace_back(title);
    }
    return t;
  }();
  return titles;
}

template <typename T>
std::string digits(const std::optional<T>& value) {
  return value ? std::to_string(*value) : "";
}

std::vector<Cell> csv_row(const Question& question, const Answer& answer) {
  const Estimate& e = answer.estimate;
  const Settings& s = answer.settings;
  const DeviceMemory& memory = fullest(e);
  const DeviceMemory& host = host_of(e);
  const bool is_host = memory.kind == DeviceKind::host;
  const bool known = !e.guide_only;
  std::vector<Cell> row = {{answer.subject->model.id},
                           {answer.build->quant_id},
                           {answer.build->publisher},
                           {std::string(tensor_basis_id(answer.build->basis))},
                           {digits(answer.build->file_bytes)},
                           {question.machine.name},
                           {std::string(os_id(question.machine.os))},
                           {s.runtime},
                           {std::string(backend_of(question.machine))},
                           {std::to_string(s.context)},
                           {std::to_string(s.parallel)},
                           {std::string(tensor_type(s.kv_k).id)},
                           {std::string(tensor_type(s.kv_v).id)},
                           {std::string(verdict_id(e.verdict))},
                           {is_host ? "host" : question.machine.devices.at(memory.device).id},
                           {is_host ? "" : std::to_string(memory.device)},
                           {digits(memory.capacity)},
                           {digits(memory.usable)}};
  for (std::size_t t = 0; t < kTermCount; ++t) {
    const Term term = static_cast<Term>(t);
    row.push_back({known || term == Term::weights ? std::to_string(memory.terms[term]) : ""});
  }
  row.push_back({std::to_string(memory.total())});
  row.push_back({digits(memory.free())});
  row.push_back({known ? std::to_string(host.total()) : ""});
  row.push_back({known ? digits(host.free()) : ""});
  row.push_back({known ? std::to_string(e.placement.gpu_layers) : ""});
  row.push_back({known ? std::to_string(e.placement.cpu_moe_layers) : ""});
  row.push_back({known ? std::to_string(answer.max_context.tokens) : ""});
  row.push_back({!known ? "" : answer.max_context.limited_by == ContextLimit::memory ? "memory" : "model"});
  row.push_back({""});
  return row;
}

}  // namespace

void print_csv(std::ostream& out, const Question& question, const std::vector<Answer>& answers) {
  Grid grid;
  for (const std::string& title : csv_titles()) grid.columns.push_back({.title = title});
  for (const Answer& answer : answers) grid.rows.push_back(csv_row(question, answer));
  print_grid_csv(out, grid);
}

void print_markdown(std::ostream& out, const Question& question, const std::vector<Answer>& answers) {
  Grid grid;
  const auto text = [](const char* title) { return Column{.title = title}; };
  const auto number = [](const char* title, const char* unit) {
    return Column{.title = title, .unit = unit, .right = true};
  };
  grid.columns = {text("model"),
                  text("quant"),
                  text("by"),
                  number("file", "GB"),
                  number("use", "GiB"),
                  number("free", "GiB"),
                  number("largest context", "tokens"),
                  text("verdict")};
  for (const ModelAnswers& group : by_model(answers)) {
    const Answer* best = best_of(group);
    for (const Answer* a = group.begin; a != group.end; ++a) {
      const Estimate& e = a->estimate;
      const DeviceMemory& memory = fullest(e);
      grid.rows.push_back({{a->subject->model.name + (e.guide_only ? " (never released)" : "")},
                           {a->build->quant_name},
                           {size_source(*a->build).name},
                           {gb(a->build->file_bytes)},
                           {gib(memory.total())},
                           {gib(memory.free())},
                           {max_context_cell(question, *a)},
                           {verdict_words(*a)}});
      grid.marked.push_back(a == best);
    }
  }
  out << clean(machine_words(question, answers)) << "; " << settings_words(question, answers) << ".\n\n";
  print_grid_markdown(out, grid);
}

}  // namespace qwenfit
