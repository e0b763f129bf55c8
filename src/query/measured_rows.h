#pragma once

#include <memory>
#include <string>
#include <vector>

#include "query/measured_build.h"
#include "speed/shift.h"

namespace qwenfit {

/// A row that counts: its time beside what the calibration gives for it.
struct OwnObservation {
  const BenchRow* row = nullptr;
  SpeedPhase phase = SpeedPhase::decode;
  std::shared_ptr<const BenchBuild> file;
  SplitMode split = SplitMode::layer;
  bool in_ram = false;
  MeasuredTime time;  ///< of a token, or of the whole prompt; without variance
};

/// The rows of a file that count on this machine, and what became of the others.
struct OwnObservations {
  std::vector<OwnObservation> all;
  MeasurementUse use;
};

/// Error: `bad_file` when none counts, or when a row is faster than the machine can be.
Result<OwnObservations> observe_own(const OwnMeasurements& own, const Question& question,
                                    const Catalog& catalog, BuildCache& cache, const Layouts& layouts);

}  // namespace qwenfit
