#include <algorithm>
#include <array>

#include "catalog/parse.h"
#include "catalog/schemas.h"
#include "catalog/search_key.h"
#include "catalog/validate.h"
#include "catch.h"
#include "overlay_files.h"

using namespace qwenfit;

namespace {

const Catalog& shipped() {
  return Catalog::builtin();
}

/// Rows of one kind, read and checked as the catalog generator does, beside the models and quants they name.
struct ReadRows {
  Arena arena;
  Tables tables;
  Findings findings;

  ReadRows(const std::string& kind, const std::string& rows) {
    const auto& base = shipped().rows();
    tables.models.rows.assign(base.models.begin(), base.models.end());
    tables.models.places.resize(base.models.size());
    tables.quants.rows.assign(base.quants.begin(), base.quants.end());
    tables.quants.places.resize(base.quants.size());
    const auto document = parse_document("x.json", overlay(kind, rows), findings);
    REQUIRE(document);
    if (!validate_schema(*document, embedded_schema, findings)) return;
    parse_rows(*document, "x.json", arena, tables, findings);
    sort_tables(tables);
    validate_keys(tables, findings);
    validate_meaning(tables, Scope::overlay_rows, findings);
  }
};

std::string row(const std::string& fields) {
  return "{" + fields + R"(,"source":["own"],"date":"2026-11"})";
}
std::string parameter(const std::string& id, const std::string& value = "1.5") {
  return row(R"("id":")" + id + R"(","value":)" + value + R"(,"unit":"factor")");
}
std::string offset(const std::string& phase, const std::string& level, const std::string& key) {
  return row(R"("phase":")" + phase + R"(","level":")" + level + R"(","stack":"cuda","key":")" + key +
             R"(","factor":1.04,"rows":9,"clusters":3,"sources":2)");
}
std::string interval(const std::string& level, const std::string& machine) {
  return row(R"("phase":"decode","level":")" + level + R"(","machine":")" + machine +
             R"(","half_width":0.2,"coverage":0.8,"clusters":84)");
}
std::string measured(const std::string& from = "", const std::string& to = "") {
  std::string text = row(
      R"("phase":"decode","stack":"cuda","device":"GA102","count":1,"model":"qwen3.5-27b","quant":"q4_k_m",)"
      R"("rows":4,"sources":2,"low_tok_s":30.5,"high_tok_s":36,"least_depth":0,"most_depth":4096,)"
      R"("factor":0.99,"half_width":0.08,"urls":["https://example.org/a"])");
  if (!from.empty()) text.replace(text.find(from), from.size(), to);
  return text;
}
std::string storage(const std::string& id, const std::string& alias) {
  return row(R"("id":")" + id + R"(","name":"My drive","bytes_per_s":3000000000,"aliases":[")" + alias +
             R"("])");
}
std::string words(const std::string& id, const std::string& least) {
  return row(R"("id":")" + id + R"(","phase":"decode","least_tok_s":)" + least + R"(,"words":"fine")");
}
std::string draft(const std::string& acceptance) {
  return row(R"("id":"poems","acceptance":)" + acceptance + R"(,"draft_tokens":3,"aliases":["verse"])");
}
std::string fast_link(const std::string& rate) {
  return row(R"("id":"my-link","name":"My link","bytes_per_s":)" + rate);
}

struct BadRows {
  std::string kind, rows, pointer, words;
};

}  // namespace

TEST_CASE("devices carry what speed rests on") {
  const DeviceRow* card = shipped().device_by_id("rtx3090");
  REQUIRE(card != nullptr);
  CHECK(card->chip == "GA102");
  CHECK(card->memory_type == "GDDR6X");
  CHECK(card->fp32_tflops > 30);
  CHECK(card->fp16_tensor_tflops > card->fp32_tflops);
  CHECK(card->int8_tops > card->fp16_tensor_tflops);
  CHECK(card->streaming_fraction > 0.5);
  CHECK(card->streaming_fraction <= 1.0);
  CHECK(card->pcie_gen == 4);
  CHECK(card->pcie_lanes == 16);
  CHECK(shipped().device_by_id("h100-sxm-80gb")->nvlink_bytes_per_s == 900'000'000'000U);
  const DeviceRow* cpu = shipped().device_by_id("ryzen-7-7800x3d");
  REQUIRE(cpu != nullptr);
  CHECK(cpu->channels == 2);
  CHECK(cpu->pcie_gen == 0);
  CHECK_FALSE(cpu->nvlink_bytes_per_s);
  CHECK_FALSE(cpu->fp16_tensor_tflops);
}

TEST_CASE("every PCIe link of a device has a rate") {
  const auto links = shipped().rows().links;
  for (const DeviceRow& device : shipped().rows().devices) {
    if (device.pcie_gen == 0) continue;
    const std::string id =
        "pcie-" + std::to_string(device.pcie_gen) + "-x" + std::to_string(device.pcie_lanes);
    INFO(device.id << " " << id);
    CHECK(std::any_of(links.begin(), links.end(), [&](const LinkRow& link) { return link.id == id; }));
  }
}

TEST_CASE("more lanes and newer generations are faster") {
  const auto rate = [](const std::string& id) {
    for (const LinkRow& link : shipped().rows().links) {
      if (link.id == id) return link.bytes_per_s;
    }
    return Bytes{0};
  };
  for (const int gen : {1, 2, 3, 4, 5}) {
    const std::string pcie = "pcie-" + std::to_string(gen) + "-x";
    const double whole = static_cast<double>(rate(pcie + "16"));
    CHECK(static_cast<double>(rate(pcie + "8")) == Approx(whole / 2).epsilon(0.01));
    CHECK(static_cast<double>(rate(pcie + "4")) == Approx(whole / 4).epsilon(0.01));
    if (gen > 1) CHECK(rate(pcie + "16") > rate("pcie-" + std::to_string(gen - 1) + "-x16"));
  }
}

TEST_CASE("every speed has words, every kind of text a draft, and no storage beats the page cache") {
  const CatalogRows& rows = shipped().rows();
  REQUIRE_FALSE(rows.speed_words.empty());
  CHECK(rows.speed_words.front().least_tok_s == 0);
  for (std::size_t i = 1; i < rows.speed_words.size(); ++i) {
    CHECK(rows.speed_words[i - 1].least_tok_s < rows.speed_words[i].least_tok_s);
  }
  const auto acceptance = [&](std::string_view id) {
    for (const DraftRow& draft : rows.drafts) {
      if (draft.id == id) return draft.acceptance;
    }
    return 0.0;
  };
  CHECK(acceptance("prose") > 0);
  CHECK(acceptance("prose") < acceptance("mixed"));
  CHECK(acceptance("mixed") < acceptance("code"));
  REQUIRE_FALSE(rows.storages.empty());
  const auto cache = std::find_if(rows.storages.begin(), rows.storages.end(),
                                  [](const StorageRow& row) { return row.id == "page-cache"; });
  REQUIRE(cache != rows.storages.end());
  for (const StorageRow& row : rows.storages) CHECK(row.bytes_per_s <= cache->bytes_per_s);
}

TEST_CASE("every compiled-in calibration row is found by its key") {
  const CatalogRows& rows = shipped().rows();
  for (const SpeedParameterRow& r : rows.speed_parameters) CHECK(shipped().speed_parameter(r.id) == &r);
  for (const SpeedOffsetRow& r : rows.speed_offsets)
    CHECK(shipped().speed_offset(r.phase, r.level, r.stack, r.key) == &r);
  for (const SpeedIntervalRow& r : rows.speed_intervals)
    CHECK(shipped().speed_interval(r.phase, r.level, r.machine) == &r);
  for (const MeasuredSpeedRow& r : rows.measured_speeds)
    CHECK(shipped().measured(r.phase, r.stack, r.device, r.count, r.model, r.quant) == &r);
}

TEST_CASE("keys that no calibration row has find nothing") {
  CHECK(shipped().speed_parameter("no such term|cuda") == nullptr);
  CHECK(shipped().speed_parameter("") == nullptr);
  CHECK(shipped().speed_offset(SpeedPhase::decode, SpeedBasis::device, "cuda", "no such chip") == nullptr);
  CHECK(shipped().speed_interval(SpeedPhase::decode, SpeedBasis::count, MachineKind::gpu) == nullptr);
  CHECK(shipped().measured(SpeedPhase::decode, "cuda", "no such chip", 1, "qwen3.5-27b", "q4_k_m") ==
        nullptr);
}

TEST_CASE("calibration rows are looked up whatever the order in their file") {
  const ReadRows parameters(
      "speed_parameters",
      parameter("weights|rocm") + "," + parameter("kv|cuda", "0.55") + "," + parameter("weights|cuda"));
  REQUIRE(parameters.findings.empty());
  const std::span<const SpeedParameterRow> by_id = parameters.tables.speed_parameters.rows;
  const auto value = [&](std::string_view id) {
    const auto* found = row_with_key(by_id, std::make_tuple(id));
    return found != nullptr ? found->value : 0;
  };
  CHECK(value("kv|cuda") == 0.55);
  CHECK(value("weights|cuda") == 1.5);
  CHECK(value("weights|rocm") == 1.5);
  CHECK(value("weights|sycl") == 0);
  CHECK(value("weights") == 0);

  const ReadRows speeds("measured_speeds", measured() + "," + measured("\"decode\"", "\"prefill\"") + "," +
                                               measured("\"count\":1", "\"count\":12") + "," +
                                               measured("\"count\":1", "\"count\":2"));
  REQUIRE(speeds.findings.empty());
  const std::span<const MeasuredSpeedRow> by_key = speeds.tables.measured_speeds.rows;
  const auto count_of = [&](SpeedPhase phase, std::uint32_t count) {
    const auto* found = row_with_key(
        by_key, std::make_tuple(phase, std::string_view("cuda"), std::string_view("GA102"), count,
                                std::string_view("qwen3.5-27b"), std::string_view("q4_k_m")));
    return found != nullptr ? found->count : 0;
  };
  for (const std::uint32_t count : {1U, 2U, 12U}) CHECK(count_of(SpeedPhase::decode, count) == count);
  CHECK(count_of(SpeedPhase::prefill, 1) == 1);
  CHECK(count_of(SpeedPhase::prefill, 2) == 0);
  CHECK(by_key.front().urls.size() == 1);
  CHECK(by_key.front().most_depth == 4096);
}

TEST_CASE("calibration files may be without rows, other speed files not") {
  for (const char* kind : {"speed_parameters", "speed_offsets", "speed_intervals", "measured_speeds"}) {
    INFO(kind);
    CHECK(ReadRows(kind, "").findings.empty());
  }
  for (const char* kind : {"links", "storages", "speed_words", "drafts"}) {
    INFO(kind);
    CHECK_FALSE(ReadRows(kind, "").findings.empty());
  }
}

TEST_CASE("bad speed rows are told with place and what was expected") {
  const std::vector<BadRows> bad = {
      {"speed_parameters", parameter("Weights"), "/rows/0/id", "expected text that matches"},
      {"speed_parameters", parameter("a", "0"), "/rows/0/value", "greater than 0"},
      {"speed_parameters", parameter("a", "\"1\""), "/rows/0/value", "expected a number"},
      {"speed_parameters", parameter("a") + "," + parameter("a"), "/rows/1", "\"a\" is here twice"},
      {"speed_offsets", offset("decoding", "device", "GA102"), "/rows/0/phase", "decode or prefill"},
      {"speed_offsets", offset("decode", "ceiling", "GA102"), "/rows/0/level",
       "device, architecture or backend"},
      {"speed_offsets", offset("decode", "device", ""), "/rows/0/key", "not empty"},
      {"speed_offsets", offset("decode", "device", "A") + "," + offset("decode", "device", "A"), "/rows/1",
       "\"decode, device, cuda, A\" is here twice"},
      {"speed_intervals", interval("family", "gpu"), "/rows/0/level", "measured, device, architecture"},
      {"speed_intervals", interval("device", "cpu"), "/rows/0/machine", "gpu, multi or host"},
      {"speed_intervals", interval("device", "gpu") + "," + interval("device", "gpu"), "/rows/1",
       "here twice"},
      {"measured_speeds", measured("qwen3.5-27b", "qwen3.5-28b"), "/rows/0/model",
       "the nearest is \"qwen3.5-27b\""},
      {"measured_speeds", measured("q4_k_m", "q4_k_n"), "/rows/0/quant", "no quant has the id"},
      {"measured_speeds", measured("30.5", "40"), "/rows/0/low_tok_s", "at most high_tok_s"},
      {"measured_speeds", measured("\"least_depth\":0", "\"least_depth\":5000"), "/rows/0/least_depth",
       "at most most_depth"},
      {"measured_speeds", measured("\"sources\":2", "\"sources\":5"), "/rows/0/sources", "number of rows"},
      {"measured_speeds", measured("\"factor\":0.99,", ""), "/rows/0", "expected key \"factor\""},
      {"measured_speeds", measured("\"urls\"", "\"url\""), "/rows/0/url", "nearest known one is \"urls\""},
      {"measured_speeds", measured() + "," + measured(), "/rows/1",
       "1 x GA102, qwen3.5-27b, q4_k_m\" is here"},
      {"links", fast_link("0"), "/rows/0/bytes_per_s", "expected a whole number"},
      {"links", fast_link("1") + "," + fast_link("2"), "/rows/0/bytes_per_s", "from 1000000"},
      {"storages", storage("a", "b") + "," + storage("b", "c"), "/rows/1",
       "the name \"b\" of \"b\" already belongs to \"a\""},
      {"storages", storage("none", "b"), "/rows/0/id", "means something else on the command line"},
      {"speed_words", words("a", "-1"), "/rows/0/least_tok_s", "expected a number from 0"},
      {"speed_words", words("a", "3") + "," + words("b", "3"), "/rows/1/least_tok_s", "\"a\" has this one"},
      {"drafts", draft("1.5"), "/rows/0/acceptance", "from 0 to 1"},
  };
  for (const BadRows& one : bad) {
    INFO(one.kind << " " << one.rows);
    const ReadRows read(one.kind, one.rows);
    REQUIRE_FALSE(read.findings.empty());
    CHECK(read.findings.front().pointer == one.pointer);
    INFO(read.findings.front().text);
    CHECK(read.findings.front().text.find(one.words) != std::string::npos);
  }
}

TEST_CASE("calibration cannot be overlaid") {
  const OverlayFolder folder;
  const std::array<std::string, 4> good = {
      overlay("speed_parameters", parameter("weights|cuda")),
      overlay("speed_offsets", offset("decode", "device", "GA102")),
      overlay("speed_intervals", interval("device", "gpu")),
      overlay("measured_speeds", measured()),
  };
  for (const std::string& text : good) {
    INFO(text);
    const std::string file = folder.write("a.json", text);
    const auto errors = check_overlay(file);
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().where == file + ":/schema");
    CHECK(errors.front().message.find("--measured FILE") != std::string::npos);
    CHECK_FALSE(Catalog::with_overlays({file}));
  }
  const auto unknown = check_overlay(folder.write("b.json", overlay("nonsense", "")));
  REQUIRE(unknown.size() == 1);
  CHECK(unknown.front().message.find(", links, ") != std::string::npos);
  CHECK(unknown.front().message.find("measured_speeds") == std::string::npos);
}

TEST_CASE("links, storages, words and drafts can be overlaid") {
  const OverlayFolder folder;
  const std::string links = folder.write("a.json", overlay("links", fast_link("9000000000")));
  folder.write("b.json", overlay("storages", storage("hdd", "old disk") + "," + storage("raid", "my raid")));
  folder.write("c.json", overlay("speed_words", words("quick", "27")));
  folder.write("d.json", overlay("drafts", draft("0.4")));
  const auto catalog_with = Catalog::with_overlays({folder.path()});
  REQUIRE(catalog_with);
  const CatalogRows& rows = catalog_with->rows();
  const CatalogRows& before = shipped().rows();
  REQUIRE(rows.links.size() == before.links.size() + 1);
  CHECK(rows.links.back().bytes_per_s == 9000000000U);
  CHECK(rows.links.back().origin == links);
  CHECK(rows.storages.size() == before.storages.size() + 1);
  CHECK(rows.drafts.back().acceptance == 0.4);
  REQUIRE(rows.speed_words.size() == before.speed_words.size() + 1);
  CHECK(std::is_sorted(rows.speed_words.begin(), rows.speed_words.end(),
                       [](const auto& a, const auto& b) { return a.least_tok_s < b.least_tok_s; }));
  CHECK(rows.speed_parameters.size() == before.speed_parameters.size());
  CHECK(rows.measured_speeds.size() == before.measured_speeds.size());
}

TEST_CASE("an overlay may not take the alias of a storage or draft, nor a threshold") {
  const OverlayFolder folder;
  const auto first = [&](const std::string& kind, const std::string& rows) {
    const auto errors = check_overlay(folder.write("a.json", overlay(kind, rows)));
    REQUIRE(errors.size() == 1);
    return errors.front().message;
  };
  CHECK(first("storages", storage("raid", "sata")).find("already belongs to \"sata-ssd\"") !=
        std::string::npos);
  CHECK(first("storages", storage("hdd", "nvme")).find("of \"hdd\" already belongs to") != std::string::npos);
  CHECK(first("speed_words", words("zero", "0")).find("/rows/0/least_tok_s") != std::string::npos);
}
