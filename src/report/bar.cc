#include "report/bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "report/format.h"

namespace qwenfit {
namespace {

struct Fill {
  std::string_view block;   ///< on a terminal with Unicode
  std::string_view letter;  ///< on any other
  int color;                ///< ANSI foreground
};

constexpr std::array<Fill, kTermCount> kFills = {{
    {"█", "W", 34},
    {"▓", "K", 36},
    {"▒", "R", 32},
    {"░", "C", 33},
    {"▚", "V", 35},
    {"▞", "M", 95},
    {"▤", "r", 90},
    {"▥", "d", 37},
}};
constexpr Fill kFreeFill = {"·", ".", 0};

struct Segment {
  Fill fill;
  std::string_view name;
  Bytes bytes = 0;
  std::size_t cells = 0;
};

/// Cells in proportion to bytes: every part that is not zero gets one, the largest takes the rounding.
void share_cells(std::vector<Segment>& segments, std::size_t cells) {
  Bytes whole = 0;
  for (const Segment& s : segments) whole = add(whole, s.bytes);
  std::size_t used = 0;
  for (Segment& s : segments) {
    const double share = static_cast<double>(s.bytes) / static_cast<double>(whole);
    s.cells =
        std::max<std::size_t>(1, static_cast<std::size_t>(std::llround(share * static_cast<double>(cells))));
    used += s.cells;
  }
  const auto largest = std::max_element(segments.begin(), segments.end(),
                                        [](const Segment& a, const Segment& b) { return a.cells < b.cells; });
  largest->cells = largest->cells + cells - std::min(used, largest->cells + cells - 1);
}

std::string colored(std::string_view text, const Fill& fill, const Style& style) {
  return style.color && fill.color != 0 ? fmt::format("\x1b[{}m{}\x1b[0m", fill.color, text)
                                        : std::string(text);
}

/// Legend entries on as many lines as they need; entries are never broken.
std::string legend(const std::vector<Segment>& segments, const Style& style, std::size_t width) {
  std::string text = "  ";
  std::size_t used = 2;
  for (const Segment& s : segments) {
    const std::string_view mark = style.unicode ? s.fill.block : s.fill.letter;
    const std::string label = fmt::format(" {} {}", s.name, gib(s.bytes));
    const std::size_t length = 1 + display_width(label);
    if (used > 2 && used + 3 + length > width) {
      text += "\n  ";
      used = 2;
    } else if (used > 2) {
      text += "   ";
      used += 3;
    }
    text += colored(mark, s.fill, style) + label;
    used += length;
  }
  return text + "\n";
}

}  // namespace

std::string memory_bar(const Question& question, const Answer& answer, const DeviceMemory& memory,
                       const Style& style) {
  std::vector<Segment> segments;
  for (std::size_t t = 0; t < kTermCount; ++t) {
    const Term term = static_cast<Term>(t);
    if (memory.terms[term] > 0)
      segments.push_back({kFills[t], term_words(term, memory.kind), memory.terms[term]});
  }
  const std::optional<SignedBytes> free = memory.free();
  if (free && *free > 0) segments.push_back({kFreeFill, "free", static_cast<Bytes>(*free)});
  if (segments.empty()) return "";
  const std::size_t width = screen_width(style);
  share_cells(segments, width - 4);
  const std::string usable = memory.usable ? fmt::format(" of {} usable", gib(*memory.usable)) : "";
  const std::string heading =
      fmt::format("{} on {}, {}{}, in GiB:", clean(answer.build->quant_name),
                  clean(place_name(question.machine, memory)), gib(memory.total()), usable);
  std::string text = wrapped(heading, width) + "  ";
  for (const Segment& s : segments) {
    std::string cells;
    for (std::size_t i = 0; i < s.cells; ++i) cells += style.unicode ? s.fill.block : s.fill.letter;
    text += colored(cells, s.fill, style);
  }
  return text + "\n" + legend(segments, style, width);
}

}  // namespace qwenfit
