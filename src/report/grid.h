#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "report/report.h"

namespace qwenfit {

/// A column of a grid. Columns with a low `rank` stay when the terminal is narrow; all columns of one rank
/// come and go together.
struct Column {
  std::string title;
  std::string unit = {};  ///< second line of the heading; one unit per column, none in the cells
  bool right = false;     ///< numbers are flush right
  unsigned rank = 0;
  std::size_t min_width = 0;
};

Column text_column(std::string title, unsigned rank = 0);
Column number_column(std::string title, std::string unit, unsigned rank = 0);

enum class Paint : std::uint8_t { none, good, caution, bad };

struct Cell {
  std::string text;
  Paint paint = Paint::none;
};

/// What tables, CSV and Markdown have in common: headings and rows of text.
struct Grid {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  std::vector<bool> marked;  ///< rows to mark with a star; empty: no room is left for marks
};

/// Aligned columns, never wider than the style's width.
void print_grid(std::ostream& out, const Grid& grid, const Style& style);
/// RFC 4180 quoting, titles as the first line, units ignored.
void print_grid_csv(std::ostream& out, const Grid& grid);
/// A table as GitHub renders it; units follow the title in parentheses.
void print_grid_markdown(std::ostream& out, const Grid& grid);

/// `text` in the terminal colour of `paint`, or as it is when the style has no colour.
std::string painted(std::string_view text, Paint paint, const Style& style);
/// The width to print for: the style's, but at least 40.
std::size_t screen_width(const Style& style);

}  // namespace qwenfit
