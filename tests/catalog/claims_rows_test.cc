#include <string>

#include "catch.h"
#include "overlay_files.h"
#include "qwenfit/catalog.h"

using namespace qwenfit;

namespace {

/// A claim, with one piece of its text replaced.
std::string claim(const std::string& from = "", const std::string& to = "") {
  std::string row =
      R"({"id":"my-1","guide":"my guide, 2026","devices":["rtx3090"],"count":2,"model":"qwen3.5-27b",)"
      R"("quants":["q4_k_m"],"low_tok_s":30,"high_tok_s":40,"fits":null,"source":["own"],"date":"2026-11"})";
  if (!from.empty()) row.replace(row.find(from), from.size(), to);
  return overlay("claims", row);
}

}  // namespace

TEST_CASE("claims of guides can be overlaid") {
  const OverlayFolder folder;
  const auto with = Catalog::with_overlays({folder.write("a.json", claim())});
  REQUIRE(with);
  const auto& rows = with->rows().claims;
  REQUIRE(rows.size() == Catalog::builtin().rows().claims.size() + 1);
  CHECK(rows.back().id == "my-1");
  CHECK(rows.back().low_tok_s == 30.0);
  CHECK_FALSE(rows.back().fits);
}

TEST_CASE("bad claims are told with place and what was expected") {
  struct Case {
    std::string text, pointer, words;
  };
  const OverlayFolder folder;
  for (const Case& c :
       {Case{claim("\"rtx3090\"", "\"rtx3091\""), "/rows/0/devices/0", "no device has the id"},
        Case{claim("qwen3.5-27b", "qwen3.5-28b"), "/rows/0/model", "no model has the id"},
        Case{claim("\"q4_k_m\"", "\"q4\""), "/rows/0/quants/0", "no quant has the id"},
        Case{claim("\"fits\":null", "\"fits\":true"), "/rows/0/fits", "not both"},
        Case{claim("\"low_tok_s\":30", "\"low_tok_s\":null"), "/rows/0/fits", "expected a speed"},
        Case{claim("\"low_tok_s\":30", "\"low_tok_s\":41"), "/rows/0/low_tok_s", "at most"},
        Case{claim("\"count\":2", "\"count\":0"), "/rows/0/count", "expected"}}) {
    const auto errors = check_overlay(folder.write("a.json", c.text));
    REQUIRE_FALSE(errors.empty());
    INFO(errors.front().message);
    CHECK((errors.front().message + errors.front().where).find(c.pointer) != std::string::npos);
    CHECK(errors.front().message.find(c.words) != std::string::npos);
  }
}

TEST_CASE("a device names a link that there is") {
  const OverlayFolder folder;
  const std::string row =
      R"({"id":"my-card","name":"My Card","class":"gpu","vendor":"NVIDIA","unified":false,"capacity_bytes":21474836480,)"
      R"("bandwidth_bytes_per_s":900000000000,"nvlink_bytes_per_s":100000000000,"nvlink_link":"nvlink-9","default_backend":"cuda","aliases":[],)"
      R"("source":["own"],"date":"2026-11"})";
  const auto errors = check_overlay(folder.write("a.json", overlay("devices", row)));
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().message.find("no link has the id \"nvlink-9\"") != std::string::npos);
}
