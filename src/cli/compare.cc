#include "advise/compare.h"

#include <algorithm>

#include "cli/commands.h"
#include "query/text.h"
#include "report/compare.h"

namespace qwenfit {

Result<int> run_compare(const Invocation& call) {
  constexpr std::size_t kMostMachines = 12;
  const auto& machines = call.line.words;
  if (machines.empty())
    return usage_error("compare",
                       "compare needs machines, such as qwenfit compare rtx3090 rtx5090 --model 27b");
  if (machines.size() > kMostMachines)
    return usage_error("compare", "compare takes at most " + std::to_string(kMostMachines) +
                                      " machines at once; leave some out");
  if (machines.size() == 1 && call.line.query.model.empty())
    return usage_error("compare", "one machine compares models: name them, such as --model qwen3-32b,27b");
  Resolver resolver(call.catalog);
  const auto comparison = compare(machines, call.line.query, resolver);
  if (!comparison) return comparison.error();
  const auto written = write_html(call.line, [&](std::ostream& page) {
    SpeedCurves curves;
    for (const ComparedMachine& m : comparison->machines) {
      for (const Answer& a : m.compared) curves.push_back(speed_curve(m.question, a));
    }
    print_comparison_html(page, *comparison, call.info, curves);
  });
  if (!written) return written.error();
  if (call.line.quiet) {
    print_comparison_lines(call.out, *comparison);
  } else {
    switch (call.line.format) {
      case Format::table:
        print_comparison(call.out, *comparison, call.style);
        break;
      case Format::json:
        print_comparison_json(call.out, *comparison, call.info);
        break;
      case Format::csv:
        print_comparison_csv(call.out, *comparison, call.info);
        break;
      case Format::markdown:
        print_comparison_markdown(call.out, *comparison);
        break;
    }
  }
  const auto& all = comparison->machines;
  const bool any =
      std::any_of(all.begin(), all.end(), [](const ComparedMachine& m) { return anything_fits(m.best); });
  return any ? 0 : 1;
}

}  // namespace qwenfit
