#include "advise/plan.h"

#include <algorithm>

#include "advise/plan_parts.h"

namespace qwenfit {
namespace {

bool uses_ram(const CheckedPlan& plan) {
  return std::any_of(plan.workloads.begin(), plan.workloads.end(), [&](const WorkloadCheck& check) {
    return check.answer.estimate.verdict == Verdict::offload ||
           plan.questions[check.question].machine.devices.empty();
  });
}

/// Answers every workload; names that nothing can be answered for are faults of the file.
void answer_workloads(const BuildFile& file, Resolver& resolver, CheckedPlan& plan,
                      std::vector<BuildFault>& faults) {
  for (std::size_t i = 0; i < plan.build.workloads.size(); ++i) {
    auto check = answer_or_refuse(plan.build, plan.build.workloads[i], resolver, plan.questions);
    if (check) {
      plan.workloads.push_back(std::move(*check));
      continue;
    }
    BuildFault fault = fault_of(check.error(), file, i);
    const auto same = [&](const BuildFault& f) { return f.pointer == fault.pointer && f.text == fault.text; };
    // A fault of the machine comes back with every workload.
    if (std::none_of(faults.begin(), faults.end(), same)) faults.push_back(std::move(fault));
  }
}

}  // namespace

std::string_view severity_id(Severity severity) {
  constexpr std::string_view kIds[] = {"error", "warning", "info"};
  return kIds[static_cast<std::size_t>(severity)];
}

bool CheckedPlan::works() const {
  return met() == workloads.size() &&
         std::none_of(findings.begin(), findings.end(),
                      [](const PlanFinding& f) { return f.severity == Severity::error; });
}

std::size_t CheckedPlan::met() const {
  return static_cast<std::size_t>(
      std::count_if(workloads.begin(), workloads.end(), [](const WorkloadCheck& w) { return w.met(); }));
}

std::optional<CheckedPlan> check_plan(const BuildFile& file, Resolver& resolver,
                                      std::vector<BuildFault>& faults) {
  std::optional<CheckedPlan> result(std::in_place);
  CheckedPlan& plan = *result;
  plan.build = file.build;
  answer_workloads(file, resolver, plan, faults);
  if (!faults.empty()) return std::nullopt;
  for (std::size_t i = 0; i < plan.workloads.size(); ++i) {
    plan.workloads[i].fixes = fixes_for(plan.build, plan.workloads[i], i, resolver);
    report_workload(plan.workloads[i], i, plan.findings);
  }
  report_laptop(plan.build, plan.findings);
  report_drivers(plan.build, plan.findings);
  report_computer(plan.build, plan.findings);
  plan.power = check_power(plan.build, resolver.catalog().rows(), plan.findings);
  plan.slots = check_slots(plan.build, plan.findings);
  plan.memory = check_memory(plan.build, uses_ram(plan), plan.findings);
  plan.price = check_price(plan.build, resolver.catalog().rows().date, plan.findings);
  report_machine(plan, resolver, plan.findings);
  plan.storage = check_storage(plan, resolver, plan.findings);
  std::stable_sort(plan.findings.begin(), plan.findings.end(),
                   [](const PlanFinding& a, const PlanFinding& b) { return a.severity < b.severity; });
  plan.weakest = weakest_part(plan);
  return result;
}

}  // namespace qwenfit
