#include <algorithm>

#include <fmt/format.h>

#include "report/format.h"
#include "report/html_axis.h"
#include "report/html_charts.h"
#include "report/html_page.h"

namespace qwenfit {
namespace {

constexpr double kBarRow = 46, kBarTop = 20, kBarHeight = 18;

double in_gib(Bytes bytes) {
  return static_cast<double>(bytes) / static_cast<double>(kGiB);
}

std::string gib_label(double value) {
  return fmt::format("{:g}", value);
}

std::vector<Term> terms_shown(const std::vector<MemoryBar>& bars) {
  std::vector<Term> shown;
  for (std::size_t t = 0; t < kTermCount; ++t) {
    const Term term = static_cast<Term>(t);
    if (std::any_of(bars.begin(), bars.end(),
                    [&](const MemoryBar& bar) { return bar.memory->terms[term] > 0; }))
      shown.push_back(term);
  }
  return shown;
}

std::string used_words(const MemoryBar& bar) {
  const DeviceMemory& m = *bar.memory;
  return gib(m.total()) + (m.usable ? " of " + gib(*m.usable) : "") + " GiB";
}

std::string bar_words(const MemoryBar& bar) {
  std::vector<std::string> parts;
  for (const Term term : terms_shown({bar}))
    parts.push_back(
        fmt::format("{} {} GiB", term_words(term, bar.memory->kind), gib(bar.memory->terms[term])));
  if (const auto free = bar.memory->free())
    parts.push_back(*free < 0 ? fmt::format("short by {} GiB", short_gib(*free))
                              : fmt::format("free {} GiB", gib(*free)));
  return bar.name + ": " + joined(parts) + ".";
}

void draw_bar(HtmlWriter& w, const MemoryBar& bar, const ChartAxis& axis, double top) {
  constexpr std::size_t kWidest = 44;
  const DeviceMemory& m = *bar.memory;
  w.element("text", fmt::format("{}: {}", cut(bar.name, kWidest), used_words(bar)),
            {{"x", "0"}, {"y", chart_px(top + kBarTop - 6)}, {"class", "name"}});
  Bytes before = 0;
  const auto rect = [&](Bytes bytes, const std::string& kind, const std::string& words) {
    const double from = axis.at(in_gib(before)), to = axis.at(in_gib(add(before, bytes)));
    w.open("rect", {{"x", chart_percent(from)},
                    {"y", chart_px(top + kBarTop)},
                    {"width", chart_percent(to - from)},
                    {"height", chart_px(kBarHeight)},
                    {"class", kind}});
    w.element("title", words).close();
    before = add(before, bytes);
  };
  for (std::size_t t = 0; t < kTermCount; ++t) {
    const Term term = static_cast<Term>(t);
    if (const Bytes bytes = m.terms[term]; bytes > 0)
      rect(bytes, fmt::format("k{} seg", t), fmt::format("{} {} GiB", term_words(term, m.kind), gib(bytes)));
  }
  const auto free = m.free();
  if (free && *free > 0) rect(static_cast<Bytes>(*free), "free", fmt::format("free {} GiB", gib(*free)));
  if (free && *free < 0) {
    const std::string x = chart_percent(axis.at(in_gib(*m.usable)));
    w.leaf("line", {{"x1", x},
                    {"x2", x},
                    {"y1", chart_px(top + kBarTop - 4)},
                    {"y2", chart_px(top + kBarTop + kBarHeight + 4)},
                    {"class", "limit"}});
  }
}

/// A small square of a colour and what it stands for.
void draw_key(HtmlWriter& w, const std::string& kind, std::string_view words) {
  w.open("li").open("svg", {{"width", "14"}, {"height", "14"}, {"aria-hidden", "true"}});
  w.leaf("rect", {{"x", "1"}, {"y", "1"}, {"width", "12"}, {"height", "12"}, {"class", kind}});
  w.close().text(words).close();
}

/// The term as the bars call it: `display / operating system` where it means one on a device and the other in
/// system RAM.
std::string term_title(Term term, const std::vector<MemoryBar>& bars) {
  std::string title;
  for (const MemoryBar& bar : bars) {
    const std::string_view words = term_words(term, bar.memory->kind);
    if (bar.memory->terms[term] > 0 && title.find(words) == std::string::npos)
      title += (title.empty() ? "" : " / ") + std::string(words);
  }
  return title;
}

void draw_legend(HtmlWriter& w, const std::vector<MemoryBar>& bars) {
  w.open("ul", {{"class", "key"}});
  for (const Term term : terms_shown(bars))
    draw_key(w, fmt::format("k{}", static_cast<std::size_t>(term)), term_title(term, bars));
  const auto any = [&](auto&& is_it) {
    return std::any_of(bars.begin(), bars.end(),
                       [&](const MemoryBar& bar) { return is_it(bar.memory->free().value_or(0)); });
  };
  if (any([](SignedBytes free) { return free > 0; })) draw_key(w, "free", "free");
  w.close();
  if (any([](SignedBytes free) { return free < 0; }))
    w.element("p", "The upright line is what is usable; what lies beyond it does not fit.");
}

Grid memory_grid(const std::vector<MemoryBar>& bars) {
  const std::vector<Term> terms = terms_shown(bars);
  Grid grid{.columns = {text_column("place")}, .rows = {}, .marked = {}};
  for (const Term term : terms) grid.columns.push_back(number_column(term_title(term, bars), "GiB"));
  for (const char* title : {"in use", "usable", "free"}) grid.columns.push_back(number_column(title, "GiB"));
  for (const MemoryBar& bar : bars) {
    const DeviceMemory& m = *bar.memory;
    std::vector<Cell> row = {{bar.name}};
    for (const Term term : terms) row.push_back({gib(m.terms[term])});
    row.push_back({gib(m.total())});
    row.push_back({gib(m.usable)});
    row.push_back({gib(m.free()), m.free().value_or(0) < 0 ? Paint::bad : Paint::none});
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

}  // namespace

std::vector<MemoryBar> memory_bars(const Question& question, const Answer& answer) {
  std::vector<MemoryBar> bars;
  for (const DeviceMemory& memory : answer.estimate.devices) {
    const bool host = memory.kind == DeviceKind::host && answer.estimate.devices.size() > 1;
    if (host && (answer.estimate.guide_only || (memory.total() == 0 && !memory.usable))) continue;
    bars.push_back({clean(place_name(question.machine, memory)), &memory});
  }
  return bars;
}

void memory_chart(HtmlWriter& w, std::string_view caption, const std::vector<MemoryBar>& bars) {
  if (bars.empty()) return;
  double most = 0;
  std::string description;
  for (const MemoryBar& bar : bars) {
    most = std::max({most, in_gib(bar.memory->total()), in_gib(bar.memory->usable.value_or(0))});
    description += (description.empty() ? "" : " ") + bar_words(bar);
  }
  const ChartAxis axis = axis_from_zero(most);
  const double height = kBarRow * static_cast<double>(bars.size());
  begin_chart(w, caption, description, "bars", height);
  draw_level_axis(w, axis, height, "GiB", gib_label);
  for (std::size_t i = 0; i < bars.size(); ++i) draw_bar(w, bars[i], axis, kBarRow * static_cast<double>(i));
  w.close();
  draw_legend(w, bars);
  w.close();
  html_grid(w, memory_grid(bars), fmt::format("{}: the figures", caption));
}

}  // namespace qwenfit
