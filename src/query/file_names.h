#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/catalog.h"

/// What the name of a model's file says.
namespace qwenfit {

/// The file's name without folders, extension and the number of its part.
std::string stem_of(std::string_view path);

/// The model that the longest beginning of a stem names; nullptr: none.
const ModelRow* model_in(const std::string& stem, const Catalog& catalog);
/// The GGUF quant that the longest end of a stem names; nullptr: none.
const QuantRow* quant_in(const std::string& stem, const Catalog& catalog);

/// Something has this name, be it a link that leads nowhere or what may not be looked at.
bool is_there(const std::string& path);
/// Why nothing can be looked at there: no such file, a link that leads nowhere, or a folder that is closed.
/// Empty: it can.
std::string path_fault(const std::string& path);

/// Files of the same folder and kind whose names are nearest to one that is missing, nearest first, with the
/// folder.
std::vector<std::string> near_files(const std::string& path);
/// The first few GGUF files of a folder, without projectors, with the folder.
std::vector<std::string> gguf_files_in(const std::string& folder);

}  // namespace qwenfit
