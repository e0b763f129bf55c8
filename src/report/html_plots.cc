#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "report/format.h"
#include "report/html_axis.h"
#include "report/html_charts.h"
#include "report/html_page.h"
#include "report/market_view.h"
#include "report/speed_view.h"

namespace qwenfit {
namespace {

constexpr double kPlotHeight = 240;
constexpr std::size_t kColors = 8, kMostBands = 3;

std::string tokens_label(double tokens) {
  return tokens_exact(static_cast<Tokens>(tokens));
}

std::string speed_label(double tok_s) {
  return fmt::format("{:g}", tok_s);
}

std::string usd_label(double amount) {
  return amount == 0 ? "0" : usd(amount);
}

/// Points of a drawing that stretches to its place: x and y in percent, y downwards.
class PlotPath {
 public:
  void add(double x, double y) {
    text_ += fmt::format("{}{:.2f},{:.2f}", text_.empty() ? "" : " ", x, 100 - y);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void begin_stretched(HtmlWriter& w) {
  w.open("svg", {{"viewBox", "0 0 100 100"},
                 {"preserveAspectRatio", "none"},
                 {"width", "100%"},
                 {"height", "100%"},
                 {"aria-hidden", "true"}});
}

void draw_stretched(HtmlWriter& w, const char* shape, const PlotPath& path, const std::string& kind) {
  w.leaf(shape, {{"points", path.text()}, {"class", kind}, {"vector-effect", "non-scaling-stroke"}});
}

std::string line_class(std::size_t line) {
  return fmt::format("line s{}{}", line % kColors, line >= kColors ? " dash1" : "");
}

struct Plane {
  ChartAxis x, y;
};

Plane plane_of(const std::vector<CurveLine>& lines) {
  double tokens = 0, speed = 0;
  for (const CurveLine& line : lines) {
    for (const CurvePoint& p : line.curve->points) {
      tokens = std::max(tokens, static_cast<double>(p.filled));
      speed = std::max(speed, lines.size() > kMostBands ? p.rate.tok_s : p.rate.high);
    }
  }
  return {token_axis(tokens), axis_from_zero(speed)};
}

void draw_lines(HtmlWriter& w, const std::vector<CurveLine>& lines, const Plane& plane) {
  begin_stretched(w);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& points = lines[i].curve->points;
    PlotPath line, band;
    for (const CurvePoint& p : points) {
      line.add(plane.x.at(static_cast<double>(p.filled)), plane.y.at(p.rate.tok_s));
      band.add(plane.x.at(static_cast<double>(p.filled)), plane.y.at(p.rate.high));
    }
    for (auto p = points.rbegin(); p != points.rend(); ++p)
      band.add(plane.x.at(static_cast<double>(p->filled)), plane.y.at(p->rate.low));
    if (lines.size() <= kMostBands) draw_stretched(w, "polygon", band, fmt::format("band k{}", i % kColors));
    draw_stretched(w, "polyline", line, line_class(i));
  }
  w.close();
}

void draw_dots(HtmlWriter& w, const std::vector<CurveLine>& lines, const Plane& plane) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& points = lines[i].curve->points;
    for (const CurvePoint& p : points) {
      w.open("circle", {{"cx", chart_percent(plane.x.at(static_cast<double>(p.filled)))},
                        {"cy", chart_percent(100 - plane.y.at(p.rate.tok_s))},
                        {"r", "3"},
                        {"class", fmt::format("k{}", i % kColors)}});
      w.element("title", fmt::format("{}: {} tok/s at {} tokens", lines[i].name, rate_cell(p.rate),
                                     tokens_exact(p.filled)));
      w.close();
    }
    if (lines.size() == 1) continue;
    const CurvePoint& end = points.back();
    w.element("text", std::to_string(i + 1),
              {{"x", chart_percent(plane.x.at(static_cast<double>(end.filled)))},
               {"y", chart_percent(100 - plane.y.at(end.rate.tok_s))},
               {"dx", "6"},
               {"dy", "4"},
               {"class", "name"}});
  }
}

void draw_line_key(HtmlWriter& w, const std::vector<CurveLine>& lines) {
  w.open("ul", {{"class", "key"}});
  for (std::size_t i = 0; i < lines.size(); ++i) {
    w.open("li").open("svg", {{"width", "22"}, {"height", "12"}, {"aria-hidden", "true"}});
    w.leaf("line", {{"x1", "0"}, {"x2", "22"}, {"y1", "6"}, {"y2", "6"}, {"class", line_class(i)}});
    w.close().text(lines.size() > 1 ? fmt::format("{}. {}", i + 1, lines[i].name) : lines[i].name).close();
  }
  w.close();
  if (lines.size() <= kMostBands)
    w.element("p", "The band holds 80 % of measured speeds.", {{"class", "soft"}});
}

Grid curve_grid(const std::vector<CurveLine>& lines) {
  std::set<Tokens> fills;
  for (const CurveLine& line : lines) {
    for (const CurvePoint& p : line.curve->points) fills.insert(p.filled);
  }
  Grid grid{.columns = {number_column("in context", "tokens")}, .rows = {}, .marked = {}};
  for (const CurveLine& line : lines) grid.columns.push_back(number_column(line.name, "tok/s"));
  for (const Tokens filled : fills) {
    std::vector<Cell> row = {{tokens_exact(filled)}};
    for (const CurveLine& line : lines) {
      const auto& points = line.curve->points;
      const auto at =
          std::find_if(points.begin(), points.end(), [&](const CurvePoint& p) { return p.filled == filled; });
      row.push_back({rate_cell(at == points.end() ? std::nullopt : std::optional(at->rate))});
    }
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

std::string_view mark_class(PriceMark mark) {
  constexpr std::string_view kClasses[] = {"front", "front", "pick", "unsure", "beaten"};
  return kClasses[static_cast<std::size_t>(mark)];
}

std::string_view mark_words(PriceMark mark) {
  constexpr std::string_view kWords[] = {
      "machines of the table", "faster, or with more context, than all that cost less", "recommended",
      "its price is not certain", "beaten in price, speed and context"};
  return kWords[static_cast<std::size_t>(mark)];
}

bool has_mark(const std::vector<PriceSpot>& spots, PriceMark mark) {
  return std::any_of(spots.begin(), spots.end(), [&](const PriceSpot& s) { return s.mark == mark; });
}

/// The highest speed for each price, as steps.
PlotPath steps_of(const std::vector<PriceSpot>& spots, const Plane& plane) {
  std::vector<PriceSpot> front;
  std::copy_if(spots.begin(), spots.end(), std::back_inserter(front),
               [](const PriceSpot& s) { return s.mark == PriceMark::front || s.mark == PriceMark::pick; });
  std::stable_sort(front.begin(), front.end(),
                   [](const PriceSpot& a, const PriceSpot& b) { return a.usd < b.usd; });
  PlotPath path;
  double most = 0;
  for (const PriceSpot& s : front) {
    if (s.tok_s <= most) continue;
    if (most > 0) path.add(plane.x.at(s.usd), plane.y.at(most));
    path.add(plane.x.at(s.usd), plane.y.at(s.tok_s));
    most = s.tok_s;
  }
  if (most > 0) path.add(100, plane.y.at(most));
  return path;
}

void draw_spots(HtmlWriter& w, const std::vector<PriceSpot>& spots, const Plane& plane) {
  for (const PriceSpot& s : spots) {
    const bool beaten = s.mark == PriceMark::beaten;
    const std::string x = chart_percent(plane.x.at(s.usd)), y = chart_percent(100 - plane.y.at(s.tok_s));
    w.open("circle",
           {{"cx", x}, {"cy", y}, {"r", beaten ? "3" : "5"}, {"class", std::string(mark_class(s.mark))}});
    w.element("title", fmt::format("{}: {} USD, {} tok/s", s.name, usd(s.usd), estimated(s.tok_s))).close();
    if (s.number > 0)
      w.element("text", std::to_string(s.number),
                {{"x", x}, {"y", y}, {"dy", "-9"}, {"text-anchor", "middle"}, {"class", "name"}});
  }
}

}  // namespace

const SpeedCurve* curve_of(const SpeedCurves& curves, const Answer& answer) {
  const auto found =
      std::find_if(curves.begin(), curves.end(), [&](const SpeedCurve& c) { return c.of == &answer; });
  return found == curves.end() || found->points.empty() ? nullptr : &*found;
}

void speed_chart(HtmlWriter& w, std::string_view caption, const std::vector<CurveLine>& given) {
  std::vector<CurveLine> lines;
  std::copy_if(given.begin(), given.end(), std::back_inserter(lines),
               [](const CurveLine& line) { return line.curve != nullptr; });
  if (lines.empty()) return;
  const Plane plane = plane_of(lines);
  std::string description;
  for (const CurveLine& line : lines) {
    const auto& points = line.curve->points;
    description +=
        fmt::format("{}{}: {} tok/s with {} tokens in context, {} with {}.", description.empty() ? "" : " ",
                    line.name, rate_point(points.front().rate), tokens_exact(points.front().filled),
                    rate_point(points.back().rate), tokens_exact(points.back().filled));
  }
  begin_chart(w, caption, description, "plot", kPlotHeight);
  draw_rising_axis(w, plane.y, "tok/s");
  draw_level_axis(w, plane.x, kPlotHeight, "tokens in context", tokens_label);
  draw_lines(w, lines, plane);
  draw_dots(w, lines, plane);
  w.close();
  draw_line_key(w, lines);
  w.close();
  html_grid(w, curve_grid(lines), fmt::format("{}: the figures", caption));
}

void price_chart(HtmlWriter& w, std::string_view caption, const std::vector<PriceSpot>& spots) {
  if (spots.empty()) return;
  double least = spots.front().usd, most = 0, speed = 0;
  for (const PriceSpot& s : spots) {
    least = std::min(least, s.usd);
    most = std::max(most, s.usd);
    speed = std::max(speed, s.tok_s);
  }
  const Plane plane{price_axis(least, most), axis_from_zero(speed)};
  const std::string description =
      fmt::format("{} machines from {} to {} USD, up to {} tok/s. The numbers are those of the table.",
                  spots.size(), usd(least), usd(most), estimated(speed));
  begin_chart(w, caption, description, "plot", kPlotHeight);
  draw_rising_axis(w, plane.y, "tok/s");
  draw_level_axis(w, plane.x, kPlotHeight, plane.x.logarithmic ? "USD, logarithmic" : "USD", usd_label);
  if (const PlotPath steps = steps_of(spots, plane); !steps.text().empty()) {
    begin_stretched(w);
    draw_stretched(w, "polyline", steps, "step");
    w.close();
  }
  draw_spots(w, spots, plane);
  w.close();
  w.open("ul", {{"class", "key"}});
  for (const PriceMark mark :
       {PriceMark::plain, PriceMark::pick, PriceMark::front, PriceMark::unsure, PriceMark::beaten}) {
    if (!has_mark(spots, mark)) continue;
    w.open("li").open("svg", {{"width", "14"}, {"height", "14"}, {"aria-hidden", "true"}});
    w.leaf("circle", {{"cx", "7"}, {"cy", "7"}, {"r", "5"}, {"class", std::string(mark_class(mark))}});
    w.close().text(mark_words(mark)).close();
  }
  w.close().close();
}

Grid numbered(Grid grid, std::size_t first) {
  for (auto& row : grid.rows) row.front().text = fmt::format("{}. {}", first++, row.front().text);
  return grid;
}

void rate_chart(HtmlWriter& w, std::string_view caption, const std::vector<RateBar>& bars) {
  constexpr double kRow = 40;
  double most = 0;
  std::string description;
  for (const RateBar& bar : bars) {
    if (bar.rate) most = std::max(most, bar.rate->high);
    description +=
        fmt::format("{}{}: {} tok/s.", description.empty() ? "" : " ", bar.name, rate_cell(bar.rate));
  }
  if (most <= 0) return;
  const ChartAxis axis = axis_from_zero(most);
  const double height = kRow * static_cast<double>(bars.size());
  begin_chart(w, caption, description, "bars", height);
  draw_level_axis(w, axis, height, "tok/s, with the range that holds 80 % of measured speeds", speed_label);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const RateBar& bar = bars[i];
    const double top = kRow * static_cast<double>(i);
    w.element("text", fmt::format("{}{}: {} tok/s", bar.marked ? "* " : "", bar.name, rate_cell(bar.rate)),
              {{"x", "0"}, {"y", chart_px(top + 14)}, {"class", "name"}});
    if (!bar.rate) continue;
    const std::string y = chart_px(top + 26);
    w.leaf("line", {{"x1", chart_percent(axis.at(bar.rate->low))},
                    {"x2", chart_percent(axis.at(bar.rate->high))},
                    {"y1", y},
                    {"y2", y},
                    {"class", "range s0"}});
    w.leaf("circle",
           {{"cx", chart_percent(axis.at(bar.rate->tok_s))}, {"cy", y}, {"r", "5"}, {"class", "front"}});
  }
  end_chart(w);
}

}  // namespace qwenfit
