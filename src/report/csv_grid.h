#pragma once

#include <vector>

#include "report/grid.h"
#include "report/view.h"

namespace qwenfit {

/// The columns and rows of `print_csv`.
Grid csv_grid(const Question& question, const std::vector<Answer>& answers, const CatalogRows& rows);

}  // namespace qwenfit
