#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/gguf.h"
#include "qwenfit/error.h"

namespace qwenfit {

/// Reads the header of one file. Error: `bad_file` at its path.
using PartReader = std::function<Result<GgufHeader>(const std::string& path)>;

/// The headers of all parts of the model whose first part is `path`, each read once, and their paths; of the
/// metadata those of the first, for the others' are of their place alone. Error: `bad_file` at the part that
/// is wrong.
Result<std::vector<GgufHeader>> read_gguf_parts(const std::string& path, const PartReader& read,
                                                std::vector<std::string>& paths);

}  // namespace qwenfit
