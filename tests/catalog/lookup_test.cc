#include <algorithm>
#include <set>

#include "catalog/names.h"
#include "catch.h"
#include "qwenfit/catalog.h"

using namespace qwenfit;

namespace {

const Catalog& catalog() {
  return Catalog::builtin();
}

Result<const DeviceRow*> find(const DeviceRow& row, std::string_view name) {
  return row.device_class == DeviceClass::cpu ? catalog().cpu(name) : catalog().gpu(name);
}

std::string gpu_id(std::string_view name) {
  const auto found = catalog().gpu(name);
  return found ? std::string((*found)->id) : "error: " + std::string(error_code_id(found.error().code));
}

std::string model_id(std::string_view name) {
  const auto found = catalog().model(name);
  return found ? std::string((*found)->id) : "error: " + std::string(error_code_id(found.error().code));
}

bool offers(const Error& error, std::string_view id) {
  return std::find(error.did_you_mean.begin(), error.did_you_mean.end(), id) != error.did_you_mean.end();
}

}  // namespace

TEST_CASE("every device is found by its id and each alias") {
  CHECK(catalog().rows().devices.size() >= 400);
  for (const DeviceRow& row : catalog().rows().devices) {
    INFO(row.id);
    CHECK(catalog().device_by_id(row.id) == &row);
    const auto by_id = find(row, row.id);
    REQUIRE(by_id);
    CHECK(*by_id == &row);
    for (const auto alias : row.aliases) {
      INFO(alias);
      const auto by_alias = find(row, alias);
      REQUIRE(by_alias);
      CHECK(*by_alias == &row);
    }
  }
}

TEST_CASE("every model and quant is found by its id and each alias") {
  for (const ModelRow& row : catalog().rows().models) {
    CHECK(catalog().model_by_id(row.id) == &row);
    CHECK(model_id(row.id) == row.id);
    for (const auto alias : row.aliases) CHECK(model_id(alias) == row.id);
  }
  for (const QuantRow& row : catalog().rows().quants) {
    CHECK(catalog().quant_by_id(row.id) == &row);
    REQUIRE(catalog().quant(row.id));
    CHECK(*catalog().quant(row.id) == &row);
    REQUIRE(catalog().quant(row.name));
    CHECK(*catalog().quant(row.name) == &row);
    for (const auto alias : row.aliases) {
      REQUIRE(catalog().quant(alias));
      CHECK(*catalog().quant(alias) == &row);
    }
  }
}

TEST_CASE("an ambiguous name is a question with all its choices") {
  CHECK(catalog().rows().ambiguous.size() > 10);
  for (const AmbiguousRow& row : catalog().rows().ambiguous) {
    INFO(row.name);
    const DeviceRow* first = catalog().device_by_id(row.choices[0]);
    REQUIRE(first != nullptr);
    const auto found = find(*first, row.name);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == ErrorCode::ambiguous_name);
    CHECK(found.error().did_you_mean.size() == row.choices.size());
    for (const auto choice : row.choices) CHECK(offers(found.error(), choice));
  }
  CHECK(gpu_id("RTX 3060") == "error: ambiguous_name");
  CHECK(gpu_id("M4 Max") == "error: ambiguous_name");
}

TEST_CASE("what never existed says so and names what did") {
  for (const NeverExistedRow& row : catalog().rows().never_existed) {
    const auto found = catalog().gpu(row.name);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == ErrorCode::never_existed);
    CHECK_FALSE(found.error().did_you_mean.empty());
    for (const auto alias : row.aliases) CHECK(gpu_id(alias) == "error: never_existed");
  }
  CHECK(gpu_id("NVIDIA GeForce RTX 4070 24 GB") == "error: never_existed");
  CHECK(gpu_id("Mac Studio M3 Max 192GB") == "error: never_existed");
}

TEST_CASE("a memory word chooses among devices of one name") {
  CHECK(gpu_id("RTX 3060 12 GB") == "rtx3060-12gb");
  CHECK(gpu_id("12gb rtx 3060") == "rtx3060-12gb");
  CHECK(gpu_id("rtx 3090 24gb") == "rtx3090");
  CHECK(gpu_id("NVIDIA GeForce RTX 4060 Ti 16GB") == "rtx4060ti-16gb");
  CHECK(gpu_id("m4 max 64gb") == "m4-max-40c-64gb");
  CHECK(gpu_id("m4-max-40c-128gb") == "m4-max-40c-128gb");
  CHECK(gpu_id("24 GB RTX 3090 Ti") == "rtx3090ti");
  CHECK(gpu_id("NVIDIA GeForce RTX 4090 Laptop GPU") == "rtx4090-laptop");
  const auto none = catalog().gpu("rtx 3060 16gb");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ErrorCode::never_existed);
  CHECK(offers(none.error(), "rtx3060-12gb"));
  CHECK(none.error().message.find("rtx3060-12gb (12 GB)") != std::string::npos);
}

TEST_CASE("names that contain one another stay apart") {
  CHECK(gpu_id("3090") == "rtx3090");
  CHECK(gpu_id("3090 ti") == "rtx3090ti");
  CHECK(gpu_id("rtx 4090") == "rtx4090");
  CHECK(gpu_id("rtx 4090 laptop") != "rtx4090");
  CHECK(gpu_id("rtx 4090 laptop").find("laptop") != std::string::npos);
  CHECK(gpu_id("rtx 5060") != gpu_id("rtx 5060 ti 8gb"));
  CHECK(gpu_id("rx 7900 xt") != gpu_id("rx 7900 xtx"));
  CHECK(model_id("3b") == "qwen3.5-3b");
  CHECK(model_id("a3b") == "error: unknown_model");
  CHECK(model_id("7b") == "qwen3.5-7b");
  CHECK(model_id("27b") == "qwen3.5-27b");
  CHECK(model_id("qwen 3.5 35B") == "qwen3.5-35b-a3b");
  CHECK(model_id("35b-a3b") == "qwen3.5-35b-a3b");
  CHECK(model_id("qwen3.6-27b") == "qwen3.6-27b");
  CHECK(model_id("qwen3.5") == "error: unknown_model");
  CHECK(model_id("") == "error: unknown_model");
}

TEST_CASE("no alias leads to a device of another size or class of the same words") {
  // "3050m" and "max-q" are laptop spellings too.
  const auto says_laptop = [](std::string_view name) {
    for (const char* word : {"laptop", "mobile", "notebook", "max-q"}) {
      if (name.find(word) != std::string_view::npos) return true;
    }
    const auto m = name.find('m', name.find_first_of("0123456789"));
    return m != std::string_view::npos && m > 0 && name[m - 1] >= '0' && name[m - 1] <= '9' &&
           (m + 1 == name.size() || name[m + 1] == ' ');
  };
  for (const DeviceRow& row : catalog().rows().devices) {
    const bool nvidia_card = row.device_class == DeviceClass::gpu && row.vendor == "NVIDIA";
    for (const auto alias : row.aliases) {
      INFO(row.id << " alias " << alias);
      if (nvidia_card && row.segment == "desktop") CHECK_FALSE(says_laptop(alias));
      if (nvidia_card && row.id.ends_with("laptop")) CHECK(says_laptop(alias));
      // Accelerators are sold under a rounder figure than they have ("b200 192gb" has 180).
      const MemoryName memory = split_memory(alias);
      if (memory.gib && row.capacity) {
        CHECK(static_cast<double>(*row.capacity) / static_cast<double>(kGiB) ==
              Approx(static_cast<double>(*memory.gib)).epsilon(0.1));
      }
    }
  }
}

TEST_CASE("a number at the end chooses the one device with so many GB") {
  CHECK(gpu_id("m4 max 128") == "m4-max-40c-128gb");
  CHECK(gpu_id("m4-pro-48") == gpu_id("m4 pro 48gb"));
  CHECK(gpu_id("rtx 3060 12") == "rtx3060-12gb");
  CHECK(gpu_id("mac studio m2 ultra 192") == "m2-ultra-76c-192gb");
  // A question stays one; 32 may also count GPU cores.
  CHECK(gpu_id("macbook pro 64") == "error: ambiguous_name");
  CHECK(gpu_id("m1 max 32") == "error: ambiguous_name");
  CHECK(gpu_id("m2 8") == "error: ambiguous_name");
  // No device of the name has so many.
  CHECK(gpu_id("m4 max 100") == "error: unknown_gpu");
  CHECK(gpu_id("rtx 3091 24") == "error: unknown_gpu");
  CHECK(gpu_id("nothing 24") == "error: unknown_gpu");
  CHECK(gpu_id("rtx 4070 24") == "error: never_existed");
  CHECK(gpu_id("mac studio m4 ultra 192") == "error: never_existed");
}

TEST_CASE("Macs that were never made, with or without a memory word") {
  for (const char* name : {"mac studio m4 ultra 192gb", "Mac Studio M4 Ultra", "m4 ultra", "M4 Ultra 256 GB",
                           "mac mini m2 max 64gb", "m4 max mac mini", "imac m2", "imac 24 m2 16gb",
                           "macbook pro 16 m3 ultra", "macbook air 15 m3 pro", "mac pro m3 ultra 512gb"}) {
    INFO(name);
    const auto found = catalog().gpu(name);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == ErrorCode::never_existed);
    CHECK(found.error().did_you_mean.size() >= 2);
    for (const auto& id : found.error().did_you_mean) CHECK(catalog().device_by_id(id) != nullptr);
  }
  CHECK(offers(catalog().gpu("mac mini m2 max").error(), "m2-max-38c-32gb"));
  CHECK(offers(catalog().gpu("mac mini m4 ultra").error(), "m4-pro-20c-64gb"));
  CHECK(catalog().gpu("mac studio m4 ultra 192gb").error().message.find("no M4 Ultra") != std::string::npos);
}

TEST_CASE("each Mac with a chip of its time exists or never did") {
  for (const std::string chassis :
       {"mac mini", "mac studio", "macbook air", "macbook pro", "imac", "mac pro"}) {
    for (const std::string chip : {"m1", "m2", "m3", "m4"}) {
      for (const std::string grade : {"", " pro", " max", " ultra"}) {
        const auto found = catalog().gpu(chassis + " " + chip + grade);
        INFO(chassis << " " << chip << grade);
        if (!found) CHECK(found.error().code != ErrorCode::unknown_gpu);
      }
    }
  }
}

TEST_CASE("names of repositories lead to their model") {
  for (const char* name : {"unsloth/Qwen3.5-27B-GGUF", "Qwen3.5-27B-GGUF", "bartowski/Qwen_Qwen3.5-27B-GGUF"})
    CHECK(model_id(name) == "qwen3.5-27b");
  CHECK(model_id("unsloth/Qwen3.5-35B-A3B-GGUF") == "qwen3.5-35b-a3b");
  CHECK(model_id("lmstudio-community/Qwen3.6-27B-GGUF") == "qwen3.6-27b");
  CHECK(model_id("google/gemma-27b-gguf") == "error: unknown_model");
  CHECK(model_id("someone/27b") == "error: unknown_model");
}

TEST_CASE("part of a name offers the names that have it") {
  using Ids = std::vector<std::string>;
  const auto near_model = [](std::string_view name) { return catalog().model(name).error().did_you_mean; };
  const auto near_gpu = [](std::string_view name) { return catalog().gpu(name).error().did_you_mean; };
  const auto near_quant = [](std::string_view name) { return catalog().quant(name).error().did_you_mean; };
  CHECK(near_model("235b-a22b").front() == "qwen3-235b-a22b");
  CHECK(near_model("30b-a3b").front() == "qwen3-30b-a3b");
  CHECK(near_model("8b").front() == "qwen3-8b");
  const Ids of_36 = near_model("qwen3.6");
  CHECK(std::set<std::string>(of_36.begin(), of_36.begin() + 2) ==
        std::set<std::string>{"qwen3.6-27b", "qwen3.6-35b-a3b"});
  for (const auto& id : near_gpu("7900")) CHECK(id.starts_with("rx7900"));
  CHECK(offers(catalog().gpu("7900").error(), "rx7900xt"));
  CHECK(near_gpu("4080s").front() == "rtx4080super");
  CHECK(near_gpu("rx 5500").front() == "rx5500xt-8gb");
  CHECK(near_quant("q4_k") == Ids{"q4_k_m", "q4_k_l", "q4_k_s"});
  CHECK(near_quant("iq4") == Ids{"iq4_xs", "iq4_nl", "q4_k_m"});
}

TEST_CASE("unknown names offer up to three near ones, else the list") {
  const auto gpu = catalog().gpu("RTX 3091");
  REQUIRE_FALSE(gpu);
  CHECK(gpu.error().code == ErrorCode::unknown_gpu);
  CHECK(gpu.error().where == "--gpu");
  CHECK(gpu.error().did_you_mean.size() == 3);
  CHECK(gpu.error().did_you_mean.front() == "rtx3090");
  const auto model = catalog().model("28b");
  REQUIRE_FALSE(model);
  CHECK(model.error().code == ErrorCode::unknown_model);
  CHECK(offers(model.error(), "qwen3.5-27b"));
  const auto quant = catalog().quant("q4_k_n");
  REQUIRE_FALSE(quant);
  CHECK(quant.error().code == ErrorCode::unknown_quant);
  CHECK(offers(quant.error(), "q4_k_m"));
  for (const std::string& typed :
       {std::string(), std::string(1 << 20, 'z'), std::string("\xff\x1b[2J\x00", 6)}) {
    for (const Error& error : {catalog().gpu(typed).error(), catalog().cpu(typed).error(),
                               catalog().model(typed).error(), catalog().quant(typed).error()}) {
      CHECK(error.did_you_mean.empty());
      CHECK(error.message.find(" lists the names") != std::string::npos);
      CHECK(error.message.size() < 400);
      CHECK(std::none_of(error.message.begin(), error.message.end(),
                         [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    }
  }
}

TEST_CASE("a device given to the wrong option says where it belongs") {
  const auto gpu = catalog().gpu("ddr5-6000");
  REQUIRE_FALSE(gpu);
  CHECK(gpu.error().code == ErrorCode::unknown_gpu);
  CHECK(gpu.error().message.find("--cpu") != std::string::npos);
  const auto cpu = catalog().cpu("rtx 3090");
  REQUIRE_FALSE(cpu);
  CHECK(cpu.error().code == ErrorCode::unknown_cpu);
  CHECK(cpu.error().message.find("--gpu rtx3090") != std::string::npos);
  CHECK(catalog().cpu("i9-14900k"));
}
