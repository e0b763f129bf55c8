#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "report/grid.h"
#include "report/view.h"

namespace qwenfit {

/// The screen of what scrolls sideways.
inline constexpr std::size_t kAnyWidth = std::numeric_limits<std::size_t>::max();

/// Columns and rows of the first screen, for one model or one row per model.
class FitGrid {
 public:
  /// `screen`: its columns; narrow ones have no room for the terms one by one.
  FitGrid(const Question& question, const std::vector<const Answer*>& answers, bool model_column,
          std::size_t screen = kAnyWidth);

  const std::vector<Column>& columns() const { return columns_; }
  std::vector<Cell> row(const Answer& answer, std::string quant) const;

 private:
  void add_speed_columns(const std::vector<const Answer*>& answers);

  const Question& question_;
  bool model_column_;
  bool more_speeds_;  ///< columns of speed other than decode: only if some answer has a speed
  bool term_columns_;
  bool ram_column_;
  std::vector<Column> columns_;
};

}  // namespace qwenfit
