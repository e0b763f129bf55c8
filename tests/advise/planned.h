#pragma once

#include <string>
#include <vector>

#include "advise/plan.h"
#include "catch.h"

/// Builds of `qwenfit plan` for tests.
namespace qwenfit {

inline CheckedPlan planned(const BuildFile& file) {
  Resolver resolver(Catalog::builtin());
  std::vector<BuildFault> faults;
  auto plan = check_plan(file, resolver, faults);
  for (const BuildFault& fault : faults) FAIL_CHECK(fault.pointer << ": " << fault.text);
  REQUIRE(plan);
  return std::move(*plan);
}

inline BuildFile parsed(const std::string& text) {
  std::vector<BuildFault> faults;
  auto file = parse_build("test", text, Catalog::builtin(), faults);
  for (const BuildFault& fault : faults) FAIL_CHECK(fault.pointer << ": " << fault.text);
  REQUIRE(file);
  return std::move(*file);
}

inline BuildFile example(const std::string& name) {
  std::vector<BuildFault> faults;
  auto file =
      read_build(std::string(QWENFIT_TEST_DATA) + "/builds/" + name + ".json", Catalog::builtin(), faults);
  for (const BuildFault& fault : faults) FAIL_CHECK(fault.pointer << ": " << fault.text);
  REQUIRE(file);
  return std::move(*file);
}

/// `severity code pointer` of every finding.
inline std::vector<std::string> found_in(const CheckedPlan& plan) {
  std::vector<std::string> out;
  for (const PlanFinding& f : plan.findings)
    out.push_back(std::string(severity_id(f.severity)) + " " + std::string(f.code) + " " + f.pointer);
  return out;
}

}  // namespace qwenfit
