#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "advise/speed_curve.h"
#include "report/html_writer.h"
#include "report/view.h"

/// The charts of HTML reports. Each comes with a table of the same figures, or shows those of a table that
/// the caller prints.
namespace qwenfit {

/// What one device holds.
struct MemoryBar {
  std::string name;
  const DeviceMemory* memory = nullptr;
};
/// Bars of one scale, the terms stacked, and the table of them.
void memory_chart(HtmlWriter& w, std::string_view caption, const std::vector<MemoryBar>& bars);
/// A bar per device of an answer, and one of system RAM where something lies there or its size is known.
std::vector<MemoryBar> memory_bars(const Question& question, const Answer& answer);

struct CurveLine {
  std::string name;
  const SpeedCurve* curve = nullptr;
};
/// The curve of an answer; null where it has none.
const SpeedCurve* curve_of(const SpeedCurves& curves, const Answer& answer);
/// Speed against tokens in context, the range as a band, and the table; nothing without a point.
void speed_chart(HtmlWriter& w, std::string_view caption, const std::vector<CurveLine>& lines);

enum class PriceMark : std::uint8_t { plain, front, pick, unsure, beaten };
struct PriceSpot {
  std::string name;
  double usd = 0, tok_s = 0;
  PriceMark mark = PriceMark::plain;
  std::size_t number = 0;  ///< of the row in a `numbered` table; 0: none
};
/// Its figures are those of tables.
void price_chart(HtmlWriter& w, std::string_view caption, const std::vector<PriceSpot>& spots);
/// The grid with `1. ` before the first name, and so on from `first`.
Grid numbered(Grid grid, std::size_t first = 1);

struct RateBar {
  std::string name;
  std::optional<Rate> rate;
  bool marked = false;
};
/// A speed and its range each, side by side. Its figures are those of a table.
void rate_chart(HtmlWriter& w, std::string_view caption, const std::vector<RateBar>& bars);

/// All of one answer: where it runs, its memory, its speed, the command, the notes. `name` goes before the
/// heading.
void html_machine(HtmlWriter& w, const Question& question, const Answer& answer, const CatalogInfo& info,
                  const SpeedCurves& curves, std::string_view name = {});

}  // namespace qwenfit
