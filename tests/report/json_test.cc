#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catch.h"
#include "report/fixture.h"
#include "report/json_writer.h"
#include "support/schema_check.h"

using namespace qwenfit;
using nlohmann::ordered_json;

namespace {

std::string pretty(const Case& c) {
  std::ostringstream out;
  print_json(out, c.question, c.answers, sample_info());
  return out.str();
}

std::string line(const Case& c, const nlohmann::json* id = nullptr) {
  std::ostringstream out;
  print_json_line(out, c.question, c.answers, sample_info(), id);
  return out.str();
}

std::vector<std::string> keys(const ordered_json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

}  // namespace

TEST_CASE("every document is valid by its schema") {
  for (const auto& [name, c] : all_cases()) {
    INFO(name);
    CHECK(schema_faults("qwenfit.fit", pretty(c)) == "");
    CHECK(schema_faults("qwenfit.fit", line(c)) == "");
    CHECK(ordered_json::parse(pretty(c)) == ordered_json::parse(line(c)));
  }
}

TEST_CASE("the schema refuses what the contract does not have") {
  ordered_json document = ordered_json::parse(line(single_gpu()));
  document["results"][0]["memory"]["devices"][0]["terms"]["cache"] = 1;
  CHECK(schema_faults("qwenfit.fit", document.dump()) != "");
  document = ordered_json::parse(line(single_gpu()));
  document["results"][0]["speed"].erase("ttft_s");
  CHECK(schema_faults("qwenfit.fit", document.dump()) != "");
  document = ordered_json::parse(line(single_gpu()));
  document["results"][0]["verdict"] = "maybe";
  CHECK(schema_faults("qwenfit.fit", document.dump()) != "");
}

TEST_CASE("keys come in the order of the contract") {
  const ordered_json document = ordered_json::parse(line(single_gpu()));
  CHECK(keys(document) ==
        std::vector<std::string>{"schema", "version", "catalog", "status", "results", "advice"});
  const ordered_json& result = document["results"][3];
  CHECK(keys(result) == std::vector<std::string>{"model", "quant", "machine", "settings", "verdict", "memory",
                                                 "placement", "max_context", "speed", "quality", "launch",
                                                 "notes"});
  CHECK(keys(result["memory"]["devices"][0]) ==
        std::vector<std::string>{"device", "index", "kind", "capacity_bytes", "reported_bytes",
                                 "usable_bytes", "terms", "total_bytes", "free_bytes"});
  CHECK(keys(result["speed"]["decode"]) ==
        std::vector<std::string>{"tok_s", "low", "high", "coverage", "basis", "ceiling_tok_s"});
}

TEST_CASE("numbers are exact and terms sum to the total") {
  for (const auto& [name, c] : all_cases()) {
    const ordered_json document = ordered_json::parse(line(c));
    for (std::size_t i = 0; i < c.answers.size(); ++i) {
      const auto& rows = c.answers[i].estimate.devices;
      const ordered_json& devices = document["results"][i]["memory"]["devices"];
      REQUIRE(devices.size() == rows.size());
      for (std::size_t d = 0; d < rows.size(); ++d) {
        CHECK(devices[d]["total_bytes"].get<Bytes>() == rows[d].total());
        if (name == "hostile") continue;
        Bytes sum = 0;
        for (const auto& term : devices[d]["terms"]) sum += term.is_null() ? 0 : term.get<Bytes>();
        CHECK(sum == rows[d].total());
        if (devices[d]["free_bytes"].is_null()) continue;
        CHECK(devices[d]["free_bytes"].get<SignedBytes>() ==
              devices[d]["usable_bytes"].get<SignedBytes>() - devices[d]["total_bytes"].get<SignedBytes>());
      }
    }
  }
}

TEST_CASE("the host is always the last device") {
  for (const auto& [name, c] : all_cases()) {
    const ordered_json document = ordered_json::parse(line(c));
    for (const auto& result : document["results"]) {
      const auto& host = result["memory"]["devices"].back();
      CHECK(host["device"] == "host");
      CHECK(host["kind"] == "host");
      CHECK(host["index"].is_null());
    }
  }
  const auto document = ordered_json::parse(line(single_gpu()));
  CHECK(document["results"][0]["memory"]["devices"][1]["capacity_bytes"].is_null());
}

TEST_CASE("equal devices are grouped") {
  const auto document = ordered_json::parse(line(offload()));
  CHECK(document["results"][0]["machine"]["devices"] ==
        ordered_json::parse(R"([{"id":"rtx3090","count":2},{"id":"rtx3060-12gb","count":1}])"));
  CHECK(document["results"][0]["memory"]["devices"].size() == 4);
}

TEST_CASE("of a size never released only the weights are known") {
  const auto document = ordered_json::parse(line(guide_only()));
  const auto& result = document["results"][0];
  CHECK(result["model"]["status"] == "guide_only");
  CHECK(result["memory"]["devices"][0]["terms"]["weights"].is_number());
  CHECK(result["memory"]["devices"][0]["terms"]["kv_cache"].is_null());
  CHECK(result["memory"]["devices"][0]["total_bytes"].is_number());
  CHECK(result["max_context"]["tokens"].is_null());
  CHECK(result["placement"]["gpu_layers"].is_null());
  CHECK(result["notes"][0]["code"] == "guide_only");
}

TEST_CASE("status says whether anything fits") {
  CHECK(ordered_json::parse(line(single_gpu()))["status"] == "fits");
  CHECK(ordered_json::parse(line(no_fit()))["status"] == "no_fit");
}

TEST_CASE("a line is one line and echoes its id") {
  const nlohmann::json text = "a\n\"b\"";
  const nlohmann::json number = 7;
  const nlohmann::json null;
  for (const nlohmann::json* id : {&text, &number, &null}) {
    const std::string document = line(hostile(), id);
    CHECK(document.find('\n') == document.size() - 1);
    CHECK(nlohmann::json::parse(document)["id"] == *id);
    CHECK(schema_faults("qwenfit.fit", document) == "");
  }
}

TEST_CASE("errors are documents too") {
  const Error error{ErrorCode::unknown_model, "unknown model \"8b\xff\"", "--model", {"9b", "4b"}};
  const nlohmann::json id = "x";
  for (const bool compact : {true, false}) {
    std::ostringstream out;
    print_error_json(out, error, compact, compact ? &id : nullptr);
    CHECK(schema_faults("qwenfit.error", out.str()) == "");
    const auto document = nlohmann::json::parse(out.str());
    CHECK(document["error"]["code"] == "unknown_model");
    CHECK(document["error"]["did_you_mean"].size() == 2);
    CHECK(document.contains("id") == compact);
  }
}

TEST_CASE("errors for a person name the place and the nearest names") {
  std::ostringstream out;
  print_error(out, {ErrorCode::unknown_model, "unknown model \"8b\x1b\"", "--model", {"9b", "4b"}});
  CHECK(out.str() == "qwenfit: error: --model: unknown model \"8b?\"\n  did you mean: 9b or 4b?\n");
  out.str("");
  print_error(out, {ErrorCode::usage, "nothing to do", "", {}});
  CHECK(out.str() == "qwenfit: error: nothing to do\n");
}

TEST_CASE("a long list of names is cut for a person and wrapped, a document has all") {
  Error error{ErrorCode::ambiguous_name, "\"mac\" fits 20 devices", "--gpu", {}};
  for (int i = 10; i < 30; ++i) error.did_you_mean.push_back(fmt::format("m{}-max-40c-128gb", i));
  std::ostringstream out;
  print_error(out, error);
  CHECK(out.str() ==
        "qwenfit: error: --gpu: \"mac\" fits 20 devices\n"
        "  choose one of: m10-max-40c-128gb, m11-max-40c-128gb, m12-max-40c-128gb,\n"
        "    m13-max-40c-128gb, m14-max-40c-128gb, m15-max-40c-128gb, m16-max-40c-128gb,\n"
        "    m17-max-40c-128gb, m18-max-40c-128gb, m19-max-40c-128gb, m20-max-40c-128gb,\n"
        "    m21-max-40c-128gb and 8 more; see qwenfit gpus NAME\n");
  out.str("");
  print_error_json(out, error);
  CHECK(nlohmann::json::parse(out.str())["error"]["did_you_mean"].size() == 20);
  error.did_you_mean.resize(12);
  out.str("");
  print_error(out, error);
  CHECK(out.str().ends_with("m20-max-40c-128gb\n    or m21-max-40c-128gb\n"));
}

TEST_CASE("a size without a publisher has none in documents") {
  CHECK(ordered_json::parse(line(by_rule()))["results"][0]["quant"]["publisher"].is_null());
  CHECK(ordered_json::parse(line(guide_mixed()))["results"][1]["quant"]["publisher"].is_null());
}

TEST_CASE("the writer keeps JSON well formed") {
  JsonWriter w(false);
  w.begin_array();
  w.value(1.0);
  w.value(0.1);
  w.value(1e300);
  w.value(std::numeric_limits<double>::quiet_NaN());
  w.value(std::numeric_limits<Bytes>::max());
  w.value(std::numeric_limits<SignedBytes>::min());
  w.value("\x01\xff\"\\");
  w.begin_object();
  w.end_object();
  w.end_array();
  CHECK(std::move(w).take() ==
        "[1.0,0.1,1e+300,null,18446744073709551615,-9223372036854775808,\"\\u0001\xef\xbf\xbd\\\"\\\\\",{}]");
}
