// The recipes of data/README.md.

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "catalog/overlay_files.h"
#include "catch.h"
#include "qwenfit/catalog.h"

using namespace qwenfit;

namespace {

std::vector<std::string> examples() {
  std::ifstream in(QWENFIT_DATA "/README.md");
  std::vector<std::string> found;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "```json") {
      inside = true;
      found.emplace_back();
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      found.back() += line + "\n";
    }
  }
  return found;
}

std::string benchmark_example() {
  for (const auto& text : examples()) {
    if (text.find("qwenfit.data.benchmarks/1") != std::string::npos) return text;
  }
  return "";
}

/// The only fault of the example with `from` replaced by `to`.
std::string fault_with(OverlayFolder& folder, const std::string& from, const std::string& to) {
  std::string text = benchmark_example();
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  const auto errors = check_overlay(folder.write("bench.json", text));
  REQUIRE(errors.size() == 1);
  return errors.front().message;
}

}  // namespace

TEST_CASE("every example of data/README.md is good") {
  OverlayFolder folder;
  REQUIRE(examples().size() >= 5);
  for (const auto& text : examples()) {
    INFO(text);
    const auto errors = check_overlay(folder.write("example.json", text));
    CHECK((errors.empty() ? "" : errors.front().message) == "");
  }
}

TEST_CASE("the files that data/README.md names are there") {
  std::ifstream in(QWENFIT_DATA "/README.md");
  std::stringstream text;
  text << in.rdbuf();
  const std::string readme = text.str();
  for (const char* file :
       {"hardware/gpus.json", "hardware/macs.json", "hardware/apus.json", "hardware/cpus.json",
        "quants/builds.json", "runtimes/options.json", "runtimes/runtimes.json", "hardware/ambiguous.json"}) {
    INFO(file);
    CHECK(readme.find(file) != std::string::npos);
    CHECK(std::filesystem::exists(std::string(QWENFIT_DATA "/") + file));
  }
}

TEST_CASE("catalog check tells what is wrong with a benchmark row") {
  OverlayFolder folder;
  CHECK(fault_with(folder, "\"rtx3090\"", "\"rtx3091\"")
            .find("/rows/0/device: no device has the id \"rtx3091\"") != std::string::npos);
  CHECK(fault_with(folder, "\"qwen3.5-27b\"", "\"qwen3.5-27bb\"").find("the nearest is \"qwen3.5-27b\"") !=
        std::string::npos);
  CHECK(fault_with(folder, "\"q4_k_m\"", "\"q4_k_n\"").find("/rows/0/quant: ") != std::string::npos);
  CHECK(fault_with(folder, "\"decode_tok_s\": 36.2", "\"decode_tok_s\": -1").find("decode_tok_s") !=
        std::string::npos);
  CHECK(fault_with(folder, ", \"quality\": \"A\"", "").find("quality") != std::string::npos);
  std::string twice = benchmark_example();
  const auto first = twice.find("{\"id\""), last = twice.rfind("]}");
  const std::string row = twice.substr(first, last - first);
  twice.insert(last, "," + row);
  const auto errors = check_overlay(folder.write("twice.json", twice));
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().message.find("/rows/1/id: \"acme-0001\" is here twice") != std::string::npos);
}

TEST_CASE("the benchmark rows of the catalog name what it has") {
  for (const auto& entry : std::filesystem::directory_iterator(QWENFIT_DATA "/benchmarks")) {
    INFO(entry.path());
    CHECK(check_overlay(entry.path().string()).empty());
  }
}
