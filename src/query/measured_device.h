#pragma once

#include <optional>
#include <string>

#include "qwenfit/catalog.h"
#include "qwenfit/scenario.h"
#include "speed/measured.h"

namespace qwenfit {

/// What a row says of the machine it was measured on, beside the machine in question.
struct DeviceMatch {
  std::string other;  ///< why it is another machine; empty when it may be the same
  std::string note;   ///< what could not be told
};
DeviceMatch match_devices(const BenchRow& row, const Machine& machine, const Catalog& catalog);

}  // namespace qwenfit
