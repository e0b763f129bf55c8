#pragma once

#include <iosfwd>

#include "advise/compare.h"
#include "report/report.h"

/// Printers of `qwenfit compare`.
namespace qwenfit {

/// A table per model with a row per machine (one machine: a row per model), the verdict in sentences, and
/// under what another machine leads.
void print_comparison(std::ostream& out, const Comparison& comparison, const Style& style);
/// The verdict alone, one sentence a line.
void print_comparison_lines(std::ostream& out, const Comparison& comparison);
void print_comparison_markdown(std::ostream& out, const Comparison& comparison);
/// The columns of `print_csv`, one line per machine and model.
void print_comparison_csv(std::ostream& out, const Comparison& comparison, const CatalogInfo& info);
/// One page for a browser, with charts. `curves` are of every answer.
void print_comparison_html(std::ostream& out, const Comparison& comparison, const CatalogInfo& info,
                           const SpeedCurves& curves);
/// `qwenfit.compare/1`.
void print_comparison_json(std::ostream& out, const Comparison& comparison, const CatalogInfo& info);

}  // namespace qwenfit
