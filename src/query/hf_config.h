#pragma once

#include <optional>
#include <string>

#include "qwenfit/error.h"
#include "qwenfit/model.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// The architecture that a Hugging Face `config.json` states.
struct HfConfig {
  std::string model_type;  ///< of the text model: `qwen3_5_text`
  Architecture architecture;
  std::optional<VisionArchitecture> vision;
  Tokens max_context = 0;
};

/// Reads the config of a Qwen 3 or Qwen 3.5 model, dense or MoE, alone or nested as `text_config`. Error:
/// `bad_file` at `file` with the JSON pointer.
Result<HfConfig> parse_hf_config(const std::string& file, std::string text);

/// The same from a regular file.
Result<HfConfig> read_hf_config(const std::string& path);

}  // namespace qwenfit
