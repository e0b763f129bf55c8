#pragma once

#include <string>
#include <vector>

#include "report/grid.h"
#include "report/view.h"

namespace qwenfit {

/// Columns and rows of the first screen, for one model or one row per model.
class FitGrid {
 public:
  FitGrid(const Question& question, const std::vector<const Answer*>& answers, bool model_column);

  const std::vector<Column>& columns() const { return columns_; }
  std::vector<Cell> row(const Answer& answer, std::string quant) const;

 private:
  void add_speed_columns(const std::vector<const Answer*>& answers);

  const Question& question_;
  bool model_column_;
  bool more_speeds_;  ///< columns of speed other than decode: only if some answer has a speed
  bool ram_column_;
  std::vector<Column> columns_;
};

}  // namespace qwenfit
