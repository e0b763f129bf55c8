#include "report/detect.h"
#include "cli/commands.h"
#include "query/text.h"

namespace qwenfit {

Result<int> run_detect(const Invocation& call) {
  const Format format = call.line.format;
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
