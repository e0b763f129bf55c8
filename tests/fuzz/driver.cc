// Runs a fuzz target without a fuzzing engine: a fixed number of mutated seeds from a fixed start, so that
// every run is the same. With QWENFIT_FUZZER libFuzzer takes the place of this file.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

/// One input; anything but a return is a fault. The name is the fuzzing engines' own.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t limit) {
  return limit == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

/// Pieces that parsers tend to trip over.
const std::vector<std::string>& pieces() {
  static const std::vector<std::string> kPieces = {"0",
                                                   "-1",
                                                   "1e308",
                                                   "99999999999999999999",
                                                   "NaN",
                                                   "null",
                                                   "true",
                                                   "\"",
                                                   "{",
                                                   "}",
                                                   "[",
                                                   "]",
                                                   ",",
                                                   ":",
                                                   "\\",
                                                   "\\u0000",
                                                   "\\ud800",
                                                   std::string(1, '\0'),
                                                   "\xff",
                                                   "\xc3\x28",
                                                   "GiB",
                                                   "x",
                                                   "@",
                                                   "all",
                                                   "max",
                                                   "none",
                                                   "custom:memory=",
                                                   std::string(300, '[')};
  return kPieces;
}

std::string mutated(std::string text, Random& random) {
  for (std::size_t steps = 1 + below(random, 4); steps > 0; --steps) {
    const std::size_t at = below(random, text.size() + 1);
    switch (below(random, 4)) {
      case 0:
        text.insert(at, pieces()[below(random, pieces().size())]);
        break;
      case 1:
        text.erase(at, below(random, 8));
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(below(random, 256));
        break;
      default:
        text.insert(at, text.substr(below(random, text.size() + 1), below(random, 40)));
        break;
    }
  }
  return text;
}

/// Every file of a folder, in the order of their names.
std::vector<std::string> inputs_of(const char* folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: " << argv[0] << " RUNS CORPUS\n";
    return 2;
  }
  const std::vector<std::string> seeds = inputs_of(argv[2]);
  if (seeds.empty()) {
    std::cerr << argv[2] << ": no inputs\n";
    return 2;
  }
  const std::size_t runs = std::max<std::size_t>(std::strtoul(argv[1], nullptr, 10), seeds.size());
  Random random(20261121);
  for (std::size_t i = 0; i < runs; ++i) {
    const std::string input =
        i < seeds.size() ? seeds[i] : mutated(seeds[below(random, seeds.size())], random);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  }
  std::cout << runs << " inputs, no fault\n";
  return 0;
}
