#include "catch.h"
#include "overlay_files.h"

using namespace qwenfit;

namespace {

std::string overlay_device(const std::string& id) {
  return R"({"id":")" + id + R"(","name":"Card )" + id +
         R"(","class":"gpu","vendor":"NVIDIA","unified":false,"capacity_bytes":21474836480,)"
         R"("bandwidth_bytes_per_s":900000000000,"default_backend":"cuda","source":["own"],"date":"2026-11"})";
}
std::string question(const std::string& choices) {
  return overlay("ambiguous", R"({"name":"cards of mine","choices":[)" + choices +
                                  R"(],"source":["own"],"date":"2026-11"})");
}
const char* const kChoices = R"("my-card","rtx3090")";

}  // namespace

TEST_CASE("files are checked together and in order, one entry each") {
  const OverlayFolder folder;
  const std::string rows = folder.write("a.json", overlay("devices", overlay_device("my-card")));
  const std::string names = folder.write("b.json", question(kChoices));
  const auto alone = check_overlays({names}, {});
  REQUIRE(alone.size() == 1);
  CHECK_FALSE(alone.front().good());
  const auto both = check_overlays({rows, names}, {});
  REQUIRE(both.size() == 2);
  CHECK(both[0].file == rows);
  CHECK(both[1].file == names);
  CHECK((both[0].good() && both[1].good()));
}

TEST_CASE("a file is checked over the overlays in force") {
  const OverlayFolder folder;
  const std::string rows = folder.write("a.json", overlay("devices", overlay_device("my-card")));
  const std::string names = folder.write("b.json", question(kChoices));
  const auto over = check_overlays({names}, {rows});
  REQUIRE(over.size() == 1);
  CHECK(over.front().good());
  // The file itself lies in the folder that is in force, by another way to it.
  const auto inside = check_overlays({folder.path() + "/./b.json"}, {folder.path()});
  REQUIRE(inside.size() == 1);
  CHECK(inside.front().good());
  const auto whole = check_overlays({folder.path()}, {folder.path()});
  CHECK(whole.size() == 2);
}

TEST_CASE("what is wrong with an overlay in force is told behind the files that were asked about") {
  const OverlayFolder folder;
  const std::string good = folder.write("a.json", overlay("devices", overlay_device("my-card")));
  const std::string gone = folder.path("gone.json");
  const auto checks = check_overlays({good}, {gone});
  REQUIRE(checks.size() == 2);
  CHECK(checks[0].findings.empty());
  CHECK_FALSE(checks[0].good());
  CHECK(checks[1].file == gone);
  CHECK(checks[1].findings.front().message.find("no such file") != std::string::npos);
}

TEST_CASE("a folder without catalog files is a fault of the check") {
  const OverlayFolder folder;
  const auto checks = check_overlays({folder.path()}, {});
  REQUIRE(checks.size() == 1);
  CHECK(checks.front().findings.front().message.find("expected a file *.json") != std::string::npos);
}

TEST_CASE("benchmark rows may name devices of overlays") {
  const OverlayFolder folder;
  const std::string rows = folder.write("a.json", overlay("devices", overlay_device("my-card")));
  const std::string bench = folder.write(
      "b.json",
      overlay(
          "benchmarks",
          R"({"id":"acme-0001","group":"acme","url":"https://example.com/bench","date":"2026-11-22","quality":"A",)"
          R"("model":"qwen3.5-27b","quant":"q4_k_m","quant_as_written":"Q4_K_M","publisher":null,"tensor_bytes":null,)"
          R"("device":"my-card","count":1,"runtime":"llama.cpp","engine":"llama.cpp","runtime_version":null,)"
          R"("backend":"cuda","tool":"bench","os":"linux","depth":0,"prompt":512,"prefill_depth":0,"generated":128,)"
          R"("ubatch":512,"kv_k":"f16","kv_v":"f16","flash_attention":true,"split":null,"gpu_layers":null,)"
          R"("cpu_moe":null,"cpu":null,"cpu_as_written":null,"ram_bytes_per_s":null,"power_limit_w":null,"users":1,)"
          R"("speculation":null,"speculation_stated":true,"decode_tok_s":36.2,"prefill_tok_s":1150,"ttft_s":null,)"
          R"("left_out":{"decode":null,"prefill":null},"notes":null})"));
  CHECK_FALSE(check_overlay(bench).empty());
  for (const FileCheck& check : check_overlays({bench}, {rows})) {
    INFO((check.findings.empty() ? "" : check.findings.front().message));
    CHECK(check.good());
  }
  const auto loaded = Catalog::with_overlays({bench});
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().message.find("--measured FILE") != std::string::npos);
}
