#include "report/detect.h"
#include "cli/commands.h"
#include "query/text.h"

namespace qwenfit {

Result<int> run_detect(const Invocation& call) {
  const Format format = call.line.format;
  if (format == Format::csv || format == Format::markdown)
    return combination_error("detect",
                             "detect prints text, one line with --quiet, or one document with --json");
  const auto found = call.here.detected();
  if (!found) return found.error();
  const Detection& detection = **found;
  if (format == Format::json)
    print_detection_json(call.out, detection, call.info);
  else if (!call.line.quiet)
    print_detection(call.out, detection, call.style);
  else if (detection.blocked)
    return *detection.blocked;
  else
    print_detection_line(call.out, detection);
  return detection.blocked ? 1 : 0;
}

}  // namespace qwenfit
