#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "advise/plan.h"
#include "report/report.h"

/// Printers of `qwenfit plan`.
namespace qwenfit {

/// The workloads in a table, then the parts line by line, what was found, the verdict and what to type.
void print_plan(std::ostream& out, const CheckedPlan& plan, const Style& style, const CatalogInfo& info);
/// The verdict alone, on one line.
void print_plan_line(std::ostream& out, const CheckedPlan& plan);
void print_plan_markdown(std::ostream& out, const CheckedPlan& plan);
/// One page for a browser, with charts. `curves` are of the workloads.
void print_plan_html(std::ostream& out, const CheckedPlan& plan, const CatalogInfo& info,
                     const SpeedCurves& curves);
/// `qwenfit.plan/1`.
void print_plan_json(std::ostream& out, const CheckedPlan& plan, const CatalogInfo& info);

/// Whether the build does what it is planned for, in one sentence.
std::string plan_sentence(const CheckedPlan& plan);

}  // namespace qwenfit
