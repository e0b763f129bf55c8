#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/html_writer.h"

/// Drawing in percentages of a chart's width and height, so that lines stretch with the screen and letters do
/// not.
namespace qwenfit {

/// A scale from `least` to `most`, with the values that get a line and a label.
struct ChartAxis {
  double least = 0, most = 1;
  bool logarithmic = false;
  std::vector<double> ticks;

  /// 0 at `least`, 100 at `most`.
  double at(double value) const;
};
/// From zero to at least `most`, at round values.
ChartAxis axis_from_zero(double most);
/// From zero to `most` tokens, at multiples of a power of two.
ChartAxis token_axis(double most);
/// Around prices; logarithmic where they differ by much.
ChartAxis price_axis(double least, double most);

/// `12.5%`.
std::string chart_percent(double value);
/// Pixels.
std::string chart_px(double value);

/// Opens a figure with its caption and a drawing that is `height` pixels high and says in words what it
/// shows; `end_chart` closes both.
void begin_chart(HtmlWriter& w, std::string_view caption, std::string_view description,
                 std::string_view style_class, double height);
void end_chart(HtmlWriter& w);

/// Lines and labels of the values upwards, and the unit over them.
void draw_rising_axis(HtmlWriter& w, const ChartAxis& axis, std::string_view unit);
/// Labels under a drawing that is `height` pixels high, and the unit below them.
void draw_level_axis(HtmlWriter& w, const ChartAxis& axis, double height, std::string_view unit,
                     std::string (*label)(double));

}  // namespace qwenfit
