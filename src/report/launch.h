#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "advise/sweep.h"
#include "qwenfit/query.h"
#include "report/report.h"

namespace qwenfit {

/// What to type to run an answer, or why there is nothing to type.
struct Launch {
  /// For a POSIX shell: lines of `#` comments, then commands joined by `&&`, one a line. Empty: none.
  std::string command;
  std::string why_not;
};

/// The command that runs `answer` in `runtime` with the placement and settings it has. It uses only options
/// of the table of runtime options, with values in their range.
Launch launch(const Question& question, const Answer& answer, std::string_view runtime,
              const CatalogInfo& info);

/// The command of the answer's own runtime, then those of other runtimes of its kind of file that would place
/// it alike: runtime ids and commands.
std::vector<std::pair<std::string_view, std::string>> launches(const Question& question, const Answer& answer,
                                                               const CatalogInfo& info);

}  // namespace qwenfit
