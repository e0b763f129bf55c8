#pragma once

#include <cstdint>
#include <string>

#include "placement/recorder.h"
#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/units.h"

/// Words and inputs of explained parts; built only when someone asked for an explanation.
namespace qwenfit {

std::string block_range(std::uint32_t first, std::uint32_t last);
std::string vocab_text(const Architecture& a);
PartText kv_text(const Architecture& a, Tokens cells, TensorType k, TensorType v, std::uint32_t layers);
PartText state_text(const Architecture& a, std::uint32_t layers, std::uint32_t copies, const char* label);

}  // namespace qwenfit
