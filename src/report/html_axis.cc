#include "report/html_axis.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace qwenfit {
namespace {

/// 1, 2 or 5 times a power of ten, so that `most` takes at most `parts` of it.
double round_step(double most, double parts) {
  const double rough = most / parts;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double times : {1.0, 2.0, 5.0}) {
    if (times * power >= rough) return times * power;
  }
  return 10 * power;
}

std::string tick_label(double value) {
  return fmt::format("{:.{}f}", value, value > 0 && value < 1 ? 1 : 0);
}

}  // namespace

double ChartAxis::at(double value) const {
  const double kept = std::clamp(value, least, most);
  if (logarithmic) return 100 * std::log(kept / least) / std::log(most / least);
  return 100 * (kept - least) / (most - least);
}

ChartAxis axis_from_zero(double most) {
  constexpr double kParts = 5;
  ChartAxis axis;
  if (!(most > 0) || !std::isfinite(most)) return axis;
  const double step = round_step(most, kParts);
  const auto steps = static_cast<int>(std::ceil(most / step - 1e-9));
  for (int i = 0; i <= steps; ++i) axis.ticks.push_back(i * step);
  axis.most = axis.ticks.back();
  return axis;
}

ChartAxis token_axis(double most) {
  constexpr double kParts = 4;
  ChartAxis axis;
  axis.most = std::max(most, 1.0);
  double step = 1;
  while (step * kParts < axis.most) step *= 2;
  for (int i = 0; i * step <= axis.most; ++i) axis.ticks.push_back(i * step);
  return axis;
}

ChartAxis price_axis(double least, double most) {
  constexpr double kMuch = 8;
  if (!(least > 0) || most / least <= kMuch) return axis_from_zero(most);
  ChartAxis axis{.least = least, .most = most, .logarithmic = true, .ticks = {}};
  double power = std::pow(10.0, std::floor(std::log10(least)));
  while (power * 10 <= least) power *= 10;
  // Down and up to the next round price.
  for (const double times : {1.0, 2.0, 5.0}) {
    if (times * power <= least) axis.least = times * power;
  }
  for (bool beyond = false; !beyond; power *= 10) {
    for (const double times : {1.0, 2.0, 5.0}) {
      if (times * power < axis.least || beyond) continue;
      axis.ticks.push_back(times * power);
      beyond = times * power >= most;
    }
  }
  axis.most = axis.ticks.back();
  // More than fit under a drawing on a phone: powers of ten alone.
  constexpr std::size_t kMostTicks = 6;
  if (axis.ticks.size() > kMostTicks)
    std::erase_if(axis.ticks,
                  [](double tick) { return std::abs(std::remainder(std::log10(tick), 1.0)) > 1e-9; });
  return axis;
}

std::string chart_percent(double value) {
  return fmt::format("{:.2f}%", value);
}

std::string chart_px(double value) {
  return fmt::format("{:.0f}", value);
}

void begin_chart(HtmlWriter& w, std::string_view caption, std::string_view description,
                 std::string_view style_class, double height) {
  const std::string title = w.new_id(), words = w.new_id();
  w.open("figure").element("figcaption", caption);
  w.open("svg", {{"class", std::string(style_class)},
                 {"height", chart_px(height)},
                 {"role", "img"},
                 {"aria-labelledby", title + " " + words}});
  w.element("title", caption, {{"id", title}}).element("desc", description, {{"id", words}});
}

void end_chart(HtmlWriter& w) {
  w.close().close();
}

void draw_rising_axis(HtmlWriter& w, const ChartAxis& axis, std::string_view unit) {
  for (const double tick : axis.ticks) {
    const std::string y = chart_percent(100 - axis.at(tick));
    w.leaf("line", {{"x1", "0"}, {"x2", "100%"}, {"y1", y}, {"y2", y}, {"class", "axis"}});
    w.element("text", tick_label(tick), {{"x", "-6"}, {"y", y}, {"dy", "4"}, {"text-anchor", "end"}});
  }
  w.element("text", unit, {{"x", "-6"}, {"y", "-12"}, {"text-anchor", "end"}});
}

void draw_level_axis(HtmlWriter& w, const ChartAxis& axis, double height, std::string_view unit,
                     std::string (*label)(double)) {
  constexpr double kLabel = 16, kUnit = 34;
  for (const double tick : axis.ticks) {
    const std::string x = chart_percent(axis.at(tick));
    w.leaf("line", {{"x1", x}, {"x2", x}, {"y1", "0"}, {"y2", chart_px(height + 4)}, {"class", "axis"}});
    w.element("text", label(tick), {{"x", x}, {"y", chart_px(height + kLabel)}, {"text-anchor", "middle"}});
  }
  w.element("text", unit, {{"x", "50%"}, {"y", chart_px(height + kUnit)}, {"text-anchor", "middle"}});
}

}  // namespace qwenfit
