// `qwenfit detect`, and `--gpu auto` on every command that takes a machine.

#include <nlohmann/json.hpp>

#include "catch.h"
#include "cli/support.h"
#include "detect/recorded.h"
#include "support/text.h"

using namespace qwenfit;

namespace {

/// Runs the program on a recorded computer.
Ran run_on(const std::string& computer, const std::string& line, const std::string& input = "") {
  const Recording probe = recorded(computer);
  Environment env;
  env.probe = &probe;
  return run_program(words(line), input, env);
}

}  // namespace

TEST_CASE("detect prints the options, --quiet them alone, --json the document") {
  const Ran table = run_on("rtx3090_pair_x8", "detect");
  CHECK(table.code == 0);
  CHECK(has(table.out, "--gpu 2xrtx3090:pcie=4x8 --ram 64GiB --cpu ddr4-3200 --os linux"));
  CHECK(has(table.out, "qwenfit --gpu auto"));
  const Ran quiet = run_on("rtx3090_pair_x8", "detect --quiet");
  CHECK(quiet.out == "--gpu 2xrtx3090:pcie=4x8 --ram 64GiB --cpu ddr4-3200 --os linux\n");
  const auto document = nlohmann::json::parse(run_on("rtx3090_pair_x8", "detect --json").out);
  CHECK(document["schema"] == "qwenfit.detect/1");
  CHECK(document["ready"] == true);
  CHECK(document["query"]["gpu"][0] == "2xrtx3090:pcie=4x8");
  CHECK(document["gpus"][1]["free_bytes"] == 23787 * kMiB);
  CHECK(document["ram"]["modules"]["channels"] == 2);
}

TEST_CASE("detect takes no questions and no formats of tables") {
  for (const char* line : {"detect --csv", "detect --markdown", "detect --gpu rtx3090", "detect --model 27b",
                           "detect --html x.html", "detect 3090"}) {
    INFO(line);
    const Ran ran = run_on("rtx3090_pair_x8", line);
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
  }
}

TEST_CASE("a computer that cannot be described makes detect exit with 1 and say what to type") {
  const Ran ran = run_on("which_3060", "detect");
  CHECK(ran.code == 1);
  CHECK(has(ran.out, "rtx3060-12gb, rtx3060-8gb"));
  CHECK(run_on("which_3060", "detect --quiet").code == 2);
  CHECK(run_on("nothing", "detect").code == 1);
}

TEST_CASE("auto as a GPU answers as the options that it stands for") {
  const std::string question = " --model 9b --quant q4_k_m --json";
  for (const char* computer : {"rtx3090_pair_x8", "strix_halo", "mac_m3_max", "unknown_card", "two_epycs"}) {
    INFO(computer);
    const Recording probe = recorded(computer);
    const Ran automatic = run_on(computer, "--gpu auto" + question);
    const Ran typed = run_program(words(probe.expected("options") + question));
    CHECK(automatic.out == typed.out);
    CHECK(automatic.code == typed.code);
    CHECK(has(automatic.err, "this computer: " + probe.expected("options")));
  }
}

TEST_CASE("a tool that failed is told in any case: a device may be missing") {
  for (const char* computer : {"hanging_tool", "driver_mismatch"}) {
    INFO(computer);
    const Ran quiet = run_on(computer, "--gpu auto --model 0.8b --quiet");
    CHECK(has(quiet.err, "qwenfit: note: nvidia-smi"));
    CHECK_FALSE(has(quiet.err, "this computer:"));
  }
  CHECK(has(run_on("driver_mismatch", "detect --quiet").err, "qwenfit: note: nvidia-smi failed"));
  CHECK(has(run_on("driver_mismatch", "compare auto rtx3090 --model 9b").err, "nvidia-smi failed"));
  const Ran lines = run_on("driver_mismatch", "batch",
                           R"({"gpu":"auto","model":"0.8b"})"
                           "\n");
  CHECK(has(lines.err, "qwenfit: note: nvidia-smi failed"));
  CHECK(lines.out.find("note: nvidia") == std::string::npos);
  for (const char* line : {"--gpu auto --model 9b --quiet", "detect --quiet"})
    CHECK(run_on("rtx3090_pair_x8", line).err.empty());
}

TEST_CASE("a tool that answers and cannot be read is told, and what to do where no card is known") {
  for (const char* line : {"detect --json", "detect --quiet", "--gpu auto --model 0.8b --quiet"}) {
    INFO(line);
    const Ran ran = run_on("unreadable", line);
    CHECK(has(ran.out + ran.err, "nvidia-smi answered with what cannot be read: "));
    CHECK(has(ran.out + ran.err, "name it, such as by --gpu"));
    CHECK_FALSE(has(run_on("driver_mismatch", line).err, "name it"));
  }
  const auto document = nlohmann::json::parse(run_on("unreadable", "detect --json").out);
  CHECK(document["tools"][0]["state"] == "unreadable");
}

TEST_CASE("alike cards that are left out have one note") {
  CHECK(has(run_on("twenty_cards", "--gpu auto --model 9b").err, "left out (4 of these)"));
}

TEST_CASE("what is said beside --gpu auto stays said") {
  const auto machine = [](const std::string& line) {
    return nlohmann::json::parse(run_on("rtx3090_pair_x8", line).out)["results"][0];
  };
  const std::string question = " --model 9b --quant q4_k_m --json";
  CHECK(machine("--gpu auto" + question)["machine"]["system_ram_bytes"] == 64 * kGiB);
  CHECK(machine("--gpu auto --ram 32GiB" + question)["machine"]["system_ram_bytes"] == 32 * kGiB);
  CHECK(machine("--gpu auto --os windows" + question)["machine"]["os"] == "windows");
  const auto more = machine("--gpu AUTO --gpu rtx5090" + question);
  CHECK(more["machine"]["devices"].size() >= 2);
}

TEST_CASE("auto as a GPU is refused where it cannot stand for one computer") {
  CHECK(run_on("rtx3090_pair_x8", "--gpu auto --gpu auto --model 9b").code == 2);
  CHECK(has(run_on("rtx3090_pair_x8", "--gpu 2xauto --model 9b").err, "a word of its own"));
  const Ran which = run_on("which_3060", "--gpu auto --model 9b --json");
  CHECK(which.code == 2);
  CHECK(has(which.out, "ambiguous_name"));
  CHECK(has(run_on("mixed_five", "compare auto rtx5090 --model 9b").err, "different GPUs"));
  CHECK(has(run_on("raspberry", "compare auto rtx5090 --model 9b").err, "no GPU that auto could stand for"));
}

TEST_CASE("compare and --from take auto for the card of this computer") {
  const Ran ran = run_on("mac_m3_max", "compare auto rtx5090 --model 9b --quant q4_k_m --quiet");
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "m3-max-40c-64gb"));
}

TEST_CASE("a batch looks at the computer for the lines that say auto") {
  const Ran ran = run_on("rtx3090_pair_x8", "batch",
                         "{\"id\":1,\"gpu\":[\"auto\"],\"model\":[\"9b\"],\"quant\":[\"q4_k_m\"]}\n"
                         "{\"id\":2,\"gpu\":[\"auto\",\"auto\"],\"model\":[\"9b\"]}\n");
  CHECK(ran.code == 3);
  CHECK(has(ran.out, "rtx3090"));
  CHECK(has(ran.out, "more than once"));
}

TEST_CASE("where there is no computer to look at, auto says so") {
  const Ran ran = run_program(words("--gpu auto --model 9b"));
  CHECK(ran.code == 2);
  CHECK(has(ran.err, "name its GPU"));
  CHECK(run_program(words("detect")).code == 2);
}
