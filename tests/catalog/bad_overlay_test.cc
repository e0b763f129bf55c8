#include <sys/stat.h>

#include <algorithm>

#include "catch.h"
#include "overlay_files.h"
#include "qwenfit/catalog.h"

using namespace qwenfit;

namespace {

struct BadDocument {
  std::string text;
  std::string pointer;  ///< where the first finding must point; empty for the file as a whole
  std::string words;    ///< part of its message
};

/// A good device row with one field replaced: `from` becomes `to`.
std::string device(const std::string& from = "", const std::string& to = "") {
  std::string row =
      R"({"id":"my-card","name":"My Card","class":"gpu","vendor":"NVIDIA","unified":false,"capacity_bytes":21474836480,)"
      R"("bandwidth_bytes_per_s":900000000000,"default_backend":"cuda","aliases":["my fine card"],"source":["own"],"date":"2026-11"})";
  if (!from.empty()) row.replace(row.find(from), from.size(), to);
  return row;
}
std::string devices(const std::string& from, const std::string& to) {
  return overlay("devices", device(from, to));
}

std::string build(const std::string& from, const std::string& to) {
  std::string row =
      R"({"model":"qwen3.5-27b","quant":"q4_k_m","publisher":"me","repo":"me/mine","file":"a.gguf","bytes":17000000000,)"
      R"("shown_gb":null,"has_mtp_block":false,"bundles_vision":false,"source":["own"],"date":"2026-11-02"})";
  if (!from.empty()) row.replace(row.find(from), from.size(), to);
  return overlay("builds", row);
}

/// A compiled-in row with one piece of its text replaced.
std::string changed(std::string_view row_json, const std::string& from, const std::string& to) {
  std::string row(row_json);
  row.replace(row.find(from), from.size(), to);
  return row;
}
std::string model(const std::string& from, const std::string& to) {
  return overlay("models", changed(Catalog::builtin().model_by_id("qwen3.5-27b")->json, from, to));
}
std::string quant(const std::string& from, const std::string& to) {
  return overlay("quants", changed(Catalog::builtin().quant_by_id("q4_k_m")->json, from, to));
}

std::vector<BadDocument> bad_documents() {
  const std::string capacity = "\"capacity_bytes\":21474836480";
  return {
      // not JSON, or JSON that must not reach a recursive reader
      {"", "1:1", "expected valid JSON, the text ends too early: it is empty"},
      {"{\"schema\":\n", "1:11", "ends too early"},
      {"{\"schema\":1,\n\"rows\":[}\n", "2:9", "expected valid JSON"},
      {"{} trailing", "1:4", "expected valid JSON"},
      {overlay("devices", device()) + std::string("\0{", 2), "1:", "without NUL bytes"},
      {std::string(100000, '['), "/0/0", "nested at most"},
      {overlay("devices", std::string(100000, '[')), "/rows/0", "nested at most"},
      {"\xff\xfe{}", "1:1", "expected UTF-8 text"},
      {devices("My Card", "My \xc3 Card"), "1:", "UTF-8"},
      {devices("My Card", "My \\u001b[31m Card"), "/rows/0/name", "without control characters"},
      {devices("My Card", std::string(5000, 'x')), "/rows/0/name", "at most 4096 bytes"},
      {devices(capacity, "\"capacity_bytes\":NaN"), "1:", "expected valid JSON"},
      {devices(capacity, "\"capacity_bytes\":1e999"), "/rows/0/capacity_bytes", "fits in 64 bits"},
      {devices(capacity, "\"capacity_bytes\":18446744073709551616"), "/rows/0/capacity_bytes",
       "fits in 64 bits"},
      {devices(capacity, capacity + "," + capacity), "/rows/0/capacity_bytes",
       "\"capacity_bytes\" is here twice"},
      {R"({"schema":"qwenfit.data.devices/1","schema":"qwenfit.data.devices/1","rows":[]})", "/schema",
       "here twice"},
      // the document
      {"[]", "", "expected an object with the keys"},
      {"{}", "/schema", "expected \"qwenfit.data.KIND/1\", the kind being one of models, quants, "},
      {R"({"schema":"qwenfit.data.zzzzzzzzz/1","rows":[]})", "/schema", "one of models, quants, "},
      {R"({"schema":"qwenfit.data.gpus/1","rows":[]})", "/schema",
       "expected \"qwenfit.data.devices/1\", found \"qwenfit.data.gpus/1\""},
      {R"({"schema":"qwenfit.data.devics/1","rows":[]})", "/schema",
       "expected \"qwenfit.data.devices/1\", found"},
      {R"({"schema":"qwenfit.data.devices/2","rows":[]})", "/schema", "expected \"qwenfit.data.devices/1\""},
      {R"({"schema":"qwenfit.data.tensor_types/1","rows":[]})", "/schema", "part of the program"},
      {R"({"schema":"qwenfit.data.advice/1","rows":[]})", "/schema", "part of the program"},
      {R"({"schema":"qwenfit.data.devices/1"})", "", "expected key \"rows\""},
      {R"({"schema":"qwenfit.data.devices/1","rows":{}})", "/rows", "expected a list"},
      {R"({"schema":"qwenfit.data.devices/1","rows":[],"comment":""})", "/comment",
       "unknown key \"comment\""},
      {overlay("devices", "7"), "/rows/0", "expected an object, found 7"},
      {overlay("builds", "7"), "/rows/0", "expected an object, found 7"},
      // fields
      {devices("\"capacity_bytes\"", "\"capacity_byte\""), "/rows/0/capacity_byte",
       "nearest known one is \"capacity_bytes\""},
      {devices("\"id\":\"my-card\",", ""), "/rows/0", "expected key \"id\""},
      {devices("my-card", "My Card!"), "/rows/0/id", "lower-case letters, digits"},
      {devices(capacity, "\"capacity_bytes\":\"20GB\""), "/rows/0/capacity_bytes",
       "expected a whole number from 1 to"},
      {devices(capacity, "\"capacity_bytes\":-5"), "/rows/0/capacity_bytes", "found -5"},
      {devices(capacity, "\"capacity_bytes\":0.5"), "/rows/0/capacity_bytes", "expected a whole number"},
      {devices(capacity, "\"capacity_bytes\":9000000000000000000"), "/rows/0/capacity_bytes",
       "expected a whole number from 1"},
      {devices(capacity, "\"capacity_bytes\":null"), "/rows/0/capacity_bytes", "for a GPU or Mac"},
      {devices("\"gpu\"", "\"card\""), "/rows/0/class", "expected one of gpu, mac, apu or cpu"},
      {devices("\"unified\":false", "\"unified\":\"no\""), "/rows/0/unified", "expected true or false"},
      {devices("[\"own\"]", "[]"), "/rows/0/source", "at least 1"},
      {devices("[\"own\"]", "\"own\""), "/rows/0/source", "expected a list"},
      {devices("2026-11", "last May"), "/rows/0/date", "expected a date of the calendar, as YYYY-MM-DD"},
      {devices("\"my fine card\"", "\"a\",\"a\""), "/rows/0/aliases", "each different"},
      {devices("\"my fine card\"", "7"), "/rows/0/aliases/0", "found 7"},
      // meaning
      {overlay("devices", device() + "," + device()), "/rows/1", "\"my-card\" is here twice"},
      {devices("my fine card", "rtx 3090"), "/rows/0",
       "\"rtx3090\" of \"my-card\" already belongs to \"rtx3090\""},
      {devices("my fine card", "rtx 3060"), "/rows/0", "already belongs to an ambiguous name"},
      {devices("my fine card", "rtx 4070 24gb"), "/rows/0", "never existed"},
      {devices("my-card", "rtx-3090"), "/rows/0", "already belongs to"},
      {devices("my-card", "none"), "/rows/0/id", "\"none\" means something else on the command line"},
      {devices("my fine card", "custom"), "/rows/0/aliases/0", "\"custom\" means something else"},
      {devices("my fine card", "2x my card"), "/rows/0/aliases/0", "means something else"},
      {devices("my-card", "12-xcard"), "/rows/0/id", "means something else"},
      {devices("\"NVIDIA\"", "\"AMD\""), "/rows/0/default_backend",
       "expected cuda for the vendor NVIDIA only"},
      {devices("\"cuda\"", "\"metal\""), "/rows/0/default_backend", "expected metal for the class mac only"},
      {devices("\"gpu\"", "\"mac\""), "/rows/0/vendor", "expected Apple for a Mac"},
      {model("\"id\":\"qwen3.5-27b\"", "\"id\":\"all\""), "/rows/0/id", "\"all\" means something else"},
      {model("\"kv_heads\":4", "\"kv_heads\":5"), "/rows/0/architecture/heads", "multiple of kv_heads"},
      {quant("\"aliases\":[", "\"aliases\":[\"max\","), "/rows/0/aliases/0", "\"max\" means something else"},
      {build("qwen3.5-27b", "qwen3.5-28b"), "/rows/0/model", "the nearest is \"qwen3.5-27b\""},
      {build("q4_k_m", "q4_k_n"), "/rows/0/quant", "the nearest is \"q4_k_"},
      {overlay("ambiguous",
               R"({"name":"x","choices":["rtx3090","rtx3091"],"source":["own"],"date":"2026-11"})"),
       "/rows/0/choices/1", "no device has the id \"rtx3091\", the nearest is \"rtx3090\""},
      {overlay(
           "never_existed",
           R"({"name":"x","aliases":[],"why":"none made","nearest":["q"],"source":["own"],"date":"2026-11"})"),
       "/rows/0/nearest/0", "no device has the id \"q\""},
  };
}

bool one_clean_line(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

TEST_CASE("a bad overlay is refused with file, place and what was expected") {
  const OverlayFolder folder;
  CHECK(bad_documents().size() >= 25);
  for (const BadDocument& bad : bad_documents()) {
    const std::string file = folder.write("bad.json", bad.text);
    INFO(bad.text.substr(0, 300) << "\nexpected at " << bad.pointer << ": " << bad.words);
    const auto errors = check_overlay(file);
    REQUIRE_FALSE(errors.empty());
    INFO("first finding: " << errors.front().message);
    CHECK(errors.front().code == ErrorCode::bad_file);
    CHECK(errors.front().where.starts_with(file.substr(0, 150)));
    if (bad.pointer.empty()) {
      CHECK(errors.front().where == file);
    } else {
      CHECK(errors.front().where.starts_with(file + ":" + bad.pointer));
    }
    CHECK(errors.front().message.find(bad.words) != std::string::npos);
    for (const Error& error : errors) {
      CHECK(one_clean_line(error.message));
      CHECK(error.message.size() < 2000);
    }
    const auto catalog = Catalog::with_overlays({file});
    REQUIRE_FALSE(catalog);
    CHECK(catalog.error().code == ErrorCode::bad_file);
  }
}

TEST_CASE("names that only look like reserved ones are taken") {
  const OverlayFolder folder;
  for (const char* alias : {"7900x my card", "max q card", "123x card", "2 cards"}) {
    INFO(alias);
    CHECK(check_overlay(folder.write("good.json", devices("my fine card", alias))).empty());
  }
}

TEST_CASE("every fault of a file is found, not only the first") {
  const OverlayFolder folder;
  std::string first = device("\"gpu\"", "\"card\"");
  std::string second = device("\"unified\":false", "\"unified\":1,\"speed\":2");
  const auto errors = check_overlay(folder.write("bad.json", overlay("devices", first + "," + second)));
  REQUIRE(errors.size() == 3);
  CHECK(errors[0].where.ends_with("/rows/0/class"));
  CHECK(errors[1].where.ends_with("/rows/1/speed"));
  CHECK(errors[2].where.ends_with("/rows/1/unified"));
}

TEST_CASE("one bad file among good ones stops all of them") {
  const OverlayFolder folder;
  folder.write("a.json", overlay("devices", device()));
  folder.write("b.json", "{");
  const auto catalog = Catalog::with_overlays({folder.path()});
  REQUIRE_FALSE(catalog);
  CHECK(catalog.error().message.find("b.json") != std::string::npos);
  CHECK_FALSE(Catalog::builtin().gpu("my-card"));
}

TEST_CASE("paths that are no readable file are refused") {
  const OverlayFolder folder;
  const auto words = [](const std::string& path) {
    const auto errors = check_overlay(path);
    REQUIRE(errors.size() == 1);
    return errors.front().message;
  };
  CHECK(words(folder.path("none.json")).find("no such file") != std::string::npos);
  CHECK(words("").find("no such file") != std::string::npos);
  CHECK(words("/dev/null").find("not a pipe or device") != std::string::npos);
  CHECK(words("/dev/zero").find("not a pipe or device") != std::string::npos);
  const std::string pipe = folder.path("pipe.json");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(words(pipe).find("not a pipe or device") != std::string::npos);
  std::filesystem::remove(pipe);
  std::filesystem::create_directory(folder.path("sub.json"));
  CHECK(words(folder.path()).find("expected a file *.json") != std::string::npos);
  const std::string large = folder.write("large.json", "{}");
  std::filesystem::resize_file(large, (16U << 20U) + 1);
  CHECK(words(large).find("at most 16 MiB") != std::string::npos);
  const std::string locked = folder.write("locked.json", "{}");
  std::filesystem::permissions(locked, std::filesystem::perms::none);
  if (geteuid() != 0) CHECK(words(locked).find("permission") != std::string::npos);
  CHECK(words(folder.path("a\x1b[2J\xff.json")).find('\x1b') == std::string::npos);
}

TEST_CASE("large hostile files are refused quickly") {
  const OverlayFolder folder;
  std::string list = "\"a\"";
  for (int i = 0; i < 200000; ++i) list += ",\"a\"";
  CHECK_FALSE(
      check_overlay(folder.write("a.json", overlay("devices", device("\"my fine card\"", list)))).empty());
  std::string rows = "1";
  for (int i = 0; i < 100000; ++i) rows += ",1";
  CHECK_FALSE(check_overlay(folder.write("b.json", overlay("devices", rows))).empty());
  std::string keys = "\"k\":1";
  for (int i = 0; i < 200000; ++i) keys += ",\"k" + std::to_string(i) + "\":1";
  CHECK_FALSE(check_overlay(folder.write("c.json", overlay("devices", "{" + keys + "}"))).empty());
  CHECK_FALSE(check_overlay(folder.write("d.json", std::string(15U << 20U, '['))).empty());
}
