#include "report/plan.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "report/command_lines.h"
#include "report/format.h"
#include "report/grid.h"
#include "report/html_charts.h"
#include "report/html_page.h"
#include "report/launch.h"
#include "report/market_view.h"
#include "report/speed_view.h"
#include "report/words.h"

namespace qwenfit {
namespace {

const Question& question_of(const CheckedPlan& plan, const WorkloadCheck& check) {
  return plan.questions[check.question];
}

std::string workload_name(const WorkloadCheck& check) {
  return clean(check.asked->name.empty() ? check.asked->model : check.asked->name);
}

/// `4 of 12`: asked for, and the most that fit.
std::string users_cell(const WorkloadCheck& check) {
  std::string out = std::to_string(check.asked->users);
  if (check.most_users)
    out += fmt::format(" of {}{}", check.most_users->count, check.most_users->at_least ? "+" : "");
  return out;
}

Grid workload_grid(const CheckedPlan& plan) {
  Grid grid;
  grid.columns = {text_column("workload"),
                  text_column("quant"),
                  number_column("context", "a user", 2),
                  number_column("users", "", 3),
                  number_column("free", "GiB", 1),
                  number_column("tok/s", "a user"),
                  number_column("asked", "tok/s"),
                  number_column("load", "s", 4),
                  text_column("verdict"),
                  text_column("met")};
  for (const WorkloadCheck& check : plan.workloads) {
    const Estimate& e = check.answer.estimate;
    const Speed* shown = shown_speed(check.answer);
    const Speed speed = shown != nullptr ? *shown : Speed{};
    const Paint paint = check.met() ? Paint::good : Paint::bad;
    grid.rows.push_back({{workload_name(check)},
                         {clean(check.answer.build->quant_name)},
                         {tokens_exact(check.context)},
                         {users_cell(check)},
                         {gib(fullest(e).free()), verdict_paint(e.verdict)},
                         {rate_cell(speed.decode)},
                         {check.asked->min_tok_s ? estimated(*check.asked->min_tok_s) : "-"},
                         {seconds_cell(speed.load_s)},
                         {verdict_words(check.answer), verdict_paint(e.verdict)},
                         {check.met() ? "yes" : "no", paint}});
  }
  return grid;
}

std::string watts_words(double value) {
  return fmt::format("{:.0f} W", value);
}

std::string cost_words(const UsdRange& cost) {
  return usd_range(cost) + " USD";
}

std::string power_line(const PowerCheck& p) {
  if (p.verdict == SupplyVerdict::none) return "";
  std::string out = fmt::format("{} rated ({}processor {}{}, rest {})", watts_words(p.needed_w),
                                p.cards_w > 0 ? fmt::format("cards {}, ", watts_words(p.cards_w)) : "",
                                watts_words(p.cpu_w), p.cpu_known ? "" : " as usual", watts_words(p.rest_w));
  if (p.headroom_w > p.needed_w) out += fmt::format(", {} with headroom", watts_words(p.headroom_w));
  if (!p.cards_known) out += ", without cards of unknown power";
  if (!p.rated_w) return out + "; no supply named";
  if (p.verdict == SupplyVerdict::unknown)
    return out + fmt::format("; whether a supply of {} is enough is not known", watts_words(*p.rated_w));
  const char* words = p.verdict == SupplyVerdict::enough  ? "is enough"
                      : p.verdict == SupplyVerdict::tight ? "is tight"
                                                          : "is too small";
  return out + fmt::format("; a supply of {} {}", watts_words(*p.rated_w), words);
}

/// `, in slots 1 and 3 of the board`, where they are not the first ones in the order of the file.
std::string dealt_words(const CheckedPlan& plan) {
  std::vector<std::string> slots;
  bool in_order = true;
  for (const SlotCheck& card : plan.slots) {
    if (!card.board_slot) return "";
    in_order = in_order && *card.board_slot == slots.size();
    slots.push_back(std::to_string(*card.board_slot + 1));
  }
  if (in_order) return "";
  return fmt::format(", in slot{} {} of the board", slots.size() == 1 ? "" : "s", joined(slots));
}

std::string slots_line(const CheckedPlan& plan) {
  std::vector<std::string> cards;
  for (const SlotCheck& card : plan.slots) {
    std::string text =
        card.width > 0 ? fmt::format("{} slots wide", card.width) : std::string("width not known");
    if (card.lanes > 0)
      text += fmt::format(" in PCIe {}x{}", card.gen > 0 ? fmt::format("{}.0 ", card.gen) : "", card.lanes);
    cards.push_back(std::move(text));
  }
  // Equal cards in a row are said once.
  std::vector<std::string> parts;
  for (std::size_t first = 0, next = 0; first < cards.size(); first = next) {
    while (next < cards.size() && cards[next] == cards[first]) ++next;
    parts.push_back(fmt::format("{} {} {}", next - first, next - first > 1 ? "cards" : "card", cards[first]));
  }
  return joined(parts) + dealt_words(plan);
}

std::string memory_line(const CheckedPlan& plan) {
  if (!plan.memory) return "";
  const MemoryInUse& use = plan.memory->use;
  std::string out =
      clean(plan.build.memory->size) + fmt::format(", {} of {} channels{}", use.channels, use.available,
                                                   use.channels_known ? "" : " (as usual)");
  if (use.bandwidth_bytes_per_s > 0) out += fmt::format(", {:.1f} GB/s", use.bandwidth_bytes_per_s / 1e9);
  return out;
}

std::string price_line(const CheckedPlan& plan) {
  const PriceCheck& price = plan.price;
  std::vector<std::string> unknown, listed;
  for (const PricedPart& part : price.parts) {
    if (!part.each) unknown.push_back(clean(part.name));
    if (part.each && !part.each->own)
      listed.push_back(fmt::format("{}: {}", clean(part.name), price_words(*part.each)));
  }
  if (unknown.size() == price.parts.size()) return "not known of any part";
  std::string out = cost_words(price.known);
  if (!listed.empty()) out += fmt::format(" ({})", joined(listed));
  if (!unknown.empty()) out += "; not known: " + joined(unknown);
  if (plan.build.budget_usd) out += fmt::format("; budget {} USD", usd(*plan.build.budget_usd));
  return out;
}

std::string weakest_line(const CheckedPlan& plan) {
  if (!plan.weakest) return "";
  const WeakestPart& part = *plan.weakest;
  if (!part.workload) return fmt::format("{}: see {}", clean(part.name), part.code);
  return fmt::format("{}: {} ({})", clean(part.name), part.reason,
                     workload_name(plan.workloads[*part.workload]));
}

std::string change_line(const CheckedPlan& plan) {
  return plan.weakest ? clean(plan.weakest->change) : "";
}

std::string storage_line(const CheckedPlan& plan) {
  const StorageCheck& storage = plan.storage;
  std::string out;
  const auto add = [&](bool said, const std::string& words) {
    if (said) out += (out.empty() ? "" : ", ") + words;
  };
  add(!storage.name.empty(), clean(storage.name) + (plan.build.storage ? "" : " (as usual)"));
  add(storage.files > 0,
      fmt::format("{}{} GB of files", storage.files_known ? "" : "at least ", gb(storage.files)));
  add(storage.size.has_value(), fmt::format("room for {} GB", gb(storage.size)));
  return out;
}

struct PlanLine {
  std::string name, text;
};

std::vector<PlanLine> part_lines(const CheckedPlan& plan) {
  std::vector<PlanLine> lines = {{"Power", power_line(plan.power)}, {"Slots", slots_line(plan)},
                                 {"Memory", memory_line(plan)},     {"Storage", storage_line(plan)},
                                 {"Price", price_line(plan)},       {"Weakest", weakest_line(plan)},
                                 {"Change", change_line(plan)}};
  std::erase_if(lines, [](const PlanLine& line) { return line.text.empty(); });
  return lines;
}

Paint severity_paint(Severity severity) {
  return severity == Severity::error     ? Paint::bad
         : severity == Severity::warning ? Paint::caution
                                         : Paint::none;
}

void print_findings(std::ostream& out, const CheckedPlan& plan, const Style& style) {
  constexpr std::size_t kFindingIndent = 4;
  for (const PlanFinding& finding : plan.findings) {
    const std::string name(severity_id(finding.severity));
    out << "  " << painted(name, severity_paint(finding.severity), style) << ' ' << finding.code << " at "
        << (finding.pointer.empty() ? "/" : clean(finding.pointer)) << '\n';
    const std::string indent(kFindingIndent, ' ');
    out << wrapped(indent + clean(finding.text) + ".", screen_width(style), kFindingIndent);
    if (!finding.fix.empty())
      out << wrapped(indent + "Fix: " + clean(finding.fix) + ".", screen_width(style), kFindingIndent);
  }
  if (!plan.findings.empty()) out << '\n';
}

void print_commands(std::ostream& out, const CheckedPlan& plan, const Style& style, const CatalogInfo& info) {
  for (const WorkloadCheck& check : plan.workloads) {
    if (!check.fits) continue;
    const Launch run = launch(question_of(plan, check), check.answer, check.answer.settings.runtime, info);
    if (run.command.empty()) continue;
    out << "\nRun " << workload_name(check) << " with:\n" << command_lines(run.command, screen_width(style));
  }
}

std::string title_of(const CheckedPlan& plan) {
  return plan.build.name.empty() ? "The planned build" : clean(plan.build.name);
}

std::size_t errors_of(const CheckedPlan& plan) {
  return static_cast<std::size_t>(
      std::count_if(plan.findings.begin(), plan.findings.end(),
                    [](const PlanFinding& f) { return f.severity == Severity::error; }));
}

std::vector<Answer> workload_answers(const CheckedPlan& plan) {
  std::vector<Answer> answers;
  for (const WorkloadCheck& check : plan.workloads) answers.push_back(check.answer);
  return answers;
}

Grid html_price_grid(const PriceCheck& price) {
  Grid grid;
  grid.columns = {text_column("part"), number_column("count", ""), number_column("all of it", "USD"),
                  text_column("price of")};
  for (const PricedPart& part : price.parts) {
    const auto cost = part.usd();
    const std::string all = cost ? usd_range(*cost) : std::string(kUnknown);
    grid.rows.push_back({{clean(part.name)},
                         {std::to_string(part.count)},
                         {all},
                         {part.each ? price_words(*part.each) : ""}});
  }
  return grid;
}

void write_html_findings(HtmlWriter& w, const CheckedPlan& plan) {
  if (plan.findings.empty()) return;
  w.element("h2", "What was found").open("ul");
  for (const PlanFinding& f : plan.findings) {
    const char* kind = f.severity == Severity::error     ? "bad"
                       : f.severity == Severity::warning ? "caution"
                                                         : "soft";
    w.open("li").element("strong", severity_id(f.severity), {{"class", kind}});
    w.text(fmt::format(" at {}: {}.", f.pointer.empty() ? "/" : f.pointer, f.text));
    if (!f.fix.empty()) w.text(fmt::format(" Fix: {}.", f.fix));
    w.close();
  }
  w.close();
}

void write_html_prices(HtmlWriter& w, const PriceCheck& price) {
  std::vector<HtmlPrice> sources;
  for (const PricedPart& part : price.parts) {
    if (part.each) sources.push_back({clean(part.name), &*part.each});
  }
  w.element("h2", "Price");
  html_grid(w, html_price_grid(price), "What the parts cost");
  html_prices(w, sources);
}

}  // namespace

void print_plan_html(std::ostream& out, const CheckedPlan& plan, const CatalogInfo& info,
                     const SpeedCurves& curves) {
  HtmlWriter w = html_page(title_of(plan));
  const WorkloadCheck& first = plan.workloads.front();
  w.element("p", plan_sentence(plan), {{"class", plan.works() ? "lead good" : "lead bad"}});
  std::vector<std::pair<std::string, std::string>> facts = {
      {"Machine", machine_words(question_of(plan, first), workload_answers(plan))}};
  for (PlanLine& line : part_lines(plan)) facts.emplace_back(std::move(line.name), std::move(line.text));
  html_facts(w, facts);
  w.element("h2", "Workloads");
  html_grid(w, workload_grid(plan), "What each workload gets");
  write_html_findings(w, plan);
  for (const WorkloadCheck& check : plan.workloads)
    html_machine(w, question_of(plan, check), check.answer, info, curves, workload_name(check));
  write_html_prices(w, plan.price);
  out << end_html_page(std::move(w), info);
}

std::string plan_sentence(const CheckedPlan& plan) {
  const std::size_t errors = errors_of(plan);
  const std::size_t all = plan.workloads.size(), met = plan.met();
  const std::string words =
      all == 1     ? fmt::format("the workload is {}met", met == 1 ? "" : "not ")
      : met == all ? all == 2 ? "both workloads are met" : fmt::format("all {} workloads are met", all)
                   : fmt::format("{} of {} workloads are met", met, all);
  if (plan.works()) return fmt::format("{} works: {}.", title_of(plan), words);
  return fmt::format("{} does not work as planned: {}, {} {} to fix.", title_of(plan), words, errors,
                     errors == 1 ? "error" : "errors");
}

void print_plan(std::ostream& out, const CheckedPlan& plan, const Style& style, const CatalogInfo& info) {
  constexpr std::size_t kColumn = 10;
  const std::size_t width = screen_width(style);
  const WorkloadCheck& first = plan.workloads.front();
  if (!plan.build.name.empty()) out << wrapped("Plan      " + title_of(plan), width, kColumn);
  out << wrapped("Machine   " + machine_words(question_of(plan, first), workload_answers(plan)), width,
                 kColumn);
  for (const PlanLine& line : part_lines(plan))
    out << wrapped(fmt::format("{:<{}}{}", line.name, kColumn, line.text), width, kColumn);
  out << '\n';
  print_grid(out, workload_grid(plan), style);
  out << '\n';
  print_findings(out, plan, style);
  out << wrapped(plan_sentence(plan), width);
  print_commands(out, plan, style, info);
}

void print_plan_line(std::ostream& out, const CheckedPlan& plan) {
  out << plan_sentence(plan) << '\n';
}

void print_plan_markdown(std::ostream& out, const CheckedPlan& plan) {
  out << "**" << title_of(plan) << "**: " << question_of(plan, plan.workloads.front()).machine.name << "\n\n";
  print_grid_markdown(out, workload_grid(plan));
  out << '\n';
  for (const PlanLine& line : part_lines(plan)) out << "- " << line.name << ": " << line.text << '\n';
  Grid grid;
  for (const char* title : {"severity", "code", "where", "finding", "fix"})
    grid.columns.push_back(text_column(title));
  for (const PlanFinding& f : plan.findings)
    grid.rows.push_back({{std::string(severity_id(f.severity))},
                         {std::string(f.code)},
                         {clean(f.pointer)},
                         {clean(f.text)},
                         {clean(f.fix)}});
  out << '\n';
  if (!grid.rows.empty()) {
    print_grid_markdown(out, grid);
    out << '\n';
  }
  out << plan_sentence(plan) << '\n';
}

}  // namespace qwenfit
