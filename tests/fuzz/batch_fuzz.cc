// A line of `qwenfit batch`, answered: every answer is JSON and its sums hold.

#include <cstdint>
#include <cstdlib>
#include <sstream>

#include "cli/run.h"
#include "nlohmann/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string line(reinterpret_cast<const char*>(data), size);
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  std::istringstream in(line + "\n");
  std::ostringstream out, err;
  const int code = qwenfit::run({"batch"}, in, out, err, {});
  if (code != 0 && code != 3) std::abort();
  std::istringstream answers(out.str());
  for (std::string answer; std::getline(answers, answer);) {
    const auto document = nlohmann::json::parse(answer, nullptr, false);
    if (document.is_discarded()) std::abort();
    if (!document.contains("results")) continue;
    for (const auto& result : document["results"]) {
      for (const auto& device : result["memory"]["devices"]) {
        std::uint64_t sum = 0;
        for (const auto& term : device["terms"]) sum += term.is_null() ? 0 : term.get<std::uint64_t>();
        if (!device["total_bytes"].is_null() && sum != device["total_bytes"].get<std::uint64_t>())
          std::abort();
      }
    }
  }
  return 0;
}
