// `qwenfit plan`: files, options and exit codes.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "catalog/overlay_files.h"
#include "catch.h"
#include "cli/support.h"
#include "support/text.h"

using namespace qwenfit;
using nlohmann::json;

namespace {

std::string example(const std::string& name) {
  return std::string(QWENFIT_TEST_DATA) + "/builds/" + name + ".json";
}
Ran plan(std::vector<std::string> args) {
  args.insert(args.begin(), "plan");
  return run_program(args);
}

}  // namespace

TEST_CASE("the file to start from keeps to the schema and is answered") {
  const OverlayFolder folder;
  const Ran start = plan({"--init"});
  CHECK(start.code == 0);
  CHECK(has(start.out, "// "));
  const Ran answer = plan({folder.write("start.json", start.out)});
  INFO(answer.out << answer.err);
  CHECK(answer.code == 0);
  CHECK(has(answer.out, "my build works: both workloads are met."));
}

TEST_CASE("the schema is printed, and names every key") {
  const Ran ran = plan({"--schema"});
  CHECK(ran.code == 0);
  const json schema = json::parse(ran.out);
  for (const char* key : {"gpus", "cpu", "memory", "power_supply", "case", "motherboard", "storage", "os",
                          "runtime", "workloads", "budget_usd"})
    CHECK(schema.at("properties").contains(key));
}

TEST_CASE("exit codes tell builds that work, that do not, and files that are broken") {
  CHECK(plan({example("good")}).code == 0);
  CHECK(plan({example("underpowered")}).code == 1);
  CHECK(plan({example("no such file")}).code == 3);
  const OverlayFolder folder;
  const std::string file =
      folder.write("bad.json", "{\n\"gpus\": [{\"id\": \"rtx3090\"}],\n\"workload\": []\n}");
  const Ran bad = plan({file});
  CHECK(bad.code == 3);
  CHECK(bad.out.empty());
  CHECK(
      has(bad.err, "bad.json:3:/workload: unknown key \"workload\", the nearest known one is \"workloads\""));
  CHECK(has(bad.err, "expected key \"workloads\""));
}

TEST_CASE("names that a workload cannot be answered for are faults of the file") {
  const OverlayFolder folder;
  const auto error = [&](const std::string& inside) {
    const Ran ran = plan(
        {folder.write("x.json", "{\"gpus\": [{\"id\": \"rtx3090\"}],\n\"workloads\": [{\n" + inside + "}]}"),
         "--json"});
    CHECK(ran.code == 3);
    return json::parse(ran.out).at("error");
  };
  const json model = error("\"model\": \"28b\"");
  CHECK(has(model.at("where").get<std::string>(), "x.json:3:/workloads/0/model"));
  CHECK_FALSE(model.at("did_you_mean").empty());
  CHECK(has(error("\"model\": \"27b\",\n\"quant\": \"q4_k_n\"").at("where").get<std::string>(),
            ":4:/workloads/0/quant"));
  CHECK(
      has(error("\"model\": \"27b\",\n\"kv\": \"q3\"").at("where").get<std::string>(), ":4:/workloads/0/kv"));
  CHECK(has(error("\"model\": \"27b\",\n\"context\": \"lots\"").at("where").get<std::string>(),
            ":4:/workloads/0/context"));
  CHECK_FALSE(has(model.at("message").get<std::string>(), "--"));
}

TEST_CASE("more users than can be asked for are a finding, beside all others") {
  const OverlayFolder folder;
  for (const auto& [runtime, users, words] : {std::tuple("llama.cpp", "20", "ask for a context of 13107"),
                                              std::tuple("ollama", "2", "1 sequence")}) {
    INFO(runtime);
    const Ran ran = plan(
        {folder.write("x.json", std::string("{\"gpus\": [{\"id\": \"rtx3090\"}], \"runtime\": \"") + runtime +
                                    "\", \"power_supply\": {\"watts\": 300}, \"workloads\": [{\"model\": "
                                    "\"27b\", \"users\": " +
                                    users + ", \"context\": \"32k\"}]}"),
         "--json"});
    CHECK(ran.code == 1);
    const json root = json::parse(ran.out);
    std::string found;
    for (const json& finding : root.at("findings")) {
      found += finding.at("code").get<std::string>() + " ";
      if (finding.at("code") != "users_not_possible") continue;
      CHECK(finding.at("pointer") == "/workloads/0/users");
      CHECK(has(finding.at("text").get<std::string>(), words));
      CHECK_FALSE(has(finding.at("text").get<std::string>(), "--"));
    }
    CHECK(has(found, "users_not_possible"));
    CHECK(has(found, "power_too_small"));
    CHECK_FALSE(root.at("workloads").at(0).at("met").get<bool>());
  }
}

TEST_CASE("a fault of the machine is told once, whatever the workloads") {
  const OverlayFolder folder;
  const Ran ran = plan({folder.write("x.json", R"({"gpus": [{"id": "rtx3090"}],
    "os": "beos", "workloads": [{"model": "27b"}, {"model": "9b"}]})")});
  CHECK(ran.code == 3);
  CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') <= 2);
  CHECK(has(ran.err, "x.json:2:/os: "));
}

TEST_CASE("careless command lines are told what to type") {
  for (const auto& [line, part] : {std::pair("plan", "plan needs a file"), std::pair("plan a b", "one file"),
                                   std::pair("plan --init --schema", "one of a file, --init and --schema"),
                                   std::pair("plan x.json --init", "one of a file, --init and --schema"),
                                   std::pair("plan x.json --gpu rtx3090", "plan takes no --gpu"),
                                   std::pair("plan x.json --csv", "plan prints text"),
                                   std::pair("models --init", "--init goes with plan"),
                                   std::pair("--gpu rtx3090 --schema", "--schema goes with plan")}) {
    INFO(line);
    const Ran ran = run_program(words(line));
    CHECK(ran.code == 2);
    CHECK(has(ran.err, part));
    CHECK(ran.out.empty());
  }
}
