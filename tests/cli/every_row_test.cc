// Every row of the catalog renders in every format.

#include <algorithm>
#include <string>
#include <vector>

#include "catch.h"
#include "cli/support.h"
#include "nlohmann/json.hpp"
#include "qwenfit/catalog.h"
#include "support/sampling.h"

using namespace qwenfit;

namespace {

Ran ask(const std::vector<std::string>& args) {
  Environment env;
  env.utf8 = true;
  return run_program(args, "", env);
}

/// Code points, as wide as a terminal shows them: the printers use no wide or combining ones.
std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0, width = 0;
  for (const char c : text) {
    if (c == '\n') {
      width = 0;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      widest = std::max(widest, ++width);
    }
  }
  return widest;
}

void check_all_formats(const std::vector<std::string>& args) {
  for (const char* format : {"", "--json", "--csv", "--markdown", "--quiet"}) {
    std::vector<std::string> line = args;
    if (*format != '\0') line.emplace_back(format);
    const Ran answer = ask(line);
    INFO(args[1] << ' ' << args[3] << ' ' << format << ' ' << answer.err);
    CHECK((answer.code == 0 || answer.code == 1));
    CHECK_FALSE(answer.out.empty());
    CHECK(answer.err.empty());
    if (*format == '\0') CHECK(widest_line(answer.out) <= 80);
    if (std::string(format) == "--json") CHECK(nlohmann::json::parse(answer.out).contains("results"));
  }
}

}  // namespace

TEST_CASE("every device renders in every format") {
  const auto devices = Catalog::builtin().rows().devices;
  for (std::size_t i = 0; i < devices.size(); i += sample_stride()) {
    const DeviceRow& row = devices[i];
    std::string gpu(row.id);
    if (!row.capacity && row.device_class == DeviceClass::apu) gpu += ":memory=32GiB";
    if (row.device_class == DeviceClass::cpu) {
      check_all_formats({"--cpu", gpu, "--model", "9b", "--ram", "64GB", "--quant", "q4_k_m"});
    } else {
      check_all_formats({"--gpu", gpu, "--model", "27b", "--quant", "q4_k_m,q8_0"});
    }
  }
}

TEST_CASE("every model and every quant renders in every format") {
  const std::size_t every = std::min<std::size_t>(sample_stride(), 8);
  const auto models = Catalog::builtin().rows().models;
  for (std::size_t i = 0; i < models.size(); i += every) {
    const ModelRow& row = models[i];
    check_all_formats({"--gpu", "2xrtx3090", "--model", std::string(row.id)});
  }
  const auto quants = Catalog::builtin().rows().quants;
  for (std::size_t i = 0; i < quants.size(); i += every) {
    const QuantRow& row = quants[i];
    // A quant that nobody publishes for one model is published for another.
    bool found = false;
    const char* gpu = row.format == "mlx" ? "m4-max-40c-128gb" : "rtx5090";
    for (const char* model : {"27b", "35b-a3b", "0.8b", "9b", "122b-a10b", "397b-a17b", "qwen3.8-27b",
                              "qwen3.6-27b", "qwen3.6-35b-a3b", "2b", "4b"}) {
      if (ask({"--gpu", gpu, "--model", model, "--quant", std::string(row.id)}).code > 1) continue;
      check_all_formats({"--gpu", gpu, "--model", model, "--quant", std::string(row.id)});
      found = true;
      break;
    }
    INFO(row.id);
    CHECK(found);
  }
}
