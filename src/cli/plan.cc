#include "advise/plan.h"

#include <ostream>

#include <nlohmann/json.hpp>

#include "catalog/schemas.h"
#include "cli/commands.h"
#include "query/text.h"
#include "report/plan.h"

namespace qwenfit {
namespace {

/// A file to start from, which answers as it stands.
constexpr std::string_view kStart =
    R"(// A planned build for qwenfit plan. Keys that are left out are not checked, or
// taken as usual; the answer says which. Names: qwenfit gpus, qwenfit models.
{
  "schema": "qwenfit.build/1",
  "name": "my build",

  // Graphics cards in the order of the slots, or one Mac or mini PC and nothing else.
  "gpus": [
    {
      "id": "rtx3090",
      "count": 1
      // "slot_pcie_gen": 4, "slot_lanes": 16,  // when no motherboard is described
      // "display": true,                       // a desktop is drawn on it
      // "power_limit_w": 280,                  // as set with nvidia-smi -pl
      // "price_usd": 750                       // of one; without it the catalog's, 0: owned
    }
  ],

  "cpu": {
    "id": "ryzen-9-9950x"  // or its memory, such as "ddr5-6000"
    // "power_w": 170, "price_usd": 500
  },

  "memory": {
    "size": "64GB",        // all modules together
    "type": "ddr5",
    "speed_mts": 5600,
    "modules": 2           // fewer than the channels of the board: slower
    // "channels": 2, "price_usd": 200
  },

  "power_supply": { "watts": 850, "atx": "3.1" },

  "case": { "slots": 7 },

  // Slots that cards go into, from the processor down; spacing: slots of room to the next.
  "motherboard": {
    "slots": [
      { "gen": 5, "lanes": 16, "spacing": 3 },
      { "gen": 4, "lanes": 4, "spacing": 2 }
    ]
  },

  "storage": { "id": "nvme-gen4", "size": "1TB" },  // nvme-gen3, nvme-gen5, sata-ssd, hdd
  "os": "linux",                     // windows, macos
  "runtime": "llama.cpp",            // ollama, lmstudio, mlx, vllm, sglang

  // What the machine is for. The quant is chosen where none is named.
  "workloads": [
    { "name": "chat", "model": "27b", "context": "16k", "min_tok_s": 20 },
    { "name": "agents", "model": "35b-a3b", "context": "8k", "users": 2, "min_tok_s": 20 }
    // further keys: "quant": "q4_k_m", "kv": "q8_0", "vision": true
  ]

  // "budget_usd": 2500
}
)";

/// Every fault, on standard error the first of them.
int report_faults(const Invocation& call, const std::vector<BuildFault>& faults) {
  constexpr std::size_t kMostShown = 20;
  std::vector<Error> errors;
  errors.reserve(faults.size());
  for (const BuildFault& fault : faults) errors.push_back(to_error(fault, call.line.argument));
  for (std::size_t i = 0; i < errors.size() && i < kMostShown; ++i) print_error(call.err, errors[i]);
  if (errors.size() > kMostShown)
    call.err << "qwenfit: error: and " << errors.size() - kMostShown << " more faults; mend these first\n";
  if (call.line.format == Format::json) print_errors_json(call.out, errors);
  return exit_code_of(ErrorCode::bad_file);
}

int print_schema(std::ostream& out) {
  out << nlohmann::ordered_json::parse(embedded_schema("qwenfit.build")).dump(2) << '\n';
  return 0;
}

}  // namespace

Result<int> run_plan(const Invocation& call) {
  const CommandLine& line = call.line;
  if (line.init || line.schema) {
    if (!line.words.empty() || line.init == line.schema)
      return combination_error(line.init ? "--init" : "--schema",
                               "plan takes one of a file, --init and --schema; drop the others");
    if (line.schema) return print_schema(call.out);
    call.out << kStart;
    return 0;
  }
  if (line.words.empty())
    return usage_error("plan",
                       "plan needs a file: qwenfit plan BUILD.json; qwenfit plan --init > BUILD.json "
                       "writes one to start from");
  if (line.words.size() > 1) return usage_error("plan", "plan takes one file; check each by itself");
  std::vector<BuildFault> faults;
  const auto file = read_build(line.argument, call.catalog, faults);
  if (!file) return report_faults(call, faults);
  Resolver resolver(call.catalog);
  const auto plan = check_plan(*file, resolver, faults);
  if (!plan) return report_faults(call, faults);
  const auto written = write_html(line, [&](std::ostream& page) {
    SpeedCurves curves;
    for (const WorkloadCheck& check : plan->workloads)
      curves.push_back(speed_curve(plan->questions[check.question], check.answer));
    print_plan_html(page, *plan, call.info, curves);
  });
  if (!written) return written.error();
  if (line.quiet) {
    print_plan_line(call.out, *plan);
  } else if (line.format == Format::json) {
    print_plan_json(call.out, *plan, call.info);
  } else if (line.format == Format::markdown) {
    print_plan_markdown(call.out, *plan);
  } else {
    print_plan(call.out, *plan, call.style, call.info);
  }
  return plan->works() ? 0 : 1;
}

}  // namespace qwenfit
