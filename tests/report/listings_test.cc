#include <nlohmann/json.hpp>
#include <sstream>

#include "report/fixture.h"
#include "report/format.h"
#include "report/golden.h"
#include "support/schema_check.h"

using namespace qwenfit;

namespace {

struct Rows {
  ModelRow released;
  ModelRow never;
  QuantRow quant;
  DeviceRow device;
  DeviceRow unknown;
  std::vector<ModelListing> models;
  std::vector<QuantListing> quants;
  std::vector<const DeviceRow*> gpus;

  Rows() {
    released.id = "qwen3.5-27b";
    released.name = "Qwen3.5-27B";
    released.max_context = 262144;
    released.json = R"({"id":"qwen3.5-27b"})";
    never.id = "qwen3.5-14b";
    never.name = "Qwen3.5-14B";
    never.status = ModelStatus::guide_only;
    never.origin = "my.json";
    quant.id = "q4_k_m";
    quant.name = "Q4_K_M";
    quant.format = "gguf";
    quant.bits = 4;
    quant.mixture = Mixture::q4_k_m;
    quant.mixture_exact = true;
    quant.json = R"({"id":"q4_k_m"})";
    device.id = "rtx3090";
    device.name = "NVIDIA GeForce RTX 3090";
    device.capacity = 24 * kGiB;
    device.bandwidth_bytes_per_s = 936'200'000'000;
    device.price_low_usd = 650;
    device.price_high_usd = 900;
    device.price_date = "2026-09";
    unknown.id = "apu";
    unknown.name = "An APU, sold with any memory";
    unknown.device_class = DeviceClass::apu;
    models = {{&released,
               {{"q4_k_m", "Q4_K_M", "unsloth", 16'740'812'704}, {"q8_0", "Q8_0", "", 28'595'760'384}},
               67'108'864,
               156'860'416},
              {&never,
               {{"q4_k_m", "Q4_K_M", "a guide", 8'200'000'000}, {"q8_0", "Q8_0", "", std::nullopt}},
               std::nullopt,
               std::nullopt}};
    quants = {{&quant, {"unsloth", "bartowski"}, {{"qwen3.5-27b", 16'740'812'704}}}};
    gpus = {&device, &unknown};
  }
};

template <typename Print>
std::string text_of(Format format, const Print& print) {
  std::ostringstream out;
  print(out, format);
  return out.str();
}

}  // namespace

TEST_CASE("listings are as agreed in every format and keep the width") {
  const Rows rows;
  const CatalogInfo info = sample_info();
  const std::vector<std::pair<Format, std::string>> formats = {
      {Format::table, "txt"}, {Format::csv, "csv"}, {Format::markdown, "md"}, {Format::json, "json"}};
  for (const auto& [format, suffix] : formats) {
    const auto models =
        text_of(format, [&](std::ostream& out, Format f) { print_models(out, rows.models, f, info, {}); });
    const auto quants =
        text_of(format, [&](std::ostream& out, Format f) { print_quants(out, rows.quants, f, info, {}); });
    const auto gpus =
        text_of(format, [&](std::ostream& out, Format f) { print_gpus(out, rows.gpus, f, info, {}); });
    check_golden("models." + suffix, models);
    check_golden("quants." + suffix, quants);
    check_golden("gpus." + suffix, gpus);
    if (format == Format::json) {
      CHECK(schema_faults("qwenfit.models", models) == "");
      CHECK(schema_faults("qwenfit.quants", quants) == "");
      CHECK(schema_faults("qwenfit.gpus", gpus) == "");
    }
  }
}

TEST_CASE("empty listings are still documents and headings") {
  std::ostringstream out;
  print_gpus(out, {}, Format::json, sample_info(), {});
  CHECK(schema_faults("qwenfit.gpus", out.str()) == "");
  out.str("");
  print_models(out, {}, Format::table, sample_info(), {});
  CHECK(out.str().starts_with("model"));
}

TEST_CASE("a filter wants every word, in any spelling") {
  const std::vector<std::string_view> aliases = {"geforce rtx 3090"};
  CHECK(matches_filter("", "rtx3090", "NVIDIA GeForce RTX 3090", "gpu", aliases));
  CHECK(matches_filter("nvidia 3090", "rtx3090", "NVIDIA GeForce RTX 3090", "gpu", aliases));
  CHECK(matches_filter("RTX-3090", "rtx3090", "NVIDIA GeForce RTX 3090", "gpu", aliases));
  CHECK_FALSE(matches_filter("nvidia 4090", "rtx3090", "NVIDIA GeForce RTX 3090", "gpu", aliases));
}

TEST_CASE("every built-in device, model and quant can be listed") {
  const CatalogRows& all = Catalog::builtin().rows();
  std::vector<const DeviceRow*> devices;
  for (const DeviceRow& row : all.devices) devices.push_back(&row);
  std::vector<ModelListing> models;
  for (const ModelRow& row : all.models) models.push_back({&row, {}, std::nullopt, std::nullopt});
  std::vector<QuantListing> quants;
  for (const QuantRow& row : all.quants) quants.push_back({&row, {}, {}});
  std::ostringstream documents[3];
  print_gpus(documents[0], devices, Format::json, sample_info(), {});
  print_models(documents[1], models, Format::json, sample_info(), {});
  print_quants(documents[2], quants, Format::json, sample_info(), {});
  CHECK(schema_faults("qwenfit.gpus", documents[0].str()) == "");
  CHECK(schema_faults("qwenfit.models", documents[1].str()) == "");
  CHECK(schema_faults("qwenfit.quants", documents[2].str()) == "");
  for (const unsigned width : {40U, 80U, 120U}) {
    std::ostringstream out;
    print_gpus(out, devices, Format::table, sample_info(), {false, width, true});
    print_models(out, models, Format::table, sample_info(), {false, width, true});
    print_quants(out, quants, Format::table, sample_info(), {false, width, true});
    std::istringstream in(out.str());
    for (std::string line; std::getline(in, line);) REQUIRE(display_width(line) <= width);
  }
}
