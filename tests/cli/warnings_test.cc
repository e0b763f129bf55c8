// Notes that warn, by the machine and settings that bring them.

#include <nlohmann/json.hpp>
#include <set>

#include "catch.h"
#include "cli/support.h"

using namespace qwenfit;

namespace {

struct Notes {
  std::set<std::string> codes;
  std::string text;
};

Notes notes_of(const std::string& line) {
  const Ran ran = run_program(words(line + " --json"));
  INFO(ran.err);
  const auto document = nlohmann::json::parse(ran.out);
  Notes notes;
  for (const auto& note : document["results"][0]["notes"]) {
    notes.codes.insert(note["code"].get<std::string>());
    notes.text += note["text"].get<std::string>() + "\n";
  }
  return notes;
}

bool has_note(const std::string& line, const std::string& code) {
  return notes_of(line).codes.count(code) == 1;
}

/// What a person sees, in one line.
std::string screen_of(const std::string& line) {
  const std::string out = run_program(words(line)).out;
  std::string joined;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool blank = out[i] == ' ' || out[i] == '\n';
    if (!blank || (!joined.empty() && joined.back() != ' ')) joined += blank ? ' ' : out[i];
  }
  return joined;
}

bool on_screen(const std::string& line, const std::string& text) {
  return screen_of(line).find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("Windows spilling is told where memory is short") {
  CHECK(has_note("--gpu rtx3090 --os windows --model 27b --quant q8_0", "spills_to_shared"));
  CHECK_FALSE(has_note("--gpu rtx3090 --model 27b --quant q8_0", "spills_to_shared"));
  const std::string roomy = "--gpu rtx3090 --os windows --model 9b --quant q4_k_m";
  CHECK(has_note(roomy, "spills_to_shared"));
  CHECK_FALSE(on_screen(roomy, "shared system memory"));
  CHECK(on_screen("--gpu rtx3090 --os windows --model 27b --quant q8_0", "shared system memory"));
}

TEST_CASE("Windows spilling is told where an answer in system RAM leaves less free than usual") {
  const std::string line = "--gpu rx9070xt --ram 64GB --os windows --model 27b --quant q4_k_m";
  REQUIRE(has_note(line, "margin_given_up"));
  CHECK(on_screen(line, "shared system memory"));
}

TEST_CASE("more cards than the runtime takes are told, and get no command of it") {
  const std::string line = "--gpu 16xrtx3090 --model 397b-a17b --quant ud-q4_k_xl";
  CHECK(has_note(line, "too_many_devices"));
  CHECK(on_screen(line, "takes fewer devices"));
  CHECK(on_screen(line, "15x NVIDIA GeForce RTX 3090"));
  const Ran refused = run_program(words(line + " --launch llama.cpp"));
  CHECK(refused.code == 2);
  CHECK(refused.err.find("at most 15 GPUs at once: leave 1 out") != std::string::npos);
  CHECK_FALSE(has_note("--gpu 15xrtx3090 --model 397b-a17b --quant ud-q4_k_xl", "too_many_devices"));
  CHECK_FALSE(has_note("--gpu 16xrtx3090 --model 9b --runtime vllm --quant bf16", "too_many_devices"));
}

TEST_CASE("a card that stays empty is told, unless that was asked for") {
  const std::string line = "--gpu rtx3090 --gpu rtx3060-12gb --model 35b-a3b --quant q4_k_m";
  CHECK(on_screen(line, "GPU 1 stays empty"));
  CHECK(on_screen("--gpu tesla-t4 --gpu rtx3060-12gb --gpu gtx1060-3gb --model 4b --quant q8_0",
                  "GPUs 0, 2 stay empty"));
  CHECK_FALSE(has_note(line + " --tensor-split 1,0", "idle_device"));
  CHECK_FALSE(has_note("--gpu 2xrtx3090 --model 35b-a3b --quant q8_0", "idle_device"));
  // The first card computes for the layers in system RAM.
  CHECK_FALSE(
      has_note("--gpu rtx3060-12gb --ram 64GB --model 9b --quant q4_k_m --gpu-layers 0", "idle_device"));
}

TEST_CASE("cards in another order than they were named are told") {
  const std::string question = " --model 27b --quant q4_k_m";
  CHECK(has_note("--gpu rtx3060-12gb --gpu rtx3090" + question, "device_order"));
  CHECK_FALSE(has_note("--gpu rtx3090 --gpu rtx3060-12gb" + question, "device_order"));
  CHECK(has_note("--gpu rtx3060-12gb --gpu rtx3090 --tensor-split 2,1" + question, "device_order"));
  CHECK(on_screen("--gpu rtx3060-12gb --gpu rtx3090" + question, "GiB of GPU 1 is left to a desktop"));
}

TEST_CASE("checkpoints of slots that share a context do not multiply") {
  const std::string line = "--gpu 2xrtx3090 --model 27b --quant q4_k_m --ctx 256k --parallel ";
  CHECK(notes_of(line + "1").text.find("up to 32 context checkpoints") != std::string::npos);
  CHECK(notes_of(line + "4").text.find("up to 36 context checkpoints") != std::string::npos);
}

TEST_CASE("a display is told where one is counted") {
  CHECK(has_note("--gpu rtx3090 --model 9b --quant q4_k_m", "display_on_card"));
  CHECK_FALSE(has_note("--gpu rtx3090 --headless --model 9b --quant q4_k_m", "display_on_card"));
  CHECK_FALSE(has_note("--gpu none --ram 64GB --model 9b --quant q4_k_m", "display_on_card"));
  CHECK(
      on_screen("--gpu rtx3090 --model 9b", "GiB of the first GPU is left to a desktop (--headless: none)."));
  CHECK_FALSE(on_screen("--gpu rtx3090 --headless --model 9b", "left to a desktop"));
  CHECK_FALSE(on_screen("--gpu rtx3060-8gb --model 122b-a10b", "left to a desktop"));
}

TEST_CASE("checkpoints of hybrid models are counted by context and slots") {
  const std::string asked = "--gpu 2xrtx3090 --model 27b --quant q4_k_m --ctx ";
  CHECK(notes_of(asked + "8k").text.find("up to 1 context checkpoints of 149.6 MiB") != std::string::npos);
  CHECK(notes_of(asked + "64k --parallel 2").text.find("up to 10 context checkpoints") != std::string::npos);
  CHECK_FALSE(has_note("--gpu rtx3090 --model qwen3-8b --quant q4_k_m", "context_checkpoints"));
  CHECK_FALSE(has_note("--gpu rtx4090 --model 9b --quant fp8", "context_checkpoints"));
}

TEST_CASE("checkpoints are on the screen where system RAM has no room for them") {
  const std::string asked = "--gpu rtx3090 --model 35b-a3b --quant q8_0 --ctx 256k --ram ";
  CHECK(on_screen(asked + "23GB", "context checkpoints of"));
  CHECK_FALSE(on_screen(asked + "128GB", "context checkpoints of"));
}

TEST_CASE("checkpoints are on the screen where they are large, in a line") {
  const std::string asked = "--gpu 2xrtx3090 --model 27b --quant q4_k_m --ctx ";
  CHECK(on_screen(asked + "128k", "context checkpoints take up to 2.3 GiB more of system RAM"));
  CHECK_FALSE(on_screen(asked + "8k", "context checkpoints"));
}

TEST_CASE("the server's defaults are told for llama-server alone") {
  CHECK(notes_of("--gpu rtx3090 --model 9b --quant q4_k_m").text.find("4 slots") != std::string::npos);
  CHECK_FALSE(has_note("--gpu rtx3090 --model 9b --quant q4_k_m --runtime ollama", "server_defaults"));
}

TEST_CASE("the server's defaults are on the screen where they would not fit") {
  const std::string text = "without -c and -np llama-server takes 256k for each of 4 slots";
  CHECK(on_screen("--gpu rtx3090 --model 27b", text));
  CHECK_FALSE(on_screen("--gpu b200 --model 0.8b", text));
  CHECK_FALSE(on_screen("--gpu rtx3090 --model 9b --runtime ollama", text));
}

TEST_CASE("what is said beside an answer by default is three lines at most") {
  for (const std::string line :
       {"--gpu rtx3090 --model 27b", "--gpu rtx3060-12gb --ram 64GB --model 35b-a3b --ctx 128k",
        "--gpu rtx3090 --ram 64GB --model 27b --ctx 32k", "--gpu none --ram 64GB --model 9b --ctx 128k"}) {
    const std::string out = run_program(words(line)).out;
    std::size_t lines = 0;
    for (const char* begin :
         {"Note: 0.", "Note: context checkpoints take", "Note: without -c", "Note: weights in"}) {
      const auto at = out.find(begin);
      if (at == std::string::npos) continue;
      ++lines;
      INFO(line << " " << begin);
      CHECK(out[out.find('\n', at) - 1] == '.');
      CHECK(out.substr(at, out.find('\n', at) - at).size() <= 80);
    }
    CHECK(lines <= 3);
  }
}

TEST_CASE("mapped files are told where weights stay in system RAM") {
  CHECK(has_note("--gpu none --ram 64GB --model 9b --quant q4_k_m", "page_cache"));
  CHECK_FALSE(has_note("--gpu rtx3090 --ram 64GB --model 9b --quant q4_k_m", "page_cache"));
  CHECK(on_screen("--gpu rtx3060-12gb --ram 64GB --model 35b-a3b --quant q4_k_m",
                  "monitors count them as cache"));
  CHECK(has_note("--gpu rtx3090 --ram 8GB --model 27b --quant q4_k_m", "file_above_ram"));
  CHECK_FALSE(has_note("--gpu rtx3090 --ram 64GB --model 27b --quant q4_k_m", "file_above_ram"));
}

TEST_CASE("a pool says how many requests it has room for, or that it has none for one") {
  const std::string none = notes_of("--gpu rtx3090 --model 27b --quant fp8 --runtime vllm").text;
  CHECK(none.find("its pool has no room for a whole request of 8k tokens") != std::string::npos);
  CHECK(none.find("more slots") == std::string::npos);
  const std::string some = notes_of("--gpu rtx4090 --model 4b --quant bf16 --runtime vllm").text;
  CHECK(some.find("requests of 8k tokens, less with more slots") != std::string::npos);
  CHECK(some.find("room for 0.") == std::string::npos);
}

TEST_CASE("many cards are told unless their links are given") {
  CHECK(has_note("--gpu 3xrtx3090 --model 27b --quant q4_k_m", "pcie_lanes"));
  CHECK_FALSE(has_note("--gpu 2xrtx3090 --model 27b --quant q4_k_m", "pcie_lanes"));
  CHECK_FALSE(has_note("--gpu 3xrtx3090:pcie=4x4 --model 27b --quant q4_k_m", "pcie_lanes"));
}
