// A build file: read, or refused with faults that have words and a line of the file; what was read can be
// asked and its parts be checked.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "advise/plan_parts.h"
#include "query/blueprint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qwenfit;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  const Catalog& catalog = Catalog::builtin();
  std::vector<BuildFault> faults;
  const auto file = parse_build("fuzz", text, catalog, faults);
  if (file.has_value() != faults.empty()) std::abort();
  for (const BuildFault& fault : faults) {
    if (fault.text.empty() || fault.line > lines) std::abort();
  }
  if (!file) return 0;
  Resolver resolver(catalog);
  for (const PlannedWorkload& workload : file->build.workloads) {
    const auto question = resolver(query_for(file->build, workload));
    if (!question && fault_of(question.error(), *file, 0).text.empty()) std::abort();
  }
  std::vector<PlanFinding> findings;
  const PowerCheck power = check_power(file->build, catalog.rows(), findings);
  if (!std::isfinite(power.headroom_w) || power.headroom_w < power.needed_w) std::abort();
  check_slots(file->build, findings);
  check_memory(file->build, true, findings);
  check_price(file->build, catalog.rows().date, findings);
  for (const PlanFinding& finding : findings) {
    if (finding.text.empty() || finding.code.empty()) std::abort();
  }
  return 0;
}
