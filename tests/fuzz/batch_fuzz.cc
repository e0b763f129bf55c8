// A line of `qwenfit batch`, answered: every answer is JSON and its sums hold.

#include <cstdlib>
#include <sstream>

#include "cli/run.h"
#include "fuzz/target.h"
#include "nlohmann/json.hpp"

std::vector<std::string> fuzz_seeds() {
  return {
      R"({"id":"a","gpu":["rtx3090"],"model":["27b"],"quant":["q4_k_m"],"ctx":8192,"kv":"q8_0","headless":true})",
      R"({"gpu":"2xrtx3090","ram":"64GB","model":"122b-a10b","quant":"q4_k_m,q8_0","ctx":"max"})",
      R"({"gpu":["custom:memory=24GiB,bandwidth=936"],"model":["9b"],"parallel":4,"ubatch":256,"flash_attn":"off"})",
      R"({"gpu":["m4-max-40c-128gb"],"model":["35b-a3b"],"vision":true,"mtp":true,"quant":["q8_0@llama.cpp"]})",
      R"({"gpu":["2xrtx3090:nvlink","rtx3060-12gb:pcie=x8"],"ram":"64GB","model":["122b-a10b"],"quant":["q4_k_m"]})",
      R"({"gpu":["none"],"ram":"64GB","cpu":"ddr5-6000","model":["14b"]})"};
}

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
