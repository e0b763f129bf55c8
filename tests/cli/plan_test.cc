// `qwenfit plan`: files, options and exit codes.

#include <algorithm>
#include <nlohmann/json.hpp>

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
  const json users = error("\"model\": \"27b\",\n\"users\": 20, \"context\": \"32k\"");
  CHECK(has(users.at("where").get<std::string>(), ":4:/workloads/0/users"));
  CHECK(has(users.at("message").get<std::string>(), "ask for a context of 13107"));
  for (const json& fault : {model, users}) CHECK_FALSE(has(fault.at("message").get<std::string>(), "--"));
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
