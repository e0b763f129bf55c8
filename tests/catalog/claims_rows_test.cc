#include <string>

#include "catch.h"
#include "overlay_files.h"
#include "qwenfit/catalog.h"

using namespace qwenfit;

namespace {

/// A claim, with one piece of its text replaced.
std::string claim(const std::string& from = "", const std::string& to = "") {
  std::string row =
      R"({"id":"my-1","guide":"my guide, 2026","kind":"set_up","subject":"two cards","low":30,"high":40,)"
      R"("unit":"tok/s","fits":null,"models":["qwen3.5-27b"],"quants":["q4_k_m"],"machines":["2xrtx3090"],)"
      R"("ram":null,"names":[],"context_low":null,"context_high":null,"size_gb":null,"spare_gb":null,)"
      R"("price_low_usd":null,"price_high_usd":null,"source":["own"],"date":"2026-11"})";
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
  CHECK(rows.back().kind == ClaimKind::set_up);
  CHECK(rows.back().low == 30.0);
  CHECK_FALSE(rows.back().fits);
}

TEST_CASE("bad claims are told with place and what was expected") {
  struct Case {
    std::string text, pointer, words;
  };
  const OverlayFolder folder;
  for (const Case& c : {Case{claim("2xrtx3090", "2xrtx3091"), "/rows/0/machines/0", "no device has the id"},
                        Case{claim("qwen3.5-27b", "qwen3.5-28b"), "/rows/0/models/0", "no model has the id"},
                        Case{claim("\"q4_k_m\"", "\"q4\""), "/rows/0/quants/0", "no quant has the id"},
                        Case{claim("\"fits\":null", "\"fits\":true"), "/rows/0/fits", "not both"},
                        Case{claim("\"low\":30,\"high\":40", "\"low\":null,\"high\":null"), "/rows/0/fits",
                             "expected a speed"},
                        Case{claim("\"low\":30", "\"low\":41"), "/rows/0/low", "at most"},
                        Case{claim("\"low\":30", "\"low\":null"), "/rows/0/low", "where there is a high"},
                        Case{claim("set_up", "setup"), "/rows/0/kind", "expected"},
                        Case{claim("[\"2xrtx3090\"]", "[]"), "/rows/0/machines", "expected a machine"},
                        Case{claim("set_up", "faster"), "/rows/0/names", "expected a name"},
                        Case{claim("set_up", "kv_cache"), "/rows/0/context_low", "expected context_low"},
                        Case{claim("set_up", "price"), "/rows/0/price_low_usd", "expected a price"}}) {
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
