#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "catch.h"
#include "overlay_files.h"

using namespace qwenfit;

using json = nlohmann::json;

namespace {

json row_of(std::string_view text) {
  return json::parse(text);
}
json model_row() {
  return row_of(Catalog::builtin().model_by_id("qwen3.5-27b")->json);
}
json device_row() {
  return row_of(Catalog::builtin().device_by_id("rtx3090")->json);
}
json build_row(const char* model = "qwen3.5-27b") {
  return row_of(Catalog::builtin().builds_of(model, "q4_k_m").front()->json);
}

/// Messages of the file with this one row, each with its place.
std::string said(const std::string& kind, const json& row) {
  const OverlayFolder folder;
  std::string all;
  for (const Error& error : check_overlay(folder.write("a.json", overlay(kind, row.dump()))))
    all += error.message.substr(folder.path().size()) + "\n";
  return all;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("rows of the catalog are plausible as they are") {
  CHECK(said("models", model_row()).empty());
  CHECK(said("devices", device_row()).empty());
  CHECK(said("builds", build_row()).empty());
}

TEST_CASE("parameters must come out of the architecture") {
  json row = model_row();
  row["params"]["total"] = 5;
  CHECK(has(said("models", row), "/rows/0/params/total: expected about 26895998464"));
  row = model_row();
  row["params"]["text"] = 2690000000;
  CHECK(has(said("models", row), "/rows/0/params/text: expected about"));
  row = model_row();
  row["params"]["active"] = 3;
  CHECK(has(said("models", row), "/rows/0/params/active: expected"));
  row = model_row();
  row["architecture"]["vocab"] = 1;
  CHECK(has(said("models", row), "/rows/0/architecture/vocab: expected at least 256 words"));
  row = model_row();
  row["architecture"]["embedding"] = row["architecture"]["embedding"].get<int>() * 2;
  CHECK(has(said("models", row), "/rows/0/params/total"));
}

TEST_CASE("a file's bytes must be near those of its model and quant") {
  json row = build_row();
  row["bytes"] = 5;
  CHECK(has(said("builds", row), "/rows/0/bytes: expected 6.7 to 34 GB for 27 billion parameters at 4 bits"));
  CHECK(has(said("builds", row), "found 5; look whether it is the file"));
  row["bytes"] = 16;
  CHECK(has(said("builds", row), "found 16; in bytes, 16 GB is 16000000000"));
  row["bytes"] = 167408127040;
  CHECK(has(said("builds", row), "/rows/0/bytes: expected 6.7 to 34 GB"));
  CHECK(has(said("builds", row), "found 167408127040; look whether it is the file of this model"));
  row = build_row();
  row["model"] = "qwen3.5-4b";
  CHECK(has(said("builds", row), "for 4.2 billion parameters"));
  row = build_row();
  row["bytes"] = nullptr;
  row["shown_gb"] = 167.4;
  CHECK(has(said("builds", row), "/rows/0/shown_gb: expected"));
}

TEST_CASE("no published file could be ten times larger or smaller") {
  const auto builds = Catalog::builtin().rows().builds;
  for (const bool larger : {true, false}) {
    std::string rows;
    std::size_t count = 0;
    for (const BuildRow& build : builds) {
      json row = row_of(build.json);
      const char* key = build.bytes ? "bytes" : "shown_gb";
      row[key] = build.bytes ? json(larger ? *build.bytes * 10 : *build.bytes / 10)
                             : json(larger ? *build.shown_gb * 10 : *build.shown_gb / 10);
      rows += (rows.empty() ? "" : ",") + row.dump();
      ++count;
    }
    const OverlayFolder folder;
    CHECK(check_overlay(folder.write("a.json", overlay("builds", rows))).size() == count);
  }
}

TEST_CASE("exactly one size of a file is given") {
  json row = build_row();
  row["shown_gb"] = 16.7;
  CHECK(has(said("builds", row), "exactly one of bytes and shown_gb, the other null; here both are given"));
  row["bytes"] = nullptr;
  row["shown_gb"] = nullptr;
  CHECK(has(said("builds", row), "exactly one of bytes and shown_gb, the other null; here neither is"));
}

TEST_CASE("gigabytes where bytes belong are told with the number in full") {
  json row = device_row();
  row["capacity_bytes"] = 32;
  CHECK(has(said("devices", row),
            "/rows/0/capacity_bytes: expected 256 MiB to 16 TiB, in bytes: "
            "32 GiB is 34359738368; found 32"));
  row["capacity_bytes"] = 34359738368000;
  CHECK(has(said("devices", row), "24 GiB is 25769803776; found 34359738368000"));
  row["capacity_bytes"] = 24576;
  CHECK(has(said("devices", row), "24576 MiB is 25769803776; found 24576"));
}

TEST_CASE("no number is suggested that would be refused") {
  for (const std::uint64_t typed :
       {1ULL, 200ULL, 1023ULL, 1024ULL, 24576ULL, 100'000ULL, 16'777'216ULL, 16'777'217ULL, 200'000'000ULL}) {
    json row = device_row();
    row["capacity_bytes"] = typed;
    const std::string fault = said("devices", row);
    INFO(fault);
    const auto from = fault.find("iB is ");
    REQUIRE(from != std::string::npos);
    row["capacity_bytes"] = std::stoull(fault.substr(from + 6));
    CHECK(said("devices", row).empty());
  }
}

TEST_CASE("files of few bits may be well above them, and small figures are not rounded away") {
  json row = build_row("qwen3.5-397b-a17b");
  row["quant"] = "iq1_m";
  row["bytes"] = 107'000'000'000;
  CHECK(said("builds", row).empty());
  row["bytes"] = 190'000'000'000;
  CHECK(has(said("builds", row), "at 1 bits"));
  row["bytes"] = nullptr;
  row["shown_gb"] = 0.001;
  CHECK(has(said("builds", row), "found 0.001;"));
}

TEST_CASE("dates are days of the calendar") {
  for (const auto& [date, words] : std::array<std::pair<const char*, const char*>, 4>{
           {{"2026-02-30", "expected a day from 01 to 28 in 2026-02, found \"2026-02-30\""},
            {"2024-02-29", ""},
            {"2026-04-31", "expected a day from 01 to 30 in 2026-04"},
            {"2026-02", ""}}}) {
    json row = device_row();
    row["date"] = date;
    INFO(date);
    const std::string found = said("devices", row);
    CHECK(found.empty() == (*words == '\0'));
    CHECK(has(found, words));
  }
  json row = device_row();
  row["prices"][0]["date"] = "2026-02-30";
  CHECK(has(said("devices", row), "/rows/0/prices/0/date: expected a day"));
}
