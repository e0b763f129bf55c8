#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>

#include "report/advice_words.h"
#include "report/bar.h"
#include "report/claim_words.h"
#include "report/command_lines.h"
#include "report/fit_grid.h"
#include "report/format.h"
#include "report/html_charts.h"
#include "report/html_page.h"
#include "report/launch.h"
#include "report/notes.h"
#include "report/speed_view.h"
#include "report/speed_words.h"
#include "report/words.h"

namespace qwenfit {
namespace {

/// Where the sizes come from: the source with most rows needs no mark, the others get `[1]`, `[2]`, ...
class Sources {
 public:
  explicit Sources(const std::vector<const Answer*>& answers) {
    std::map<std::string, std::size_t> rows;
    for (const Answer* answer : answers) ++rows[size_source(*answer->build).name];
    for (const Answer* answer : answers) {
      const SizeSource source = size_source(*answer->build);
      const std::size_t most = main_.name.empty() ? 0 : rows[main_.name];
      const std::size_t count = rows[source.name];
      if (count > most || (count == most && source.name < main_.name)) main_ = source;
    }
    for (const Answer* answer : answers) {
      const SizeSource source = size_source(*answer->build);
      if (source != main_ && std::find(others_.begin(), others_.end(), source) == others_.end())
        others_.push_back(source);
    }
  }

  std::string quant_cell(const Build& build) const {
    const auto other = std::find(others_.begin(), others_.end(), size_source(build));
    const std::string name = clean(build.quant_name);
    return other == others_.end() ? name : fmt::format("{} [{}]", name, other - others_.begin() + 1);
  }

  std::string legend() const {
    std::string text = main_.lead + " " + main_.name;
    for (std::size_t i = 0; i < others_.size(); ++i) {
      const std::string lead = others_[i].lead == main_.lead ? "" : in_sentence(others_[i].lead) + " ";
      text += fmt::format("; [{}] {}{}", i + 1, lead, others_[i].name);
    }
    return text + ".";
  }

 private:
  SizeSource main_;
  std::vector<SizeSource> others_;
};

std::vector<const Answer*> pointers(const Answer* begin, const Answer* end) {
  std::vector<const Answer*> result;
  for (; begin != end; ++begin) result.push_back(begin);
  return result;
}

/// What the columns mean where that is not plain.
/// `best`: the marked answer, if one is.
std::string column_legend(const Question& question, const std::vector<const Answer*>& answers,
                          const Answer* best) {
  std::vector<std::string> parts;
  if (best != nullptr) parts.push_back("* " + best_rule(answers, *best));
  for (const Answer* answer : answers) {
    const Speed* speed = shown_speed(*answer);
    if (speed == nullptr || !speed->decode) continue;
    parts.push_back(
        fmt::format("(low-high) holds {} % of measured speeds", percent(speed->decode->coverage)));
    break;
  }
  if (question.machine.devices.size() > 1) parts.push_back("use and free: fullest device");
  const auto offloads = [&](auto&& kind) {
    return std::any_of(answers.begin(), answers.end(), [&](const Answer* a) {
      return a->estimate.verdict == Verdict::offload && kind(a->estimate.placement);
    });
  };
  if (offloads([](const Placement& p) { return p.cpu_moe_layers > 0; }))
    parts.push_back("offload N MoE: experts of N layers in RAM");
  if (offloads([](const Placement& p) { return p.cpu_moe_layers == 0; }))
    parts.push_back("offload N layers: N layers in RAM");
  if (offloads([](const Placement& p) { return p.cache_in_ram; }))
    parts.push_back("offload KV: KV cache in RAM");
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

std::string model_heading(const Model& model, const std::vector<const Answer*>& answers) {
  if (model.status == ModelStatus::guide_only) {
    const std::string nearest = model.nearest_released.empty()
                                    ? ""
                                    : "; the nearest released model is " + clean(model.nearest_released);
    return fmt::format("{} was never released{}. Weights are {}, the rest is unknown (?).", clean(model.name),
                       nearest, guide_words(answers));
  }
  return fmt::format("{} ({}, {} layers, context up to {})", clean(model.name),
                     model.kind == ModelKind::moe ? "mixture of experts" : "dense", model.architecture.layers,
                     tokens_exact(model.max_context));
}

void print_notes(std::ostream& out, const ModelAnswers& group, const Answer& answer, const CatalogInfo& info,
                 std::size_t width) {
  for (const Note note : answer.estimate.notes) {
    const bool said = note == Note::guide_only;  // the heading of the model says it
    if (said || !is_on_screen(note, answer, info.runtime_options)) continue;
    out << wrapped(fmt::format("Note: {}.", screen_sentence(note, answer, info.runtime_options)), width, 6);
  }
  for (const ClaimNote& note : claim_notes(group, answer))
    out << wrapped(fmt::format("Note: {}.", note.text), width, 6);
}

/// The command that runs the answer, or why there is none.
void print_command(std::ostream& out, const Question& question, const Answer& answer, const CatalogInfo& info,
                   std::size_t width) {
  if (answer.estimate.verdict == Verdict::no_fit || answer.estimate.guide_only) return;
  const Launch run = launch(question, answer, answer.settings.runtime, info);
  if (run.command.empty())
    out << '\n' << wrapped(fmt::format("No command to run it: {}.", run.why_not), width);
  else
    out << "\nTo run it:\n" << command_lines(run.command, width);
}

/// The advice on this model's answers, if there is any.
const ModelAdvice* advice_on(const ModelAnswers& group, const Advice* advice) {
  if (advice == nullptr) return nullptr;
  for (const ModelAdvice& model : advice->models) {
    if (model.about->subject == group.begin->subject) return &model;
  }
  return nullptr;
}

void print_advice(std::ostream& out, const Question& question, const ModelAnswers& group,
                  const ModelAdvice& advice, const Style& style) {
  const std::size_t width = screen_width(style);
  const std::string limits = limits_sentence(question, group, advice);
  if (!limits.empty()) out << wrapped(limits, width);
  for (const std::string& change : change_sentences(question, advice)) out << wrapped(change, width);
  const std::string users = users_sentence(advice);
  if (!users.empty()) out << wrapped(users, width);
  if (advice.trade_offs) print_trade_offs(out, question, *advice.trade_offs, style);
}

Grid model_grid(const Question& question, const std::vector<const Answer*>& answers, const Sources& sources,
                const Answer* best, std::size_t screen = kAnyWidth) {
  const FitGrid layout(question, answers, false, screen);
  Grid grid{.columns = layout.columns(), .rows = {}, .marked = {}};
  grid.rows.reserve(answers.size());
  for (const Answer* answer : answers) {
    grid.rows.push_back(layout.row(*answer, sources.quant_cell(*answer->build)));
    grid.marked.push_back(answer == best);
  }
  return grid;
}

void print_block(std::ostream& out, const Question& question, const ModelAnswers& group, const Style& style,
                 const CatalogInfo& info, const ModelAdvice* advice) {
  const std::size_t width = screen_width(style);
  const Answer* best = best_of(group);
  const std::vector<const Answer*> answers = pointers(group.begin, group.end);
  const Sources sources(answers);
  const Grid grid = model_grid(question, answers, sources, group.size() > 1 ? best : nullptr, width);
  out << '\n' << wrapped(model_heading(group.begin->subject->model, answers), width) << '\n';
  print_grid(out, grid, style);
  out << wrapped(sources.legend(), width, 2);
  const std::string legend = column_legend(question, answers, group.size() > 1 ? best : nullptr);
  if (!legend.empty()) out << wrapped(legend + ".", width, 2);
  const Answer& shown = best != nullptr ? *best : *nearest_of(group);
  if (!shown.estimate.guide_only) out << '\n' << memory_bar(question, shown, fullest(shown.estimate), style);
  out << '\n';
  const std::string sentence = verdict_sentence(question, group);
  const Paint paint = best != nullptr ? verdict_paint(best->estimate.verdict) : Paint::bad;
  for (const std::string& line : wrap(sentence, width)) out << painted(line, paint, style) << '\n';
  const std::string speed = best != nullptr ? speed_sentence(question, *best, info.speed_words) : "";
  if (!speed.empty()) out << wrapped(speed, width);
  if (advice != nullptr) print_advice(out, question, group, *advice, style);
  print_notes(out, group, shown, info, width);
  print_command(out, question, shown, info, width);
}

/// How many models fit, and which were never released.
std::vector<std::string> models_sentences(const Question& question,
                                          const std::vector<const Answer*>& answers) {
  std::size_t fit = 0;
  std::size_t with_ram = 0;
  std::size_t unchecked = 0;
  std::vector<std::string> never;
  for (const Answer* answer : answers) {
    const Verdict verdict = answer->estimate.verdict;
    if (is_on_devices(verdict)) ++fit;
    const bool ram_given = !ram_unchecked(question, *answer);
    with_ram += verdict == Verdict::offload && ram_given ? 1 : 0;
    unchecked += ram_given ? 0 : 1;
    if (answer->estimate.guide_only) never.push_back(clean(answer->subject->model.name));
  }
  std::string sentence = fmt::format("{} of {} models fit", fit, answers.size());
  if (with_ram > 0) sentence += fmt::format(", {} more with help from system RAM", with_ram);
  if (unchecked > 0)
    sentence += fmt::format(", {} more if system RAM (--ram SIZE) holds the rest", unchecked);
  std::vector<std::string> sentences = {sentence + "; --model NAME shows every quant of one."};
  if (!never.empty())
    sentences.push_back(
        fmt::format("Never released, weights are {}: {}.", guide_words(answers), joined(never)));
  return sentences;
}

Grid best_builds_grid(const Question& question, const std::vector<const Answer*>& answers,
                      const Sources& sources, std::size_t screen = kAnyWidth) {
  const FitGrid layout(question, answers, true, screen);
  Grid grid{.columns = layout.columns(), .rows = {}, .marked = {}};
  for (const Answer* answer : answers)
    grid.rows.push_back(layout.row(*answer, sources.quant_cell(*answer->build)));
  return grid;
}

/// One row per model: each model has a single answer.
void print_models_table(std::ostream& out, const Question& question, const std::vector<Answer>& all,
                        const Style& style) {
  const std::size_t width = screen_width(style);
  const std::vector<const Answer*> answers = pointers(all.data(), all.data() + all.size());
  const Sources sources(answers);
  out << '\n';
  print_grid(out, best_builds_grid(question, answers, sources, width), style);
  out << wrapped(sources.legend(), width, 2);
  const std::string legend = column_legend(question, answers, nullptr);
  if (!legend.empty()) out << wrapped(legend + ".", width, 2);
  const std::vector<std::string> sentences = models_sentences(question, answers);
  out << '\n' << wrapped(sentences.front(), width);
  for (std::size_t i = 1; i < sentences.size(); ++i) out << wrapped(sentences[i], width, 2);
}

void html_legends(HtmlWriter& w, const Question& question, const std::vector<const Answer*>& answers,
                  const Sources& sources, const Answer* best) {
  const std::string legend = column_legend(question, answers, best);
  html_paragraphs(w, {sources.legend(), legend.empty() ? "" : legend + "."});
}

void html_advice(HtmlWriter& w, const Question& question, const ModelAnswers& group,
                 const ModelAdvice& advice) {
  html_paragraphs(w, {limits_sentence(question, group, advice)});
  html_paragraphs(w, change_sentences(question, advice));
  html_paragraphs(w, {users_sentence(advice)});
  if (!advice.trade_offs) return;
  const Grid grid = trade_off_grid(question, *advice.trade_offs);
  if (grid.rows.empty()) return;
  html_grid(w, grid, "Trade-offs: quality, context, speed");
  html_paragraphs(w, {"* " + reason_sentence(*advice.trade_offs)});
}

void html_block(HtmlWriter& w, const Question& question, const ModelAnswers& group, const CatalogInfo& info,
                const ModelAdvice* advice, const SpeedCurves& curves) {
  const Answer* best = best_of(group);
  const Answer* marked = group.size() > 1 ? best : nullptr;
  const Answer& shown = best != nullptr ? *best : *nearest_of(group);
  const std::vector<const Answer*> answers = pointers(group.begin, group.end);
  const Sources sources(answers);
  const Model& model = group.begin->subject->model;
  const std::string name = fmt::format("{} {}", clean(model.name), clean(shown.build->quant_name));
  w.element("h2", clean(model.name));
  w.element("p", verdict_sentence(question, group), {{"class", "lead"}});
  if (best != nullptr) html_paragraphs(w, {speed_sentence(question, *best, info.speed_words)});
  w.element("p", model_heading(model, answers));
  html_grid(w, model_grid(question, answers, sources, marked),
            fmt::format("Builds of {}", clean(model.name)));
  html_legends(w, question, answers, sources, marked);
  html_command(w, "The command that runs it", question, shown, info);
  memory_chart(w, fmt::format("Memory by term: {}", name), memory_bars(question, shown));
  speed_chart(w, fmt::format("Speed as the context fills: {}", name), {{name, curve_of(curves, shown)}});
  if (advice != nullptr) html_advice(w, question, group, *advice);
  html_list(w, "Notes", html_notes(group, shown, info));
}

/// One row per model: each model has a single answer.
void html_models(HtmlWriter& w, const Question& question, const std::vector<Answer>& all,
                 const CatalogInfo& info, const SpeedCurves& curves) {
  const std::vector<const Answer*> answers = pointers(all.data(), all.data() + all.size());
  const Sources sources(answers);
  const std::vector<std::string> sentences = models_sentences(question, answers);
  w.element("p", sentences.front(), {{"class", "lead"}});
  html_paragraphs(w, {sentences.begin() + 1, sentences.end()});
  html_grid(w, best_builds_grid(question, answers, sources), "The best build of each model");
  html_legends(w, question, answers, sources, nullptr);
  std::vector<RateBar> rates;
  for (const Answer* a : answers) {
    const Speed* speed = shown_speed(*a);
    if (speed != nullptr && speed->decode) rates.push_back({clean(a->subject->model.name), speed->decode});
  }
  rate_chart(w, "Speed of each model that fits", rates);
  for (const Answer* a : answers) {
    if (a->estimate.verdict != Verdict::no_fit) html_machine(w, question, *a, info, curves);
  }
}

}  // namespace

void print_table(std::ostream& out, const Question& question, const std::vector<Answer>& answers,
                 const Style& style, const CatalogInfo& info, const Advice* advice) {
  const std::size_t width = screen_width(style);
  out << wrapped("Machine   " + machine_words(question, answers), width, 10);
  out << wrapped("Settings  " + settings_words(question, answers), width, 10);
  const std::vector<ModelAnswers> groups = by_model(answers);
  if (groups.size() > 1 && groups.size() == answers.size()) {
    print_models_table(out, question, answers, style);
    return;
  }
  for (const ModelAnswers& group : groups)
    print_block(out, question, group, style, info, advice_on(group, advice));
  if (advice != nullptr && advice->other_runtime)
    out << wrapped(fmt::format("Note: {}.", other_runtime_sentence(*advice->other_runtime)), width, 6);
}

void print_html(std::ostream& out, const Question& question, const std::vector<Answer>& answers,
                const CatalogInfo& info, const Advice* advice, const SpeedCurves& curves) {
  const std::vector<ModelAnswers> groups = by_model(answers);
  const std::string subject = groups.size() == 1 ? clean(answers.front().subject->model.name) : "Models";
  HtmlWriter w = html_page(fmt::format("{} on {}", subject, clean(question.machine.name)));
  html_facts(
      w, {{"Machine", machine_words(question, answers)}, {"Settings", settings_words(question, answers)}});
  if (groups.size() > 1 && groups.size() == answers.size()) {
    html_models(w, question, answers, info, curves);
  } else {
    for (const ModelAnswers& group : groups)
      html_block(w, question, group, info, advice_on(group, advice), curves);
  }
  if (advice != nullptr && advice->other_runtime)
    html_paragraphs(w, {other_runtime_sentence(*advice->other_runtime) + "."});
  out << end_html_page(std::move(w), info);
}

void print_quiet(std::ostream& out, const Question& question, const std::vector<Answer>& answers) {
  for (const ModelAnswers& group : by_model(answers)) {
    const Answer* best = best_of(group);
    const Answer& answer = best != nullptr ? *best : *nearest_of(group);
    const DeviceMemory* place = shortest(answer.estimate);
    const DeviceMemory& memory = place != nullptr ? *place : fullest(answer.estimate);
    const std::string& publisher = answer.build->publisher;
    const Speed* speed = shown_speed(answer);
    const bool runs = answer.estimate.verdict != Verdict::no_fit;
    const bool known = speed != nullptr && speed->decode.has_value();
    out << fmt::format("{} {}{}: {}, {} GiB {} {}, largest context {}{}\n", clean(answer.subject->model.name),
                       clean(answer.build->quant_name), publisher.empty() ? "" : "@" + clean(publisher),
                       verdict_words(answer),
                       place != nullptr ? short_gib(*memory.free()) : gib(memory.free()),
                       place != nullptr ? "short" : "free", clean(at_place(question.machine, memory)),
                       max_context_cell(question, answer),
                       known  ? ", " + rate_cell(speed->decode) + " tok/s"
                       : runs ? ", at a speed that is not known"
                              : "");
  }
}

}  // namespace qwenfit
