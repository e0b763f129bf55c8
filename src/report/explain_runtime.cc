#include "report/explain_runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "report/explain_lines.h"
#include "report/format.h"
#include "report/notes.h"

namespace qwenfit {
namespace {

constexpr std::size_t kIndent = 4;

/// What it takes when nothing is said, where that differs from the answer's settings.
std::string own_settings(const Answer& answer, const RuntimeRow& row) {
  const Tokens context = answer.runtime != nullptr ? answer.runtime->own_context : row.default_context;
  std::string own;
  if (context > 0 && context != answer.settings.context)
    own = fmt::format("a context of {} tokens", grouped(context));
  if (row.default_slots > 0 && row.default_slots != answer.settings.parallel) {
    own += fmt::format("{}{} {}", own.empty() ? "" : " and ", row.default_slots,
                       row.default_slots == 1 ? "slot" : "slots");
  }
  return own;
}

}  // namespace

void print_runtime(std::ostream& out, const Answer& answer, const Catalog& catalog, std::size_t width) {
  const auto rows = catalog.rows().runtimes;
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const RuntimeRow& r) { return r.id == answer.settings.runtime; });
  if (row == rows.end()) return;
  std::string version = row->min_version.empty() ? "" : fmt::format(", {} or later", clean(row->min_version));
  if (!row->recommended_version.empty())
    version += fmt::format(", {} or later advised", clean(row->recommended_version));
  out << '\n' << wrapped(fmt::format("Runtime: {}{}", clean(row->name), version), width, kIndent);
  if (const std::string own = own_settings(answer, *row); !own.empty())
    out << wrapped("  by itself it takes " + own, width, kIndent);
  if (answer.estimate.memory_fraction) {
    out << wrapped(fmt::format("  it is given {:.3g} of the memory that the driver reports",
                               *answer.estimate.memory_fraction),
                   width, kIndent);
  }
  if (answer.estimate.concurrency) {
    out << wrapped("  " + pool_words(answer), width, kIndent);
  }
  for (const Caveat& caveat : row->caveats) {
    out << wrapped(fmt::format("  {}", clean(caveat.text)), width, kIndent);
    print_derivation(out, "from", caveat.source, width);
  }
}

}  // namespace qwenfit
