#include "report/explain_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <vector>

#include "report/format.h"

namespace qwenfit {
namespace {

constexpr std::size_t kExactWidth = 19;
constexpr std::size_t kRoundedWidth = 9;

}  // namespace

void print_amount(std::ostream& out, std::string_view label, std::size_t indent, const std::string& exact,
                  const std::string& rounded, std::size_t width) {
  const std::string amounts = fmt::format("{:>{}}{:>{}}", exact, kExactWidth, rounded, kRoundedWidth);
  const std::size_t room = width - std::min(amounts.size(), width - 1);
  std::vector<std::string> lines = wrap(std::string(indent, ' ') + std::string(label), room, indent + 2);
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) out << lines[i] << '\n';
  const std::string padding(room - std::min(room, display_width(lines.back())), ' ');
  out << lines.back() << padding << amounts << '\n';
}

void print_derivation(std::ostream& out, std::string_view lead, std::string_view text, std::size_t width) {
  if (!text.empty()) out << wrapped(fmt::format("      {} {}", lead, clean(text)), width, 9);
}

}  // namespace qwenfit
