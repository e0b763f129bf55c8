#pragma once

#include <cstdint>
#include <string>

#include "model/breakdown.h"
#include "placement/recorder.h"
#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/scenario.h"
#include "qwenfit/units.h"

/// Words and inputs of explained parts; built only when someone asked for an explanation.
namespace qwenfit {

std::string block_range(std::uint32_t first, std::uint32_t last);
/// Weights by tensor type: elements x bytes per element, what scaling to the published size and alignment
/// add.
PartText weights_text(const Model& model, const Build& build, const char* label,
                      const TensorSelection& selection, Bytes bytes);
PartText kv_text(const Architecture& a, Tokens cells, TensorType k, TensorType v, std::uint32_t layers);
PartText state_text(const Architecture& a, std::uint32_t layers, std::uint32_t copies, const char* label);

}  // namespace qwenfit
