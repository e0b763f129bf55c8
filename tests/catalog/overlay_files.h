#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "qwenfit/catalog.h"

/// A folder for overlay files that goes away with the test.
class OverlayFolder {
 public:
  OverlayFolder() {
    path_ = std::filesystem::temp_directory_path() / ("qwenfit-overlays-" + std::to_string(getpid()));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~OverlayFolder() {
    std::error_code code;
    std::filesystem::remove_all(path_, code);
  }
  OverlayFolder(const OverlayFolder&) = delete;
  OverlayFolder& operator=(const OverlayFolder&) = delete;

  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

/// A document of one kind around `rows`.
inline std::string overlay(const std::string& kind, const std::string& rows) {
  return R"({"schema":"qwenfit.data.)" + kind + R"(/1","rows":[)" + rows + "]}";
}

/// What is wrong with one file over the compiled-in rows.
inline std::vector<qwenfit::Error> check_overlay(const std::string& path) {
  std::vector<qwenfit::Error> errors;
  for (const auto& check : qwenfit::check_overlays({path}, {}))
    errors.insert(errors.end(), check.findings.begin(), check.findings.end());
  return errors;
}
