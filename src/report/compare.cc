#include "report/compare.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "report/compare_words.h"
#include "report/csv_grid.h"
#include "report/document.h"
#include "report/format.h"
#include "report/grid.h"
#include "report/html_charts.h"
#include "report/html_page.h"
#include "report/speed_view.h"
#include "report/words.h"

namespace qwenfit {
namespace {

/// Some build of the table is not of the quant of the standing.
bool has_other_quants(const Comparison& c, std::size_t model) {
  const std::string& quant = c.standings[model].condition.quant;
  return !quant.empty() && std::any_of(c.machines.begin(), c.machines.end(), [&](const ComparedMachine& m) {
    return m.best[model].build->quant_id != quant;
  });
}

/// `compared`: the quant of the last column, in words; empty: there is none.
std::vector<Column> columns(const Comparison& c, const char* first, const std::string& compared,
                            const std::vector<const Answer*>& answers) {
  const auto number = [](std::string title, std::string unit, unsigned rank) {
    return Column{.title = std::move(title), .unit = std::move(unit), .right = true, .rank = rank};
  };
  const Settings& settings = c.machines.front().question.settings;
  std::vector<Column> all = {Column{.title = first},
                             Column{.title = "quant"},
                             number("file", "GB", 3),
                             number("free", "GiB", 2),
                             number("max ctx", "tokens", 1),
                             number("tok/s", decode_point(settings), 0),
                             number(context_title(answers), "tok/s", 2),
                             number("prefill", "tok/s", 4),
                             number("first", "s, " + prompt_words(settings), 5),
                             Column{.title = "verdict"}};
  if (!compared.empty()) all.push_back(number("tok/s", "at " + clean(compared), 1));
  return all;
}

std::vector<Cell> cells(const ComparedMachine& machine, std::size_t model, const std::string& name,
                        bool compared) {
  const Answer& answer = machine.best[model];
  const Estimate& e = answer.estimate;
  const Speed* shown = shown_speed(answer);
  const Speed speed = shown != nullptr ? *shown : Speed{};
  std::vector<Cell> row = {{name},
                           {clean(answer.build->quant_name)},
                           {gb(answer.build->file_bytes)},
                           {gib(fullest(e).free()), verdict_paint(e.verdict)},
                           {max_context_cell(machine.question, answer)},
                           {rate_cell(speed.decode)},
                           {rate_point(speed.decode_at_context)},
                           {rate_point(speed.prefill)},
                           {seconds_cell(speed.ttft_s)},
                           {verdict_words(answer), verdict_paint(e.verdict)}};
  const Speed* at_one = shown_speed(machine.compared[model]);
  if (compared) row.push_back({rate_cell(at_one != nullptr ? at_one->decode : std::nullopt)});
  return row;
}

/// One table: the machines for one model, or the models on the only machine.
struct Block {
  std::string title;
  Grid grid;
};

std::vector<const Answer*> answers_of(const Comparison& c) {
  std::vector<const Answer*> all;
  for (const ComparedMachine& m : c.machines) {
    for (const Answer& a : m.best) all.push_back(&a);
  }
  return all;
}

std::vector<Block> blocks_of(const Comparison& c) {
  std::vector<Block> blocks;
  if (c.machines.size() == 1) {
    const ComparedMachine& m = c.machines.front();
    bool other = false;
    for (std::size_t model = 0; model < m.best.size(); ++model) other = other || has_other_quants(c, model);
    Grid grid{.columns = columns(c, "model", other ? c.standings.front().quant_name : "", answers_of(c)),
              .rows = {},
              .marked = {}};
    for (std::size_t model = 0; model < m.best.size(); ++model)
      grid.rows.push_back(cells(m, model, clean(m.best[model].subject->model.name), other));
    blocks.push_back({clean(m.question.machine.name), std::move(grid)});
    return blocks;
  }
  for (std::size_t model = 0; model < c.standings.size(); ++model) {
    const Standing& s = c.standings[model];
    const bool other = has_other_quants(c, model);
    Grid grid{
        .columns = columns(c, "machine", other ? s.quant_name : "", answers_of(c)), .rows = {}, .marked = {}};
    for (std::size_t i = 0; i < c.machines.size(); ++i) {
      grid.rows.push_back(cells(c.machines[i], model, clean(c.machines[i].asked), other));
      grid.marked.push_back(s.leader == i && !s.level);
    }
    const Model& named = c.machines.front().best[model].subject->model;
    blocks.push_back(
        {clean(named.name) + (named.status == ModelStatus::guide_only ? " (never released)" : ""),
         std::move(grid)});
  }
  return blocks;
}

std::vector<std::string> dropped_ram(const Comparison& c) {
  std::vector<std::string> names;
  for (const ComparedMachine& m : c.machines) {
    if (m.ram_dropped) names.push_back(clean(m.asked));
  }
  return names;
}

/// `by`: what turns the order; empty of a usual standing.
void write_standing(JsonWriter& w, const Comparison& c, const Standing& s, std::string_view by = {}) {
  w.begin_object();
  if (!by.empty()) w.field("by", by);
  w.field("model", c.machines.front().best[s.condition.model].subject->model.id);
  w.text_or_null("quant", s.condition.quant);
  w.field("filled_tokens", s.condition.filled > 0 ? std::optional(s.condition.filled) : std::nullopt);
  const auto write_all = [&](const char* key, const auto& values) {
    w.key(key);
    w.begin_array();
    for (const auto& value : values) w.value(value);
    w.end_array();
  };
  std::vector<std::optional<double>> rates;
  for (const auto& rate : s.rates) rates.push_back(rate ? std::optional(rate->tok_s) : std::nullopt);
  write_all("decode_tok_s", rates);
  write_all("file_bytes", s.files);
  write_all("max_context_tokens", s.max_contexts);
  w.key("verdicts");
  w.begin_array();
  for (const Verdict v : s.verdicts) w.value(verdict_id(v));
  w.end_array();
  w.key("leader");
  if (s.leader) {
    w.value(c.machines[*s.leader].asked);
  } else {
    w.value(nullptr);
  }
  w.field("level", s.level);
  w.end_object();
}

void write_texts(JsonWriter& w, const char* key, const std::vector<std::string>& texts) {
  w.key(key);
  w.begin_array();
  for (const std::string& text : texts) w.value(text);
  w.end_array();
}

/// What stands in one table, for its charts.
struct ShownAnswer {
  std::string name;
  const Question* question = nullptr;
  const Answer* answer = nullptr;    ///< the best
  const Answer* compared = nullptr;  ///< the same model at the quant that is compared
};

std::vector<ShownAnswer> shown_in_block(const Comparison& c, std::size_t block) {
  std::vector<ShownAnswer> shown;
  if (c.machines.size() == 1) {
    const ComparedMachine& m = c.machines.front();
    for (std::size_t i = 0; i < m.best.size(); ++i)
      shown.push_back({clean(m.best[i].subject->model.name), &m.question, &m.best[i], &m.compared[i]});
    return shown;
  }
  for (const ComparedMachine& m : c.machines)
    shown.push_back({clean(m.asked), &m.question, &m.best[block], &m.compared[block]});
  return shown;
}

std::string with_quant(const std::string& name, const Answer& answer) {
  return fmt::format("{} {}", name, clean(answer.build->quant_name));
}

void write_html_block(HtmlWriter& w, const Block& block, const std::vector<ShownAnswer>& shown,
                      const CatalogInfo& info, const SpeedCurves& curves) {
  w.element("h2", block.title);
  html_grid(w, block.grid, fmt::format("{}: side by side", block.title));
  std::vector<MemoryBar> bars;
  std::vector<CurveLine> lines;
  for (const ShownAnswer& s : shown) {
    for (MemoryBar& bar : memory_bars(*s.question, *s.answer)) {
      const bool one = s.question->machine.devices.size() <= 1 && bar.memory->kind != DeviceKind::host;
      const std::string place =
          bar.memory->kind == DeviceKind::host ? "system RAM" : fmt::format("GPU {}", bar.memory->device);
      const std::string name = with_quant(s.name, *s.answer);
      bar.name = one ? name : fmt::format("{}, {}", name, place);
      bars.push_back(std::move(bar));
    }
    lines.push_back({with_quant(s.name, *s.compared), curve_of(curves, *s.compared)});
  }
  memory_chart(w, fmt::format("{}: memory by term", block.title), bars);
  speed_chart(w, fmt::format("{}: speed as the context fills", block.title), lines);
  for (const ShownAnswer& s : shown)
    html_command(
        w, fmt::format("Run {} on {}", clean(s.answer->subject->model.name), clean(s.question->machine.name)),
        *s.question, *s.answer, info);
  for (const ShownAnswer& s : shown)
    html_list(w, fmt::format("Notes on {}", s.name), html_notes(*s.answer, info));
}

}  // namespace

void print_comparison_html(std::ostream& out, const Comparison& c, const CatalogInfo& info,
                           const SpeedCurves& curves) {
  std::vector<std::string> names;
  for (const ShownAnswer& s : shown_in_block(c, 0)) names.push_back(s.name);
  HtmlWriter w = html_page(fmt::format("{} compared", joined(names)));
  for (const std::string& text : comparison_sentences(c)) w.element("p", text, {{"class", "lead"}});
  html_list(w, "When the order changes", flip_sentences(c));
  if (const auto dropped = dropped_ram(c); !dropped.empty())
    w.element("p",
              fmt::format("--ram is not counted for {}: the memory there is one pool.", joined(dropped)));
  const std::vector<Block> blocks = blocks_of(c);
  for (std::size_t b = 0; b < blocks.size(); ++b)
    write_html_block(w, blocks[b], shown_in_block(c, b), info, curves);
  out << end_html_page(std::move(w), info);
}

void print_comparison(std::ostream& out, const Comparison& c, const Style& style) {
  const std::size_t width = screen_width(style);
  std::vector<AnsweredMachine> answered;
  for (const ComparedMachine& m : c.machines) answered.push_back({clean(m.asked), &m.question, &m.best});
  out << wrapped("Settings  " + shared_settings_words(answered), width, 10) << '\n';
  for (const Block& block : blocks_of(c)) {
    out << wrapped(block.title, width) << '\n';
    print_grid(out, block.grid, style);
    out << '\n';
  }
  for (const std::string& text : comparison_sentences(c)) out << wrapped(text, width);
  for (const std::string& text : flip_sentences(c)) out << wrapped("But " + text, width);
  if (const auto names = dropped_ram(c); !names.empty())
    out << wrapped("Note: --ram does not count for " + joined(names) + ": the memory is one pool.", width, 6);
}

void print_comparison_lines(std::ostream& out, const Comparison& c) {
  for (const std::string& text : comparison_sentences(c)) out << text << '\n';
}

void print_comparison_markdown(std::ostream& out, const Comparison& c) {
  for (const Block& block : blocks_of(c)) {
    out << "**" << block.title << "**\n\n";
    print_grid_markdown(out, block.grid);
    out << '\n';
  }
  for (const std::string& text : comparison_sentences(c)) out << text << '\n';
  for (const std::string& text : flip_sentences(c)) out << text << '\n';
}

void print_comparison_csv(std::ostream& out, const Comparison& c, const CatalogInfo& info) {
  const auto text = [](const auto& value) { return value ? fmt::format("{}", *value) : std::string(); };
  Grid grid;
  for (std::size_t i = 0; i < c.machines.size(); ++i) {
    const ComparedMachine& m = c.machines[i];
    Grid more = csv_grid(m.question, m.best, *info.rows);
    grid.columns = std::move(more.columns);
    for (std::size_t model = 0; model < m.best.size(); ++model) {
      const Standing& s = c.standings[model];
      const auto rate = s.rates[i] ? std::optional(s.rates[i]->tok_s) : std::nullopt;
      std::vector<Cell>& row = more.rows[model];
      for (const std::string& cell :
           {m.compared[model].build->quant_id, text(s.files[i]), text(s.max_contexts[i]), text(rate)})
        row.push_back({cell});
      grid.rows.push_back(std::move(row));
    }
  }
  for (const char* title :
       {"compared_quant", "compared_file_bytes", "compared_max_context_tokens", "compared_decode_tok_s"})
    grid.columns.push_back(text_column(title));
  print_grid_csv(out, grid);
}

void print_comparison_json(std::ostream& out, const Comparison& c, const CatalogInfo& info) {
  JsonWriter w(true);
  begin_document(w, "qwenfit.compare/1", info);
  w.key("machines");
  w.begin_array();
  for (const ComparedMachine& m : c.machines) {
    w.begin_object();
    w.field("asked", m.asked);
    w.field("ram_counted", !m.ram_dropped);
    w.key("results");
    w.begin_array();
    for (const Answer& a : m.best) write_result(w, m.question, a, info);
    w.end_array();
    w.end_object();
  }
  w.end_array();
  w.key("standings");
  w.begin_array();
  for (const Standing& s : c.standings) write_standing(w, c, s);
  w.end_array();
  w.key("flips");
  w.begin_array();
  for (const Standing& s : c.flips) write_standing(w, c, s, s.condition.filled > 0 ? "context" : "quant");
  for (const std::size_t model : c.model_flips)
    write_standing(w, c, c.standings[model], c.flips_by_kind ? "kind" : "model");
  w.end_array();
  write_texts(w, "verdict", comparison_sentences(c));
  write_texts(w, "changes", flip_sentences(c));
  w.end_object();
  out << std::move(w).take() << '\n';
}

}  // namespace qwenfit
