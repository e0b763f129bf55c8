// Runs a fuzz target without a fuzzing engine: a fixed number of mutated seeds from a fixed start, so that
// every run is the same. With clang, link the same target with -fsanitize=fuzzer instead of this file.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "fuzz/target.h"

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

}  // namespace

int main(int argc, char** argv) {
  std::size_t runs = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 2000;
  if (std::getenv("QWENFIT_DEEP") != nullptr) runs *= 10;
  if (std::getenv("QWENFIT_SAMPLE") != nullptr) runs /= 5;
  Random random(20261121);
  const std::vector<std::string> seeds = fuzz_seeds();
  for (std::size_t i = 0; i < runs; ++i) {
    const std::string input =
        i < seeds.size() ? seeds[i] : mutated(seeds[below(random, seeds.size())], random);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  }
  std::cout << runs << " inputs, no fault\n";
  return 0;
}
