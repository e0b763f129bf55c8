#pragma once

#include <map>
#include <string>
#include <vector>

#include "speed/fit/offsets.h"
#include "speed/fit/regression.h"

namespace qwenfit {

/// A calibration of one phase: parameters of the physics and deviations by level.
struct Calibration {
  std::vector<double> parameters;  ///< logarithms
  Offsets offsets;
};

/// Everything that fits of one phase share.
struct Evidence {
  SpeedPhase phase = SpeedPhase::decode;
  std::vector<Observation> observations;
  ParameterSpace space;
  std::vector<Equation> equations;
};
Evidence evidence(std::vector<Observation> observations, SpeedPhase phase);

/// Physics and deviations from the rows named: two rounds, each with the other's result taken off.
Calibration calibrate(const Evidence& evidence, const std::vector<std::size_t>& rows,
                      const std::vector<double>& start = {});

/// What sources of one combination deviate beyond everything else, drawn towards none where they are few.
using Combinations = std::map<std::string, double>;
Combinations combinations(const Evidence& evidence, const std::vector<std::size_t>& rows,
                          const Calibration& calibration);

/// Rows whose combination others can be answered from: whole on the devices, and the runtime's own kernels.
bool may_be_measured(const Observation& observation);

/// ln(measured time / predicted time) of every row with its whole source left out of the calibration.
std::vector<double> left_out_errors(const Evidence& evidence);

/// What of a row's set-up other sources have measured, nearest first; `measured`: the very combination.
std::vector<SpeedBasis> left_out_levels(const Evidence& evidence);

/// Device, count, split, model and quant on one stack: what `measured` means.
std::string combination(const Observation& observation);

}  // namespace qwenfit
