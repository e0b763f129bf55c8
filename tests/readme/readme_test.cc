// Runs every example of the README and compares its output with what the README shows.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "catch.h"

namespace {

struct Example {
  std::string command;
  std::string shown;
};

/// Commands after `$ ` in fenced `console` blocks, each with the lines up to the next command or the end of
/// the block.
std::vector<Example> examples_of(const std::string& path) {
  std::ifstream in(path);
  std::vector<Example> examples;
  std::string line;
  bool inside = false;
  while (std::getline(in, line)) {
    if (line == "```console") {
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside && line.rfind("$ ", 0) == 0) {
      examples.push_back({line.substr(2), ""});
    } else if (inside && !examples.empty()) {
      examples.back().shown += line + "\n";
    }
  }
  return examples;
}

/// Standard output of a shell command that finds the built `qwenfit` first.
std::string output_of(const std::string& command) {
  const std::string exe = QWENFIT_EXE;
  const std::string folder = exe.substr(0, exe.rfind('/'));
  const std::string script = "cd '" QWENFIT_ROOT "' && PATH='" + folder +
                             "':$PATH; unset COLUMNS XDG_CONFIG_HOME HOME; LC_ALL=C.UTF-8; export LC_ALL; " +
                             command;
  FILE* pipe = popen(script.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> chunk{};
  while (const std::size_t n = std::fread(chunk.data(), 1, chunk.size(), pipe))
    output.append(chunk.data(), n);
  pclose(pipe);
  return output;
}

}  // namespace

TEST_CASE("every example in the README prints what the README shows") {
  const std::vector<Example> examples = examples_of(QWENFIT_ROOT "/README.md");
  CHECK(examples.size() >= 5);
  for (const Example& example : examples) {
    INFO("$ " << example.command);
    CHECK(output_of(example.command) == example.shown);
  }
}
