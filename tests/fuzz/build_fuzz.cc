// A build file: read, or refused with faults that have words and a line of the file; what was read can be
// asked and its parts be checked.

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "advise/plan_parts.h"
#include "fuzz/target.h"
#include "query/blueprint.h"

std::vector<std::string> fuzz_seeds() {
  return {
      R"({// two cards
"gpus":[{"id":"rtx3090","count":2,"slot_pcie_gen":4,"slot_lanes":8,"display":false,"power_limit_w":280,"price_usd":700}],
"cpu":{"id":"ryzen-9-9950x"},"memory":{"size":"64GB","type":"ddr5","speed_mts":5600,"modules":2},
"power_supply":{"watts":1200,"atx":"3.1"},"case":{"slots":7},"workloads":[{"model":"27b","context":"32k","users":2}]})",
      R"({"gpus":[{"id":"m4-max-40c-128gb"}],"workloads":[{"model":"122b-a10b","min_tok_s":10}],"budget_usd":5000})",
      R"({"cpu":{"id":"ddr5-6000x2"},"memory":{"size":"64GB"},"motherboard":{"slots":[{"gen":5,"lanes":16,"spacing":3}]},
/* slow */"storage":{"id":"hdd"},"workloads":[{"model":"35b-a3b","quant":"q4_k_m","kv":"q8_0","vision":true}]})"};
}

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
