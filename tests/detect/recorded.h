#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "detect/describe.h"
#include "detect/look.h"
#include "detect/recording.h"
#include "report/golden.h"

namespace qwenfit {

/// Names of the recordings of tests/data/detect.
inline std::vector<std::string> recorded_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(QWENFIT_TEST_DATA) + "/detect")) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

inline Recording recorded(const std::string& name) {
  return Recording(read_file(std::string(QWENFIT_TEST_DATA) + "/detect/" + name + ".txt"));
}

inline Detection detected(const Probe& probe) {
  return describe(look(probe), Catalog::builtin());
}
inline Detection detected(const std::string& name) {
  const Recording computer = recorded(name);
  return detected(computer);
}

inline std::string joined_words(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

inline std::string codes_of(const Detection& detection) {
  std::vector<std::string> codes;
  for (const DetectNote& note : detection.notes) codes.push_back(note.code);
  return joined_words(codes);
}

/// True if nothing in `text` but line ends could move a terminal's cursor.
inline bool is_plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n') || byte == 0x7F;
  });
}

}  // namespace qwenfit
