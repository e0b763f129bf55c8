#pragma once

#include <iosfwd>
#include <optional>
#include <vector>

#include "advise/inspect.h"
#include "advise/sweep.h"
#include "report/report.h"

/// Printers of `qwenfit inspect`.
namespace qwenfit {

/// How the file runs on a machine; null question: none was named.
struct InspectedRun {
  const Question* question = nullptr;
  const std::vector<Answer>* answers = nullptr;
};

void print_inspection(std::ostream& out, const Inspection& inspection, const Style& style);
/// One line.
void print_inspection_line(std::ostream& out, const Inspection& inspection);
/// One line per type of tensors.
void print_inspection_csv(std::ostream& out, const Inspection& inspection);
void print_inspection_markdown(std::ostream& out, const Inspection& inspection);
/// `qwenfit.inspect/1`.
void print_inspection_json(std::ostream& out, const Inspection& inspection, const InspectedRun& run,
                           const CatalogInfo& info);

}  // namespace qwenfit
