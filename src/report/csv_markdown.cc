#include <fmt/format.h>

#include <cmath>
#include <ostream>

#include "report/advice_words.h"
#include "report/csv_grid.h"
#include "report/format.h"
#include "report/speed_view.h"
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
    for (const char* title : {"total_bytes",
                              "free_bytes",
                              "host_total_bytes",
                              "host_free_bytes",
                              "gpu_layers",
                              "cpu_moe_layers",
                              "max_context_tokens",
                              "max_context_limited_by",
                              "decode_tok_s",
                              "decode_low",
                              "decode_high",
                              "decode_basis",
                              "decode_at_context_tok_s",
                              "decode_at_context_low",
                              "decode_at_context_high",
                              "prefill_tok_s",
                              "prefill_low",
                              "prefill_high",
                              "ttft_s",
                              "load_s",
                              "mean_kld",
                              "quality_basis"}) {
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

/// As many digits as it takes to read the same number back.
std::string exact(std::optional<double> value) {
  return value && std::isfinite(*value) ? fmt::format("{}", *value) : "";
}

void add_rate_cells(std::vector<Cell>& row, const std::optional<Rate>& rate) {
  for (double Rate::*member : {&Rate::tok_s, &Rate::low, &Rate::high})
    row.push_back({rate ? exact((*rate).*member) : ""});
}

void add_speed_cells(std::vector<Cell>& row, const Speed& speed) {
  add_rate_cells(row, speed.decode);
  row.push_back({speed.decode ? std::string(speed_basis_id(speed.decode->basis)) : ""});
  add_rate_cells(row, speed.decode_at_context);
  add_rate_cells(row, speed.prefill);
  row.push_back({exact(speed.ttft_s)});
  row.push_back({exact(speed.load_s)});
}

std::vector<Cell> csv_row(const Question& question, const Answer& answer, const CatalogRows& rows) {
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
  add_speed_cells(row, e.speed.value_or(Speed{}));
  const auto quality = quality_of(*answer.build, answer.subject->model, s, rows);
  row.push_back({quality ? exact(quality->mean_kld) : ""});
  row.push_back({quality ? std::string(quality_basis_id(quality->weights.basis)) : ""});
  return row;
}

std::vector<Column> markdown_columns(const Question& question, const std::vector<const Answer*>& answers) {
  const auto text = [](const char* title) { return Column{.title = title}; };
  const auto number = [](std::string title, std::string unit) {
    return Column{.title = std::move(title), .unit = std::move(unit), .right = true};
  };
  const Settings& settings = answers.empty() ? question.settings : answers.front()->settings;
  return {text("model"),
          text("quant"),
          text("by"),
          number("file", "GB"),
          number("use", "GiB"),
          number("free", "GiB"),
          number("largest context", "tokens"),
          number("tok/s", decode_point(settings)),
          number(context_title(answers), "tok/s"),
          number("prefill", "tok/s"),
          number("first token", "s, " + prompt_words(settings)),
          number("loss", "KLD"),
          text("verdict")};
}

std::vector<Cell> markdown_row(const Question& question, const Answer& answer, const CatalogRows& rows) {
  const Estimate& e = answer.estimate;
  const DeviceMemory& memory = fullest(e);
  const Speed* shown = shown_speed(answer);
  const Speed speed = shown != nullptr ? *shown : Speed{};
  return {{answer.subject->model.name + (e.guide_only ? " (never released)" : "")},
          {answer.build->quant_name},
          {size_source(*answer.build).name},
          {gb(answer.build->file_bytes)},
          {gib(memory.total())},
          {gib(memory.free())},
          {max_context_cell(question, answer)},
          {rate_cell(speed.decode)},
          {rate_cell(speed.decode_at_context)},
          {rate_cell(speed.prefill)},
          {seconds_cell(speed.ttft_s)},
          {kld_cell(quality_of(*answer.build, answer.subject->model, answer.settings, rows))},
          {verdict_words(answer)}};
}

}  // namespace

Grid csv_grid(const Question& question, const std::vector<Answer>& answers, const CatalogRows& rows) {
  Grid grid;
  for (const std::string& title : csv_titles()) grid.columns.push_back({.title = title});
  for (const Answer& answer : answers) grid.rows.push_back(csv_row(question, answer, rows));
  return grid;
}

void print_csv(std::ostream& out, const Question& question, const std::vector<Answer>& answers,
               const CatalogInfo& info) {
  print_grid_csv(out, csv_grid(question, answers, *info.rows));
}

void print_markdown(std::ostream& out, const Question& question, const std::vector<Answer>& answers,
                    const CatalogInfo& info, const Advice* advice) {
  std::vector<const Answer*> all;
  all.reserve(answers.size());
  for (const Answer& answer : answers) all.push_back(&answer);
  Grid grid{.columns = markdown_columns(question, all), .rows = {}, .marked = {}};
  for (const ModelAnswers& group : by_model(answers)) {
    const Answer* best = best_of(group);
    for (const Answer* a = group.begin; a != group.end; ++a) {
      grid.rows.push_back(markdown_row(question, *a, *info.rows));
      grid.marked.push_back(a == best);
    }
  }
  out << clean(machine_words(question, answers)) << "; " << settings_words(question, answers) << ".\n\n";
  print_grid_markdown(out, grid);
  if (advice != nullptr && advice->other_runtime)
    out << "\nNote: " << other_runtime_sentence(*advice->other_runtime) << ".\n";
}

}  // namespace qwenfit
