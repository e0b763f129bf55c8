#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "report/fixture.h"
#include "report/format.h"
#include "report/golden.h"
#include "report/view.h"
#include "support/sampling.h"

using namespace qwenfit;

namespace {

std::string table(const Case& c, const Style& style) {
  std::ostringstream out;
  print_table(out, c.question, c.answers, style, sample_info());
  return out.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("first screens are as agreed") {
  for (const auto& [name, c] : all_cases())
    check_golden("table_" + name + ".txt", table(c, {false, 80, true}));
  check_golden("table_single_gpu_ascii.txt", table(single_gpu(), {false, 80, false}));
  check_golden("table_single_gpu_wide.txt", table(single_gpu(), {false, 120, true}));
  check_golden("table_offload_wide.txt", table(offload(), {false, 130, true}));
  check_golden("table_single_gpu_narrow.txt", table(single_gpu(), {false, 40, true}));
}

TEST_CASE("no line is wider than the screen") {
  const auto step = static_cast<unsigned>(std::min<std::size_t>(sample_stride(), 7));
  for (const auto& [name, c] : all_cases()) {
    for (unsigned width = 0; width <= 220; width += (width < 130 ? 1 : 30) * step) {
      for (const bool unicode : {true, false}) {
        for (const std::string& line : lines_of(table(c, {false, width, unicode}))) {
          INFO(name << " at " << width << ": " << line);
          REQUIRE(display_width(line) <= std::max(width, 40U));
        }
      }
    }
  }
}

TEST_CASE("colour changes nothing but colour, and is there only when asked for") {
  const std::regex escape("\x1b\\[[0-9]+m");
  for (const auto& [name, c] : all_cases()) {
    INFO(name);
    const std::string plain = table(c, {false, 80, true});
    const std::string colored = table(c, {true, 80, true});
    CHECK(plain.find('\x1b') == std::string::npos);
    CHECK(colored != plain);
    CHECK(std::regex_replace(colored, escape, "") == plain);
  }
}

TEST_CASE("without Unicode every byte is ASCII") {
  const std::string text = table(offload(), {false, 80, false});
  CHECK(std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
}

TEST_CASE("columns carry their unit in the heading, cells none") {
  const std::vector<std::string> lines = lines_of(table(single_gpu(), {false, 120, true}));
  const auto heading = std::find_if(lines.begin(), lines.end(),
                                    [](const std::string& line) { return line.starts_with("  quant"); });
  REQUIRE(heading != lines.end());
  CHECK((heading + 1)->find("GiB") != std::string::npos);
  for (auto row = heading + 2; row != heading + 7; ++row) {
    CHECK(row->find("GiB") == std::string::npos);
    CHECK(row->find("GB") == std::string::npos);
  }
}

TEST_CASE("wider screens show more columns, never fewer") {
  std::size_t before = 0;
  for (unsigned width = 40; width <= 160; ++width) {
    const std::string text = table(offload(), {false, width, true});
    std::size_t titles = 0;
    for (const char* title :
         {"quant", "file", "GPU use", "free", "max ctx", "tok/s", "verdict", "weights  ", "RAM use"}) {
      const std::size_t begin = text.find("  quant");
      titles += text.substr(begin, text.find('\n', begin) - begin).find(title) != std::string::npos ? 1U : 0U;
    }
    CHECK(titles >= before);
    before = titles;
  }
  CHECK(before == 9);
}

TEST_CASE("the best row is marked, and only it") {
  const std::vector<std::string> lines = lines_of(table(single_gpu(), {}));
  const auto marks = std::count_if(lines.begin(), lines.end(),
                                   [](const std::string& line) { return line.starts_with("* Q4_K_M "); });
  CHECK(marks == 1);
  CHECK(table(no_fit(), {}).find("\n* ") == std::string::npos);
}

TEST_CASE("a size that was never released is called so, with the nearest released one") {
  const std::string text = table(guide_only(), {});
  CHECK(text.find("Qwen3.5-14B was never released; the nearest released model is Qwen3.5-9B") !=
        std::string::npos);
  CHECK(text.find("llama-server") == std::string::npos);
}

TEST_CASE("quiet is one line per model") {
  for (const auto& [name, c] : all_cases()) {
    std::ostringstream out;
    print_quiet(out, c.question, c.answers);
    INFO(name << ": " << out.str());
    CHECK(lines_of(out.str()).size() == c.question.models.size());
  }
  std::ostringstream out;
  const Case c = single_gpu();
  print_quiet(out, c.question, c.answers);
  CHECK(
      out.str() ==
      "Qwen3.5-27B Q4_K_M@unsloth: fits, 6.9 GiB free on NVIDIA GeForce RTX 3090, largest context 126k, at a "
      "speed that is not known\n");
}

TEST_CASE("without the size of system RAM nothing is claimed to fit in it") {
  const Case c = offload_unchecked();
  const std::string text = table(c, {false, 400, true});
  CHECK(text.find("the devices hold their part of Qwen3.5-122B-A10B Q4_K_M at 8k context") !=
        std::string::npos);
  CHECK(text.find("--ram SIZE is needed to check the 19.8 GiB left to system RAM.") != std::string::npos);
  CHECK(text.find("largest context") == std::string::npos);
  CHECK(text.find("64k") == std::string::npos);
  CHECK(text.find(" runs on ") == std::string::npos);
}

TEST_CASE("one row per model counts what system RAM was not checked for") {
  Case c = several_models();
  c.question.machine.host.capacity.reset();
  DeviceMemory& host = c.answers.back().estimate.devices.back();
  host.capacity = host.reported = host.usable = std::nullopt;
  CHECK(table(c, {false, 400, true})
            .find("2 of 3 models fit, 1 more if system RAM (--ram SIZE) holds the rest") !=
        std::string::npos);
}

TEST_CASE("a pool of unified memory needs no --ram") {
  Case c = unified();
  for (Answer& answer : c.answers) answer.estimate.verdict = Verdict::offload;
  c.answers.front().estimate.devices.back().capacity.reset();
  CHECK(table(c, {false, 400, true}).find("--ram") == std::string::npos);
}

TEST_CASE("the largest context is said once") {
  Case c = max_context_asked();
  CHECK(table(c, {false, 400, true})
            .find("with a context of 129,792 tokens, the largest that fits, and 6.9 GiB to spare.") !=
        std::string::npos);
  c.answers.front().settings.context = c.answers.front().max_context.tokens = 262144;
  c.answers.front().max_context.limited_by = ContextLimit::model;
  CHECK(table(c, {false, 400, true}).find("with a context of 262,144 tokens, the model's maximum") !=
        std::string::npos);
}

TEST_CASE("every runtime of the answers is named") {
  Case c = by_rule();
  c.answers.front().settings.runtime = "vllm";
  CHECK(table(c, {false, 400, true}).find("Settings  vllm and llama.cpp (cuda)") != std::string::npos);
}

TEST_CASE("sizes without a publisher say what they are") {
  Case c = guide_mixed();
  std::string text = table(c, {false, 400, true});
  CHECK(text.find("Weights are guide figures or estimated from released sizes,") != std::string::npos);
  CHECK(text.find("Figures by compute-market-2026-04; [1] sizes estimated from released sizes.") !=
        std::string::npos);
  c.answers = {c.answers[1]};
  text = table(c, {false, 400, true});
  CHECK(text.find("Weights are estimated from released sizes,") != std::string::npos);
  CHECK(text.find("\nSizes estimated from released sizes.\n") != std::string::npos);
  c = by_rule();
  text = table(c, {false, 400, true});
  CHECK(text.find("\nSizes by the format's rule; [1] files by unsloth.\n") != std::string::npos);
  c.answers.resize(1);
  CHECK(table(c, {false, 400, true}).find("\nSizes by the format's rule.\n") != std::string::npos);
  std::ostringstream out;
  print_quiet(out, c.question, c.answers);
  CHECK(out.str() ==
        "Qwen3.5-27B FP8: no fit, 3.8 GiB short on NVIDIA GeForce RTX 3090, largest context 0\n");
}
