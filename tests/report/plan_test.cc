#include <filesystem>

#include <nlohmann/json.hpp>

#include "catalog/overlay_files.h"
#include "catch.h"
#include "cli/support.h"
#include "report/format.h"
#include "support/schema_check.h"
#include "support/text.h"

using namespace qwenfit;
using nlohmann::json;

namespace {

std::vector<std::string> build_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(QWENFIT_TEST_DATA) + "/builds"))
    files.push_back(entry.path().string());
  return files;
}

}  // namespace

TEST_CASE("the document of every example build keeps to the schema and to the text") {
  const std::vector<std::string> files = build_files();
  for (std::size_t i = 0; i < files.size(); i += std::min<std::size_t>(sample_stride(), 5)) {
    const std::string& file = files[i];
    INFO(file);
    const Ran document = run_program({"plan", file, "--json"});
    CHECK(schema_faults("qwenfit.plan", document.out) == "");
    const json root = json::parse(document.out);
    CHECK((document.code == 0) == root.at("works").get<bool>());
    json results = json::array();
    for (const json& workload : root.at("workloads")) results.push_back(workload.at("result"));
    const json fit = {{"schema", "qwenfit.fit/1"},
                      {"version", root.at("version")},
                      {"catalog", root.at("catalog")},
                      {"status", "fits"},
                      {"results", results},
                      {"advice", nullptr}};
    CHECK(schema_faults("qwenfit.fit", fit.dump()) == "");
    const Ran text = run_program({"plan", file});
    CHECK(text.code == document.code);
    for (const json& finding : root.at("findings"))
      CHECK(text.out.find(finding.at("code").get<std::string>()) != std::string::npos);
    const Ran line = run_program({"plan", file, "--quiet"});
    CHECK(line.out == root.at("verdict").get<std::string>() + "\n");
    CHECK(run_program({"plan", file, "--markdown"}).out.find(root.at("verdict").get<std::string>()) !=
          std::string::npos);
  }
}

TEST_CASE("the screen of a plan is no wider than 80 columns") {
  for (const std::string& file : build_files()) {
    INFO(file);
    std::istringstream lines(run_program({"plan", file}).out);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(display_width(line) <= 80);
    }
  }
}

TEST_CASE("a document has every fault of a file, as the screen has") {
  const OverlayFolder folder;
  const Ran ran =
      run_program({"plan",
                   folder.write("x.json",
                                "{\"gpus\": [{\"id\": \"rtx3091\"}],\n\"cpu\": {\"id\": \"rtx4090\"},\n"
                                "\"workloads\": [{\"model\": \"27b\"}]}"),
                   "--json"});
  CHECK(ran.code == 3);
  CHECK(schema_faults("qwenfit.error", ran.out) == "");
  const json root = json::parse(ran.out);
  CHECK(has(root.at("error").at("where").get<std::string>(), "x.json:1:/gpus/0/id"));
  CHECK_FALSE(root.at("error").at("did_you_mean").empty());
  REQUIRE(root.at("also").size() == 1);
  const json& second = root.at("also").at(0);
  CHECK(has(second.at("where").get<std::string>(), "x.json:2:/cpu/id"));
  CHECK(second.at("did_you_mean") == json{"rtx4090"});
  for (const json& fault : {root.at("error"), second})
    CHECK(has(ran.err, fault.at("message").get<std::string>()));
  const Ran one = run_program({"plan", folder.write("y.json", "{\n/* no end"), "--json"});
  CHECK(schema_faults("qwenfit.error", one.out) == "");
  CHECK_FALSE(json::parse(one.out).contains("also"));
  CHECK(has(one.err, "y.json:2:1: expected */"));
}
