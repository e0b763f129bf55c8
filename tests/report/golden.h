#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "catch.h"

namespace qwenfit {

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Compares with tests/golden/<name>; with QWENFIT_UPDATE_GOLDEN=1 in the environment writes the file
/// instead.
inline void check_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(QWENFIT_ROOT) + "/tests/golden/" + name;
  const char* update = std::getenv("QWENFIT_UPDATE_GOLDEN");
  if (update != nullptr && std::string(update) == "1") {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  INFO("golden file " << name << "; set QWENFIT_UPDATE_GOLDEN=1 to accept the new text");
  CHECK(text == read_file(path));
}

}  // namespace qwenfit
