// A command line, one argument per line of the input: an answer or an error, never anything else.

#include <cstdlib>
#include <sstream>

#include "cli/run.h"
#include "fuzz/target.h"

std::vector<std::string> fuzz_seeds() {
  return {
      "--gpu\nrtx3090\n--model\n27b\n--quant\nq4_k_m",
      "--gpu\n2xrtx3090\n--ram\n64GB\n--model\n122b-a10b\n--quant\nq4_k_m\n--ctx\n64k\n--kv\nq8_0\n--json",
      "explain\n--gpu\nm4-max-40c-128gb\n--model\n9b\n--quant\nq8_0",
      "--gpu\ncustom:memory=24GiB,bandwidth=936,name=x\n--model\nqwen3.6-27b\n--csv\n--tensor-split\n1",
      "--gpu\n2xrtx3090:pcie=3x4,nvlink=on\n--gpu\nrtx3060-12gb:pcie=thunderbolt-4\n--model\n27b",
      "buy\n--model\n9b\n--class\nmini-pc\n--budget\n1,500\n--price\nbosgame-m5-128gb=$1999.50\n--json",
      "--model\n9b\n--class\nmini-pc\n--min-tps\n12.5\n--used",
      "models\n27b",
      "quants\nq4\n--model\n27b",
      "gpus\n3090\n--json",
      "--help"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> args;
  std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
  for (std::string line; std::getline(lines, line);) args.push_back(line);
  std::istringstream in;
  std::ostringstream out, err;
  const int code = qwenfit::run(args, in, out, err, {});
  if (code < 0 || code > 3) std::abort();
  if (code >= 2 && out.str().empty() && err.str().empty()) std::abort();
  return 0;
}
