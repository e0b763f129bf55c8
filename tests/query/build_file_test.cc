// Files of `qwenfit plan` that cannot be answered: each with its line, its pointer and what to write instead.

#include "catalog/document.h"
#include "catch.h"
#include "query/blueprint.h"

using namespace qwenfit;

namespace {

struct Broken {
  std::string text;
  std::size_t line;
  std::string pointer, words;
  std::size_t column = 0;  ///< where the text is not JSON
};

std::string gpus(const std::string& inside) {
  return "{\n\"gpus\": [\n{" + inside + "}\n],\n\"workloads\": [{\"model\": \"27b\"}]\n}";
}
std::string with_part(const std::string& more) {
  return "{\n\"gpus\": [{\"id\": \"rtx3090\"}],\n\"workloads\": [{\"model\": \"27b\"}],\n" + more + "\n}";
}
std::string workload(const std::string& inside) {
  return "{\n\"gpus\": [{\"id\": \"rtx3090\"}],\n\"workloads\": [\n{" + inside + "}\n]\n}";
}

std::vector<Broken> broken_files() {
  return {
      // not JSON
      {"", 1, "", "ends too early: it is empty", 1},
      {"\n\n", 1, "", "ends too early: it is empty", 1},
      {"{", 1, "", "} of an object is missing", 2},
      {"{\n\"gpus\": [\n", 2, "", "] of a list is missing", 10},
      {"{\n  /* cards\n\"gpus\": []}", 2, "", "expected */ at the end of the comment that begins here", 3},
      {"{\n\"name\": \"/*\" // /*\n", 2, "", "} of an object is missing", 19},
      {"{\n\"gpus\": [],\n}", 3, "", "expected valid JSON: drop the comma before it", 1},
      {"{\n\"gpus\": []\n\"workloads\": []}", 3, "", "expected valid JSON: a comma is missing before it", 1},
      {"{\n'gpus': []}", 2, "", "expected valid JSON: write text in double quotes", 1},
      {"{\n  gpus: []}", 2, "", "expected valid JSON: write keys and text in double quotes", 3},
      {"{\n# cards\n\"gpus\": []}", 2, "", "comments begin with //", 1},
      {"{\n\"name\" = \"x\"}", 2, "", "write : between a key and its value", 8},
      {"{\n\"name\": \"\\ud800\"}", 2, "", "expected valid JSON: \\ud800 is half of a character", 10},
      {"{\n\"name\": \"a\\ud800\\u0041\"}", 2, "", "expected valid JSON: \\ud800 is half of a character", 11},
      {"{\n\"name\": \"\\udc00b\"}", 2, "", "expected valid JSON: \\udc00 is half of a character", 10},
      {"{\n\"name\": \"\\u12g4\"}", 2, "", "expected valid JSON: \\u takes four hexadecimal digits", 10},
      {"{\n\"name\": \"C:\\models\"}", 2, "", "expected valid JSON: write \\\\ for a backslash", 12},
      {"{\n\"name\": \"a\tb\"}", 2, "", "expected valid JSON: write a blank for the tab within text", 11},
      {"{ // \"a\tb\n\"name\": \"a\x01\"}", 2, "", "drop the control character within text", 11},
      {"{\n\"name\": \"a,\n\"gpus\": []}", 2, "", "the \" at the end of the text that begins here", 9},
      {"{\n\"name\": \"\\ud83d\\ude00\"\n\"gpus\": []}", 3, "", "a comma is missing before it", 1},
      {"{\n\"name\": \"\xff\"}", 2, "", "expected UTF-8 text", 10},
      {"[]", 1, "", "expected an object with the keys"},
      {"\nnull", 2, "", "expected an object with the keys"},
      {"{\"a\":\n " + std::string(20, '[') + "\n" + std::string(20, '['), 3, "", "nested at most"},
      {with_part("\"name\": \"a\",\n\"name\": \"b\""), 5, "/name", "\"name\" is here twice"},
      {with_part("\"name\": \"a\\u0007\""), 4, "/name", "without control characters"},
      // keys
      {with_part("\"powersupply\": {\"watts\": 850}"), 4, "/powersupply",
       "nearest known one is \"power_supply\""},
      {with_part("\"psu\": {\"watts\": 850}"), 4, "/psu", "nearest known one is \"power_supply\""},
      {workload("\"model\": \"27b\",\n\"ctx\": \"32k\""), 5, "/workloads/0/ctx",
       "nearest known one is \"context\""},
      {with_part("\"storage\": {\"size\": \"1000\"}"), 4, "/storage/size", "has no unit: type 1000GiB"},
      {with_part("\"memory\": {\"size\": \"64\"}"), 4, "/memory/size", "has no unit: type 64GiB"},
      {gpus("\"id\": \"rtx3090\",\n\"cout\": 2"), 4, "/gpus/0/cout", "nearest known one is \"count\""},
      {gpus("\"count\": 2"), 3, "/gpus/0", "expected key \"id\": text"},
      {"{\n\"gpus\": [{\"id\": \"rtx3090\"}]}", 1, "", "expected key \"workloads\": a list"},
      {workload("\"quant\": \"q4_k_m\""), 4, "/workloads/0", "expected key \"model\""},
      {"{\n\"workloads\": [{\"model\": \"27b\"}]}", 1, "", "add \"gpus\", or \"memory\" with its size"},
      // values against the schema
      {gpus("\"id\": \"rtx3090\", \"count\": \"two\""), 3, "/gpus/0/count",
       "expected a whole number from 1 to 16"},
      {gpus("\"id\": \"rtx3090\", \"slot_pcie_gen\": 4, \"slot_lanes\": 12"), 3, "/gpus/0/slot_lanes",
       "expected one of 1, 2, 4, 8 or 16, found 12"},
      {with_part("\"memory\": {\"size\": 64}"), 4, "/memory/size", "such as \"64GB\", found 64"},
      {with_part("\"power_supply\": {\"watts\": \"850 W\"}"), 4, "/power_supply/watts",
       "expected a number from 50"},
      {with_part("\"power_supply\": {\"watts\": 850, \"atx\": \"3\"}"), 4, "/power_supply/atx",
       "expected one of 2.x, 3.0 or 3.1"},
      {with_part("\"budget_usd\": -5"), 4, "/budget_usd", "found -5"},
      {with_part("\"motherboard\": {\"slots\": [\n{\"gen\": 4}]}"), 5, "/motherboard/slots/0",
       "expected key \"lanes\""},
      {"{\n\"gpus\": [{\"id\": \"rtx3090\"}],\n\"workloads\": []}", 3, "/workloads", "from 1 to 32 items"},
      {workload("\"model\": \"27b\", \"users\": 0"), 4, "/workloads/0/users",
       "expected a whole number from 1"},
      // names
      {gpus("\"id\": \"rtx3091\""), 3, "/gpus/0/id", "rtx3091"},
      {gpus("\"id\": \"rtx3060\""), 3, "/gpus/0/id", "rtx3060"},
      {gpus("\"id\": \"2xrtx3090\""), 3, "/gpus/0/id", "write \"id\": \"rtx3090\", \"count\": 2"},
      {gpus("\"id\": \"none\""), 3, "/gpus/0/id", "leave \"gpus\" out"},
      {gpus("\"id\": \"rtx3090:pcie=3x4\", \"slot_pcie_gen\": 3, \"slot_lanes\": 4"), 3, "/gpus/0/id",
       "named twice"},
      {gpus("\"id\": \"rtx3090\", \"slot_pcie_gen\": 3"), 3, "/gpus/0", "expected key \"slot_lanes\""},
      {gpus("\"id\": \"rtx3090\", \"count\": 9},\n{\"id\": \"rtx4090\", \"count\": 9"), 2, "/gpus",
       "at most 16 cards in all, found 18"},
      {gpus("\"id\": \"m4-max-40c-128gb\"},\n{\"id\": \"rtx3090\""), 2, "/gpus", "is a whole computer"},
      {with_part("\"cpu\": {\"id\": \"ryzen 9 9951x\"}"), 4, "/cpu/id", "9951x"},
      {with_part("\"cpu\": {\"id\": \"rtx3090\"}"), 4, "/cpu/id",
       "is a GPU: write it into \"gpus\" as the \"id\" rtx3090"},
      {gpus("\"id\": \"ryzen-9-9950x\""), 3, "/gpus/0/id",
       "is a CPU: write it into \"cpu\" as the \"id\" ryzen-9-9950x"},
      {with_part("\"cpu\": {\"id\": \"ddr5-60000\"}"), 4, "/cpu/id", "expected memory as ddr5-6000"},
      {with_part("\"cpu\": {\"id\": \"ddr5-6000\"},\n\"memory\": {\"size\": \"64GB\", \"modules\": 1}"), 4,
       "/cpu/id", "described twice"},
      {with_part("\"memory\": {\"size\": \"64GB\", \"speed_mts\": 6000}"), 4, "/memory",
       "expected key \"type\""},
  };
}

}  // namespace

TEST_CASE("a broken build file is refused with its line, its place and what to write") {
  CHECK(broken_files().size() >= 20);
  for (const Broken& broken : broken_files()) {
    INFO(broken.text.substr(0, 300) << "\nexpected at " << broken.line << ':' << broken.pointer << ": "
                                    << broken.words);
    std::vector<BuildFault> faults;
    CHECK_FALSE(parse_build("my.json", broken.text, Catalog::builtin(), faults));
    REQUIRE_FALSE(faults.empty());
    const BuildFault& first = faults.front();
    INFO("found at " << first.line << ':' << first.pointer << ": " << first.text);
    CHECK(first.line == broken.line);
    CHECK(first.column == broken.column);
    if (broken.words != "nested at most") CHECK(first.pointer == broken.pointer);
    CHECK(first.text.find(broken.words) != std::string::npos);
    const Error error = to_error(first, "my.json");
    CHECK(error.code == ErrorCode::bad_file);
    std::string where = "my.json:" + std::to_string(broken.line);
    if (broken.column > 0) where += ":" + std::to_string(broken.column);
    CHECK(error.where.starts_with(where));
    CHECK(error.message.starts_with(error.where));
    // A file has no options.
    CHECK(error.message.find("--") == std::string::npos);
  }
}

TEST_CASE("every fault of a build file is found, not only the first") {
  std::vector<BuildFault> faults;
  parse_build("x", gpus("\"id\": \"rtx3090\", \"cuont\": 1, \"display\": 1"), Catalog::builtin(), faults);
  REQUIRE(faults.size() == 2);
  CHECK(faults[0].pointer == "/gpus/0/cuont");
  CHECK(faults[1].pointer == "/gpus/0/display");
  faults.clear();
  parse_build("x", gpus("\"id\": \"a\"},\n{\"id\": \"b\""), Catalog::builtin(), faults);
  CHECK(faults.size() == 2);
  CHECK(faults.at(1).line == 4);
}

TEST_CASE("a build file is asked as its options would be") {
  std::vector<BuildFault> faults;
  const auto file = parse_build("x", R"({
    // two cards, the second drawn on
    "gpus": [{"id": "rtx3060-12gb", "slot_lanes": 4}, {"id": "rtx3090", "count": 2, "display": true}],
    "motherboard": {"slots": [{"gen": 5, "lanes": 16}, {"gen": 4, "lanes": 8}]},
    "cpu": {"id": "ryzen-9-9950x"}, "memory": {"size": "64GB", "modules": 1},
    "storage": {"id": "hdd"}, "os": "windows", "runtime": "ollama",
    "workloads": [{"model": "27b", "quant": "q4_k_m", "context": 4096, "users": 3, "kv": "q8_0", "vision": true}]
  })",
                                Catalog::builtin(), faults);
  REQUIRE(file);
  const Query query = query_for(file->build, file->build.workloads.front());
  CHECK(query.gpu == std::vector<std::string>{"rtx3090:pcie=4x8", "rtx3090", "rtx3060-12gb:pcie=x4"});
  CHECK(query.ram == "64GB");
  CHECK(query.cpu == "ddr5-5600x1");
  CHECK(query.storage == "hdd");
  CHECK(query.os == "windows");
  CHECK(query.runtime == "ollama");
  CHECK(query.model == std::vector<std::string>{"27b"});
  CHECK(query.quant == std::vector<std::string>{"q4_k_m"});
  CHECK(query.ctx == "4096");
  CHECK(query.kv == "q8_0");
  CHECK(query.parallel == "3");
  CHECK(query.vision);
  CHECK_FALSE(query.headless);
}
