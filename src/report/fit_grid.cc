#include "report/fit_grid.h"

#include "report/format.h"
#include "report/speed_view.h"

namespace qwenfit {
namespace {

constexpr std::size_t kWideScreen = 100;  ///< columns from which terms are shown one by one

/// The order in which columns are given room; of a table of models the largest context says more than the
/// use.
enum Rank : unsigned {
  kAlways,
  kDecode,
  kFree,
  kUse,
  kMaxContext,
  kFile,
  kAtContext,
  kFirstToken,
  kPrefill,
  kTerms,
  kRam
};

std::string use_title(const Machine& machine) {
  if (machine.devices.empty()) return "RAM use";
  return machine.devices.front().kind == DeviceKind::unified ? "use" : "GPU use";
}

/// The terms of the wide columns; everything without a column of its own is `other`.
std::vector<Cell> term_cells(const Answer& answer, const DeviceMemory& memory) {
  if (answer.estimate.guide_only) {
    std::vector<Cell> unknown(5, Cell{std::string(kUnknown)});
    unknown[0].text = gib(memory.terms[Term::weights]);
    return unknown;
  }
  std::vector<Cell> cells;
  cells.reserve(5);
  for (const Term term : {Term::weights, Term::kv_cache, Term::recurrent_state, Term::compute}) {
    cells.push_back({gib(memory.terms[term])});
  }
  Bytes other = 0;
  for (const Term term : {Term::vision, Term::mtp, Term::runtime, Term::display})
    other = add(other, memory.terms[term]);
  cells.push_back({gib(other)});
  return cells;
}

}  // namespace

FitGrid::FitGrid(const Question& question, const std::vector<const Answer*>& answers, bool model_column,
                 std::size_t screen)
    : question_(question),
      model_column_(model_column),
      more_speeds_(any_speed(answers)),
      term_columns_(screen >= kWideScreen),
      ram_column_(term_columns_ && !question.machine.devices.empty() &&
                  question.machine.devices.front().kind == DeviceKind::gpu) {
  if (model_column) columns_.push_back({.title = "model", .rank = kAlways});
  columns_.push_back({.title = "quant", .rank = kAlways});
  columns_.push_back(number_column("file", "GB", kFile));
  columns_.push_back(number_column(use_title(question.machine), "GiB", model_column ? kMaxContext : kUse));
  columns_.push_back(number_column("free", "GiB", kFree));
  columns_.push_back(number_column("max ctx", "tokens", model_column ? kUse : kMaxContext));
  add_speed_columns(answers);
  columns_.push_back({.title = "verdict", .rank = kAlways});
  if (!term_columns_) return;
  for (const char* title : {"weights", "KV", "state", "compute", "other"})
    columns_.push_back(number_column(title, "GiB", kTerms));
  if (ram_column_) columns_.push_back(number_column("RAM use", "GiB", kRam));
}

void FitGrid::add_speed_columns(const std::vector<const Answer*>& answers) {
  const Settings& settings = answers.empty() ? question_.settings : answers.front()->settings;
  columns_.push_back(number_column("tok/s", decode_point(settings), more_speeds_ ? kDecode : kPrefill));
  if (!more_speeds_) return;
  columns_.push_back(number_column(context_title(answers), "tok/s", kAtContext));
  columns_.push_back(number_column("prefill", "tok/s", kPrefill));
  columns_.push_back(number_column("first token", "s, " + prompt_words(settings), kFirstToken));
}

std::vector<Cell> FitGrid::row(const Answer& answer, std::string quant) const {
  const Estimate& e = answer.estimate;
  const DeviceMemory& memory = fullest(e);
  static const Speed kNone;
  const Speed* shown = shown_speed(answer);
  const Speed& speed = shown != nullptr ? *shown : kNone;
  std::vector<Cell> row;
  row.reserve(columns_.size());
  if (model_column_) row.push_back({clean(answer.subject->model.name)});
  const std::optional<Bytes> file = answer.build->file_bytes || !e.guide_only
                                        ? answer.build->file_bytes
                                        : std::optional(answer.build->guide_weights);
  row.push_back({std::move(quant)});
  row.push_back({gb(file)});
  row.push_back({gib(memory.total())});
  row.push_back({gib(memory.free())});
  row.push_back({max_context_cell(question_, answer)});
  row.push_back({rate_cell(speed.decode)});
  if (more_speeds_) {
    row.push_back({rate_point(speed.decode_at_context)});
    row.push_back({rate_point(speed.prefill)});
    row.push_back({seconds_cell(speed.ttft_s)});
  }
  row.push_back({verdict_words(answer), verdict_paint(e.verdict)});
  if (!term_columns_) return row;
  for (Cell& cell : term_cells(answer, memory)) row.push_back(std::move(cell));
  if (ram_column_) row.push_back({e.guide_only ? std::string(kUnknown) : gib(host_of(e).total())});
  return row;
}

}  // namespace qwenfit
