#include "report/grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <ostream>

#include "report/format.h"

namespace qwenfit {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 40;

std::size_t width_of(const Grid& grid, std::size_t column) {
  const Column& c = grid.columns[column];
  std::size_t width = std::max({display_width(c.title), display_width(c.unit), c.min_width});
  for (const auto& row : grid.rows) width = std::max(width, display_width(row[column].text));
  return width;
}

struct Widths {
  std::vector<std::size_t> shown;   ///< columns in printing order
  std::vector<std::size_t> widths;  ///< of every column
};

std::size_t line_width(const Widths& layout, std::size_t lead) {
  std::size_t total = lead;
  for (const std::size_t c : layout.shown) total += layout.widths[c] + (c == layout.shown.front() ? 0 : kGap);
  return total;
}

/// Takes the columns rank by rank as long as the line has room; the first rank is cut if it must be.
Widths lay_out(const Grid& grid, std::size_t screen, std::size_t lead) {
  Widths layout;
  unsigned last_rank = 0;
  for (std::size_t c = 0; c < grid.columns.size(); ++c) {
    layout.widths.push_back(width_of(grid, c));
    last_rank = std::max(last_rank, grid.columns[c].rank);
  }
  for (unsigned rank = 0; rank <= last_rank; ++rank) {
    Widths wider = layout;
    for (std::size_t c = 0; c < grid.columns.size(); ++c) {
      if (grid.columns[c].rank == rank) wider.shown.push_back(c);
    }
    std::sort(wider.shown.begin(), wider.shown.end());
    if (line_width(wider, lead) <= screen || rank == 0) layout = wider;
  }
  for (std::size_t excess = line_width(layout, lead); excess > screen; excess = line_width(layout, lead)) {
    const auto widest =
        *std::max_element(layout.shown.begin(), layout.shown.end(),
                          [&](std::size_t a, std::size_t b) { return layout.widths[a] < layout.widths[b]; });
    if (layout.widths[widest] <= 4) break;
    layout.widths[widest] -= std::min(excess - screen, layout.widths[widest] - 4);
  }
  return layout;
}

void add_aligned(std::string& line, const Cell& cell, const Column& column, std::size_t width,
                 const Style& style) {
  const std::string fitting = cut(cell.text, width);
  const std::size_t padding = width - std::min(width, display_width(fitting));
  if (column.right) line.append(padding, ' ');
  line += painted(fitting, cell.paint, style);
  if (!column.right) line.append(padding, ' ');
}

void print_line(std::ostream& out, const std::string& line) {
  out << std::string_view(line).substr(0, line.find_last_not_of(' ') + 1) << '\n';
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Escapes what Markdown would read as markup; an underscore inside a word is plain text there.
std::string markdown_cell(std::string_view text) {
  const std::string plain = clean(text);
  std::string escaped;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const bool inside =
        i > 0 && i + 1 < plain.size() && is_letter_or_digit(plain[i - 1]) && is_letter_or_digit(plain[i + 1]);
    const bool markup = std::string_view("|\\`*_<>[]").find(plain[i]) != std::string_view::npos;
    if (markup && !(plain[i] == '_' && inside)) escaped += '\\';
    escaped += plain[i];
  }
  return escaped;
}

}  // namespace

Column text_column(std::string title, unsigned rank) {
  return {.title = std::move(title), .rank = rank};
}

Column number_column(std::string title, std::string unit, unsigned rank) {
  return {.title = std::move(title), .unit = std::move(unit), .right = true, .rank = rank};
}

std::size_t screen_width(const Style& style) {
  return std::max<std::size_t>(style.width, kNarrowest);
}

std::string painted(std::string_view text, Paint paint, const Style& style) {
  if (!style.color || paint == Paint::none || text.empty()) return std::string(text);
  const int code = paint == Paint::good ? 32 : paint == Paint::caution ? 33 : 31;
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void print_grid(std::ostream& out, const Grid& grid, const Style& style) {
  const std::size_t lead = grid.marked.empty() ? 0 : 2;
  const Widths layout = lay_out(grid, screen_width(style), lead);
  const auto print_row = [&](std::string line, const auto& cell_of) {
    for (const std::size_t c : layout.shown) {
      if (c != layout.shown.front()) line.append(kGap, ' ');
      add_aligned(line, cell_of(c), grid.columns[c], layout.widths[c], style);
    }
    print_line(out, line);
  };
  const std::string margin(lead, ' ');
  print_row(margin, [&](std::size_t c) { return Cell{grid.columns[c].title}; });
  const bool units =
      std::any_of(grid.columns.begin(), grid.columns.end(), [](const Column& c) { return !c.unit.empty(); });
  if (units) print_row(margin, [&](std::size_t c) { return Cell{grid.columns[c].unit}; });
  for (std::size_t r = 0; r < grid.rows.size(); ++r) {
    const bool star = lead > 0 && grid.marked[r];
    print_row(star ? "* " : margin, [&](std::size_t c) -> const Cell& { return grid.rows[r][c]; });
  }
}

void print_grid_csv(std::ostream& out, const Grid& grid) {
  for (std::size_t c = 0; c < grid.columns.size(); ++c)
    out << (c > 0 ? "," : "") << csv_cell(grid.columns[c].title);
  out << '\n';
  for (const auto& row : grid.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) out << (c > 0 ? "," : "") << csv_cell(row[c].text);
    out << '\n';
  }
}

void print_grid_markdown(std::ostream& out, const Grid& grid) {
  out << '|';
  for (const Column& c : grid.columns) {
    out << ' ' << markdown_cell(c.title) << (c.unit.empty() ? "" : " (" + markdown_cell(c.unit) + ")")
        << " |";
  }
  out << "\n|";
  for (const Column& c : grid.columns) out << (c.right ? " ---: |" : " --- |");
  out << '\n';
  for (std::size_t r = 0; r < grid.rows.size(); ++r) {
    const bool bold = !grid.marked.empty() && grid.marked[r];
    out << '|';
    for (const Cell& cell : grid.rows[r]) {
      const std::string text = markdown_cell(cell.text);
      out << ' ' << (bold && !text.empty() ? "**" + text + "**" : text) << " |";
    }
    out << '\n';
  }
}

}  // namespace qwenfit
