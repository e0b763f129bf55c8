#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "cli/support.h"
#include "support/text.h"

using namespace qwenfit;

namespace {

struct Case {
  const char* line;  ///< `~` stands for a blank
  int code;
  const char* message;  ///< occurs in the message
};

constexpr Case kCases[] = {
    // Options
    {"--gpux rtx3090", 2, "no option \"--gpux\""},
    {"--modl=27b --gpu rtx3090", 2, "no option \"--modl\""},
    {"-x", 2, "no option"},
    {"-gpu rtx3090", 2, "no option"},
    {"--gpu rtx3090 27b", 2, "no command \"27b\""},
    {"modles", 2, "did you mean: models?"},
    {"help", 2, "did you mean: --help?"},
    {"help buy", 2, "did you mean: --help?"},
    {"version", 2, "did you mean: --version?"},
    {"-V", 2, "did you mean: --version?"},
    {"catalog", 2, "catalog check FILE"},
    {"catalog check", 2, "needs a file"},
    {"catalog chek x", 2, "catalog check FILE"},
    {"--gpu --model 27b", 2, "--gpu needs a value"},
    {"--gpu rtx3090 --model", 2, "--model needs a value"},
    {"--headless=maybe --gpu rtx3090", 2, "--headless takes no value"},
    {"--gpu rtx3090 --json=3", 2, "--json takes no value"},
    {"--gpu rtx3090 --json --csv", 2, "exclude each other"},
    {"--gpu rtx3090 --color pink", 2, "\"pink\""},
    {"--gpu rtx3090 --model 27b --ctx 1k --ctx 2k", 2, "more than once"},
    {"gpus --ctx 4k", 2, "gpus takes no --ctx"},
    {"gpus --quiet", 2, "--quiet"},
    {"models --quant all", 2, "models takes named quants"},
    {"explain --gpu rtx3090", 2, "one model"},
    {"explain --gpu rtx3090 --model 27b,9b", 2, "one model"},
    {"explain --gpu rtx3090 --model 27b --csv", 2, "explain"},
    {"batch --csv", 2, "batch"},
    // Machine
    {"--json", 2, "say which machine"},
    {"--gpu 0xrtx3090 --model 27b", 2, "1 to 16"},
    {"--gpu 1000000xrtx3090 --model 27b", 2, "1 to 16"},
    {"--gpu 99999999999999999999xrtx3090 --model 27b", 2, "1 to 16"},
    {"--gpu 9xrtx3090 --gpu 9xrtx3090 --model 27b", 2, "at most 16"},
    {"--gpu rtx3091 --model 27b", 2, "rtx3091"},
    {"--gpu rtx3090x2 --model 27b", 2, "did you mean: 2xrtx3090?"},
    {"--gpu rtx~3090~x2 --model 27b", 2, "did you mean: 2xrtx3090?"},
    {"--gpu rtx3060x2 --model 27b", 2, "2xrtx3060-12gb"},
    {"--gpu no-such-thing-at-all --model 27b", 2, "qwenfit gpus lists the names"},
    {"--gpu rtx3090 --model mistral-large", 2, "qwenfit models lists the names"},
    {"--gpu rtx~3060 --model 27b", 2, "rtx 3060"},
    {"--gpu rtx~4070~24gb --model 27b", 2, "24 GB"},
    {"--gpu mac~studio~m3~max --model 27b", 2, "Mac Studio"},
    {"--gpu auto --model 27b", 2, "name its GPU"},
    {"--gpu 2xauto --model 27b", 2, "a word of its own"},
    {"--gpu auto:pcie=3x4 --model 27b", 2, "a word of its own"},
    {"--gpu none --model 27b", 2, "--ram 64GB"},
    {"--gpu none --gpu rtx3090 --model 27b", 2, "stands alone"},
    {"--gpu m4-max-40c-128gb --ram 64GB --model 27b", 2, "unified memory"},
    {"--gpu m4-max-40c-128gb --os linux --model 27b", 2, "macos"},
    {"--gpu rtx3090 --os macos --model 27b", 2, "not a Mac"},
    {"--gpu rtx3090 --os temple --model 27b", 2, "temple"},
    {"--gpu rtx3090 --backend metal --model 27b", 2, "metal"},
    {"--gpu rtx3090 --backend cpu --model 27b", 2, "--gpu none"},
    {"--gpu custom:memory=24 --model 27b", 2, "unit"},
    {"--gpu custom:memory=99999999999999999999GiB --model 27b", 2, "too large"},
    {"--gpu custom:memroy=24GiB --model 27b", 2, "memroy"},
    {"--gpu custom --model 27b", 2, "needs its memory"},
    {"--gpu rtx3090 --ram 64 --model 27b", 2, "64GB"},
    {"--gpu rtx3090 --ram -64GB --model 27b", 2, "--ram"},
    {"--gpu rtx3090 --ram 1e30GB --model 27b", 2, "--ram"},
    {"--gpu rtx3090 --ram nanGB --model 27b", 2, "--ram"},
    {"--gpu rtx3090 --ram 64GB --cpu nothing-like-it --model 27b", 2, "nothing-like-it"},
    {"--gpu rtx3090 --cpu rtx3090 --model 27b", 2, "--gpu"},
    {"--gpu rtx3090 --cpu ddr5-1 --model 27b", 2, "MT/s"},
    {"--gpu rtx3090 --wired-limit-mb 8192 --model 27b", 2, "Mac"},
    // Model
    {"--gpu rtx3090 --model 28b", 2, "28b"},
    {"--gpu rtx3090 --model a3b", 2, "a3b"},
    {"--gpu rtx3090 --model 27b,", 2, "needs a name"},
    {"--gpu rtx3090 --model 27b --quant q9_z", 2, "q9_z"},
    {"--gpu rtx3090 --model 27b --quant q4_k_m@nobody", 2, "unsloth"},
    {"--gpu rtx3090 --model 27b --quant @unsloth", 2, "needs a name"},
    {"--gpu rtx3090 --model 27b --quant ud-q6_k_s", 2, "nobody"},
    {"--gpu rtx3090 --model 27b --quant q4_k_m@unsloth --mtp", 2, "MTP block"},
    {"--gpu rtx3090 --model qwen3-8b --vision", 2, "vision encoder"},
    // Settings
    {"--gpu rtx3090 --model 27b --ctx 0", 2, "at least 1"},
    {"--gpu rtx3090 --model 27b --ctx -5", 2, "\"-5\""},
    {"--gpu rtx3090 --model 27b --ctx 1e30", 2, "1e30"},
    {"--gpu rtx3090 --model 27b --ctx 99999999999", 2, "262144"},
    {"--gpu rtx3090 --model 27b --ctx 99999999999999999999999", 2, "262144"},
    {"--gpu rtx3090 --model 27b --ctx 300k", 2, "262144"},
    {"--gpu rtx3090 --model 27b --ctx 8.5k", 2, "8.5k"},
    {"--gpu rtx3090 --model 27b --depth 9000", 2, "raise --ctx"},
    {"--gpu rtx3090 --model 27b --kv q4_k", 2, "q4_k"},
    {"--gpu rtx3090 --model 27b --kv q8_0 --flash-attn off", 2, "flash attention"},
    {"--gpu rtx3090 --model 27b --parallel 0", 2, "1 to 1024"},
    {"--gpu rtx3090 --model 27b --ubatch 1e9", 2, "1 to 65536"},
    {"--gpu rtx3090 --model 27b --tensor-split 1,1", 2, "one per device"},
    {"--gpu rtx3090 --model 27b --tensor-split nan", 2, "--tensor-split"},
    {"--gpu rtx3090 --model 27b --cpu-moe 4", 2, "has none"},
    {"--gpu rtx3090 --model 27b --gpu-layers -1", 2, "layers"},
    {"--gpu rtx3090 --model 27b --runtime ollamma", 2, "ollamma"},
    {"--gpu rtx3090 --model 27b --runtime mlx --quant q4_k_m", 2, "mlx"},
    // What goes with another command
    {"--gpu rtx3090 --model 27b --init", 2, "qwenfit plan --init"},
    {"explain --gpu rtx3090 --model 27b --launch ollama", 2, "--gpu and --model alone"},
    {"claims --html x.html", 2, "it goes with --gpu, compare, buy and plan"},
    {"gpus --measured x.json", 2, "explain and batch"},
    {"--model 27b --budget 500", 2, "qwenfit buy --model"},
    {"completion", 2, "qwenfit completion bash"},
    {"completion tcsh", 2, "bash, zsh or fish"},
    {"compare", 2, "qwenfit compare rtx3090"},
    {"gpus zzzz-nothing", 2, "without a filter all are listed"},
    // Files
    {"--gpu rtx3090 --catalog /nonexistent/rows.json", 3, "/nonexistent/rows.json"},
    {"catalog check /nonexistent/rows.json", 3, ""},
};

}  // namespace

TEST_CASE("faults are named, with their exit code") {
  for (const Case& c : kCases) {
    INFO(c.line);
    const Ran ran = run_program(words(c.line));
    CHECK(ran.code == c.code);
    CHECK((ran.err + ran.out).find(c.message) != std::string::npos);
  }
}

/// Words with which a message goes on to what can be done: a choice, an example, a limit, a name.
bool says_what_to_do(const std::string& message) {
  constexpr std::string_view kWays[] = {
      "; ",    "such as ",  "did you mean", "choose one of", " takes ",   "needs ",      "type ",     "use ",
      "drop ", "at least ", "at most ",     "must be ",      "expected ", " goes with ", ": qwenfit "};
  return std::any_of(std::begin(kWays), std::end(kWays),
                     [&](std::string_view way) { return has(message, way); });
}

TEST_CASE("every message says what to do") {
  for (const Case& c : kCases) {
    if (c.code == 0 || std::string_view(c.line).starts_with("catalog check /")) continue;
    const Ran ran = run_program(words(c.line));
    INFO(c.line << '\n' << ran.err);
    const auto at = ran.err.find("error: ");
    REQUIRE(at != std::string::npos);
    CHECK(says_what_to_do(ran.err.substr(at)));
  }
}

TEST_CASE("with --json faults are documents too") {
  for (const Case& c : kCases) {
    const std::string line(c.line);
    if (line.find("--json") != std::string::npos || line.starts_with("catalog check /")) continue;
    INFO(line);
    auto args = words(line);
    args.insert(args.begin(), "--json");
    const Ran ran = run_program(args);
    const auto document = nlohmann::json::parse(ran.out, nullptr, false);
    REQUIRE_FALSE(document.is_discarded());
    CHECK(document.at("schema") == "qwenfit.error/1");
    CHECK_FALSE(document.at("error").at("message").get<std::string>().empty());
    CHECK((ran.code == 2 || ran.code == 3));
  }
}

TEST_CASE("empty values and bytes that are not text") {
  const std::vector<std::vector<std::string>> lines = {
      {"--gpu", "", "--model", "27b"},
      {"--gpu", "rtx3090", "--model", ""},
      {"--gpu", "rtx3090", "--ctx", ""},
      {"--gpu", "rtx3090", "--ram", " "},
      {"--gpu", "\xff\xfe", "--model", "27b"},
      {"--gpu", "rtx3090", "--model", "\xc3\x28"},
      {"--\xff"},
      {"\xff\xff"},
      {"--gpu", "rtx3090", "--quant", "\xf0\x28\x8c\x28"},
      {"--gpu", std::string(100000, 'x')},
      {"--gpu", "rtx3090", "--ctx", std::string(100000, '9')},
      {"--gpu", std::string("a\0b", 3)},
      {"--gpu", "rtx3090", "--catalog", "\xff"},
      {""},
      {"--gpu", "custom:memory=24GiB,name=\xff", "--model", "27b"}};
  for (auto args : lines) {
    INFO(args.front());
    args.emplace_back("--json");
    const Ran ran = run_program(args);
    CHECK((ran.code == 2 || ran.code == 3));
    CHECK_FALSE(nlohmann::json::parse(ran.out, nullptr, false).is_discarded());
    CHECK(ran.err.size() < 2000);
  }
}

TEST_CASE("an unknown option names the nearest") {
  const Ran ran = run_program({"--gpux", "rtx3090", "--json"});
  CHECK(nlohmann::json::parse(ran.out).at("error").at("did_you_mean").at(0) == "--gpu");
}

TEST_CASE("a name that is cut for its message is cut between characters") {
  for (std::size_t lead = 56; lead < 62; ++lead) {
    const Ran ran = run_program({"--gpu", std::string(lead, 'a') + "\u65e5\u672c\u8a9e", "--model", "27b"});
    INFO(ran.err);
    CHECK(ran.err.find('?') == std::string::npos);
  }
}
