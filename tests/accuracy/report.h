#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "speed/fit/calibrate.h"
#include "speed/fit/score.h"

namespace qwenfit {

/// One phase, calibrated with each source left out in turn.
struct Validation {
  Evidence evidence;
  std::vector<double> errors;  ///< ln(measured time / predicted time)
  std::vector<SpeedBasis> levels;
  std::vector<bool> device_known;  ///< other sources measured the device, with any model
};
Validation validate(const std::vector<Benchmark>& rows, SpeedPhase phase);

/// ln(measured / predicted) of two predictions without calibration: bytes over specified bandwidth, and the
/// same with the one efficiency that suits all these rows best.
std::vector<double> plain_errors(const Validation& validation);
std::vector<double> roofline_errors(const Validation& validation);

/// Accuracy by set-up, by what was known, by kind of device and by model, beside the two plain predictions.
void print_accuracy(std::ostream& out, const Validation& validation);

/// Interval widths by level and kind of machine, and the share of left-out rows inside.
void print_coverage(std::ostream& out, const Validation& validation);

/// Error of the slowdown from short context to deep: within one series, predicted over measured.
struct Slowdown {
  std::size_t rows = 0, series = 0, clusters = 0;
  double median = 0;  ///< over rows
  double median_by_cluster = 0;
};
Slowdown slowdown(const Validation& validation);

/// Share of left-out rows (of one level, or chosen) that lie inside their interval, and the clusters behind
/// it.
struct Covered {
  double share = 0;
  std::size_t clusters = 0;
};
Covered covered(const Validation& validation, SpeedBasis level);
Covered covered(const Validation& validation, const Chosen& chosen);

/// The figures that the README states, line by line.
std::vector<std::string> readme_lines(const Validation& decode, const Validation& prefill);

Score score_of(const Validation& validation, const Chosen& chosen);

}  // namespace qwenfit
