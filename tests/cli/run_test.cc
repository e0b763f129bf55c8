#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/support.h"
#include "support/text.h"

using namespace qwenfit;

TEST_CASE("a bare run prints the short help and returns 2") {
  const Ran ran = run_program({});
  CHECK(ran.code == 2);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("qwenfit --gpu rtx3090 --model 27b") != std::string::npos);
}

TEST_CASE("help is as wide as the screen, from 40 columns to 80") {
  const auto on_screen = [](const std::vector<std::string>& args, unsigned columns) {
    Environment screen;
    screen.width = columns;
    const Ran ran = run_program(args, "", screen);
    CHECK(ran.code == 0);
    CHECK(ran.err.empty());
    return ran.out;
  };
  const auto words_of = [](const std::string& text) {
    std::istringstream in(text);
    return std::vector<std::string>(std::istream_iterator<std::string>(in), {});
  };
  std::vector<std::vector<std::string>> asked = {{"-h"}, {"--help"}, {"--help-all"}};
  for (const auto& command : commands()) asked.push_back({words(std::string(command.name))});
  for (std::size_t i = 3; i < asked.size(); ++i) asked[i].emplace_back("--help");
  for (const auto& args : asked) {
    const std::string usual = on_screen(args, 80);
    for (const unsigned columns : {80U, 79U, 75U, 74U, 60U, 52U, 51U, 48U, 47U, 40U}) {
      INFO(args.front() << " on " << columns);
      const std::string help = on_screen(args, columns);
      CHECK(words_of(help) == words_of(usual));
      std::istringstream lines(help);
      for (std::string line; std::getline(lines, line);) {
        INFO(line);
        CHECK(line.size() <= columns);
        CHECK((line.empty() || line.back() != ' '));
      }
    }
    CHECK(on_screen(args, 200) == usual);
    CHECK(on_screen(args, 5) == on_screen(args, 40));
  }
}

TEST_CASE("the short help has two examples and is short, the full one has everything") {
  const std::string brief = run_program({"--help"}).out;
  CHECK(brief == run_program({"-h"}).out);
  CHECK(std::count(brief.begin(), brief.end(), '\n') <= 15);
  std::size_t examples = 0;
  for (auto at = brief.find("\n  qwenfit "); at != std::string::npos; at = brief.find("\n  qwenfit ", at + 1))
    ++examples;
  CHECK(examples == 2);
  CHECK(brief.find("--help-all") != std::string::npos);
  const std::string full = run_program({"--help-all"}).out;
  for (const auto& option : query_options())
    CHECK(full.find("--" + std::string(option.name)) != std::string::npos);
  for (const auto& option : buy_options())
    CHECK(full.find("--" + std::string(option.name)) != std::string::npos);
  for (const auto& option : answer_options())
    CHECK(full.find("--" + std::string(option.name)) != std::string::npos);
  for (const auto& command : commands()) CHECK(full.find(command.name) != std::string::npos);
}

TEST_CASE("the help of a command has the options that it takes") {
  for (const auto& command : commands()) {
    auto args = words(std::string(command.name));
    args.emplace_back("--help");
    const std::string help = run_program(args).out;
    INFO(help);
    CHECK(help.starts_with("usage: qwenfit " + std::string(command.name)));
    for (const auto& option : query_options())
      CHECK((help.find("  --" + std::string(option.name) + (option.value.empty() ? "" : " ")) !=
             std::string::npos) == takes_option(&command, option.name));
  }
}

TEST_CASE("the help of a command has the formats that it prints, and the others are refused") {
  for (const auto& command : commands()) {
    const std::string name(command.name);
    const std::string help = run_program(words(name + " --help")).out;
    for (const std::string format : {"--json", "--csv", "--markdown", "--quiet"}) {
      INFO(name << ' ' << format);
      const Ran ran = run_program(words(name + ' ' + format));
      const bool refused = ran.err.find(name + " prints ") != std::string::npos;
      CHECK(refused == (help.find("  " + format + " ") == std::string::npos));
      if (!refused) continue;
      CHECK(ran.code == 2);
      CHECK(has(ran.err, "; drop " + format));
    }
  }
  CHECK(has(run_program(words("batch --csv")).err, "batch prints --json; drop --csv"));
  CHECK(has(run_program(words("detect --csv")).err, "detect prints text, --json or --quiet; drop --csv"));
}

TEST_CASE("version names the catalog's date") {
  const Ran ran = run_program({"--version"});
  CHECK(ran.code == 0);
  CHECK(ran.out.starts_with("qwenfit "));
  CHECK(ran.out.find("20") != std::string::npos);
  CHECK(ran.out.find('\n') == ran.out.size() - 1);
}

TEST_CASE("exit codes say whether anything fits") {
  CHECK(run_program(words("--gpu rtx3090 --model 27b")).code == 0);
  CHECK(run_program(words("--gpu rtx3090 --model 27b --quant q4_k_m --quiet")).code == 0);
  CHECK(run_program(words("--gpu rtx3090 --model 27b --quant bf16")).code == 1);
  CHECK(run_program(words("--gpu rtx3090 --model 397b")).code == 1);
  CHECK(run_program(words("--gpu none --ram 64GB --model 9b --quant q4_k_m")).code == 0);
  CHECK(run_program(words("explain --gpu rtx3090 --model 27b")).code == 0);
  CHECK(run_program(words("explain --gpu rtx3090 --model 397b")).code == 1);
}

TEST_CASE("every format answers") {
  const auto ran = run_program(words("--gpu rtx3090 --model 27b --json"));
  const auto document = nlohmann::json::parse(ran.out);
  CHECK(document.at("schema") == "qwenfit.fit/1");
  CHECK(document.at("results").size() >= 10);
  CHECK(ran.err.empty());
  const auto csv = run_program(words("--gpu rtx3090 --model 27b --csv"));
  CHECK(std::count(csv.out.begin(), csv.out.end(), '\n') ==
        static_cast<long>(document.at("results").size()) + 1);
  CHECK(run_program(words("--gpu rtx3090 --model 27b --markdown")).out.find("|") != std::string::npos);
}

TEST_CASE("without a model every model gets its best build") {
  const auto document = nlohmann::json::parse(run_program(words("--gpu rtx3090 --json")).out);
  CHECK(document.at("results").size() == 8);
  std::vector<std::string> models;
  for (const auto& result : document.at("results")) models.push_back(result.at("model").at("id"));
  CHECK(std::adjacent_find(models.begin(), models.end()) == models.end());
}

TEST_CASE("explain takes the best build unless one is named") {
  const auto best = nlohmann::json::parse(run_program(words("explain --gpu rtx3090 --model 27b --json")).out);
  CHECK(best.at("schema") == "qwenfit.explain/1");
  const Ran named = run_program(words("explain --gpu rtx3090 --model 27b --quant iq4_xs"));
  CHECK(named.out.find("IQ4_XS") != std::string::npos);
}

TEST_CASE("listings filter") {
  CHECK(run_program({"gpus"}).code == 0);
  CHECK(run_program(words("gpus rtx 5090")).out.find("5090") != std::string::npos);
  CHECK(run_program(words("models 27b --json")).out.find("qwen3.5-27b") != std::string::npos);
  CHECK(run_program(words("models --quant q6_k")).out.find("Q6_K") != std::string::npos);
  CHECK(run_program(words("quants q4 --model 27b --csv")).code == 0);
  for (const char* command : {"models", "quants", "gpus"}) {
    const Ran none = run_program({command, "zzzz-nothing"});
    CHECK(none.code == 2);
    CHECK(none.err.find("zzzz-nothing") != std::string::npos);
  }
}

TEST_CASE("overlays of the command line and of the user") {
  const auto folder = std::filesystem::temp_directory_path() / "qwenfit-cli-test";
  std::filesystem::create_directories(folder / "qwenfit");
  const auto file = folder / "qwenfit" / "own.json";
  std::ofstream(file) << "{\"schema\":\"qwenfit.data.devices/1\",\"rows\":[";
  Environment env;
  env.config_home = folder.string();
  CHECK(run_program(words("--gpu rtx3090 --model 27b"), "", env).code == 3);
  CHECK(run_program(words("--gpu rtx3090 --model 27b --catalog none"), "", env).code == 0);
  CHECK(run_program({"--gpu", "rtx3090", "--catalog", file.string(), "--json"}).code == 3);
  const Ran checked = run_program({"catalog", "check", file.string(), "--json"});
  CHECK(checked.code == 3);
  CHECK(nlohmann::json::parse(checked.out).at("findings").size() > 0);
  std::filesystem::remove_all(folder);
  CHECK(run_program(words("--gpu rtx3090 --model 27b"), "", env).code == 0);
}

TEST_CASE("a bad file in the user's folder stops what reads it, and says what to do") {
  const auto folder = std::filesystem::temp_directory_path() / "qwenfit-cli-bad-file-test";
  std::filesystem::create_directories(folder / "qwenfit");
  const auto file = folder / "qwenfit" / "own.json";
  std::ofstream(file) << "{";
  Environment env;
  env.config_home = folder.string();
  const Ran stopped = run_program(words("--gpu rtx3090 --model 27b"), "", env);
  CHECK(stopped.code == 3);
  CHECK(stopped.err.find("qwenfit catalog check FILE") != std::string::npos);
  CHECK(stopped.err.find("--catalog none leaves out") != std::string::npos);
  CHECK(run_program(words("plan --init"), "", env).code == 0);
  CHECK(run_program(words("plan --schema"), "", env).code == 0);
  // A file of the command line is not left out by --catalog none.
  const Ran named = run_program({"gpus", "--catalog", "none", "--catalog", "/nonexistent.json"}, "", env);
  CHECK(named.code == 3);
  CHECK(named.err.find("leaves out") == std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST_CASE("the user's folder that cannot be read may be left out") {
  const auto folder = std::filesystem::temp_directory_path() / "qwenfit-cli-locked-test";
  std::filesystem::create_directories(folder / "qwenfit");
  std::filesystem::permissions(folder / "qwenfit", std::filesystem::perms::none);
  Environment env;
  env.config_home = folder.string();
  const Ran stopped = run_program(words("--gpu rtx3090 --model 27b"), "", env);
  CHECK(stopped.code == (geteuid() == 0 ? 0 : 3));
  if (geteuid() != 0)
    CHECK(stopped.err.find(
              "cannot be read; allow it (chmod u+rx), or name another; --catalog none leaves it out") !=
          std::string::npos);
  CHECK(run_program(words("--gpu rtx3090 --model 27b --catalog none"), "", env).code == 0);
  std::filesystem::remove_all(folder);
}

TEST_CASE("catalog check takes files, over the overlays in force") {
  const auto folder = std::filesystem::temp_directory_path() / "qwenfit-cli-check-test";
  std::filesystem::create_directories(folder / "qwenfit");
  const auto write = [&](const std::filesystem::path& path, const std::string& kind, const std::string& row) {
    std::ofstream(path) << R"({"schema":"qwenfit.data.)" << kind << R"(/1","rows":[)" << row << "]}";
    return path.string();
  };
  const std::string rows = write(
      folder / "a.json", "devices",
      R"({"id":"my-card","name":"My Card","class":"gpu","vendor":"NVIDIA","unified":false,"capacity_bytes":21474836480,)"
      R"("bandwidth_bytes_per_s":900000000000,"default_backend":"cuda","source":["own"],"date":"2026-11"})");
  const std::string names =
      write(folder / "b.json", "ambiguous",
            R"({"name":"cards of mine","choices":["my-card","rtx3090"],"source":["own"],"date":"2026-11"})");
  CHECK(run_program({"catalog", "check", names}).code == 3);
  const Ran both = run_program({"catalog", "check", rows, names});
  CHECK(both.code == 0);
  CHECK(both.out == "\"" + rows + "\" is good\n\"" + names + "\" is good\n");
  CHECK(run_program({"catalog", "check", names, "--catalog", rows}).code == 0);
  const Ran nowhere = run_program({"catalog", "check", rows, "--catalog", "/nonexistent.json"});
  CHECK(nowhere.code == 3);
  CHECK(nowhere.out.find("is good") == std::string::npos);
  CHECK(nowhere.out.find("/nonexistent.json: no such file") != std::string::npos);
  // What lies in the user's folder counts, unless told otherwise.
  std::filesystem::copy_file(rows, folder / "qwenfit" / "own.json");
  Environment env;
  env.config_home = folder.string();
  CHECK(run_program({"catalog", "check", names}, "", env).code == 0);
  CHECK(run_program({"catalog", "check", names, "--catalog", "none"}, "", env).code == 3);
  const Ran document = run_program({"catalog", "check", rows, names, "--json"});
  const auto read = nlohmann::json::parse(document.out);
  CHECK(read.at("files").size() == 2);
  CHECK(read.at("findings").empty());
  std::filesystem::remove_all(folder);
}

TEST_CASE("colour follows the terminal and NO_COLOR") {
  Environment env;
  const auto colored = [&](const char* line) {
    return run_program(words(line), "", env).out.find("\x1b[") != std::string::npos;
  };
  CHECK_FALSE(colored("--gpu rtx3090 --model 27b"));
  CHECK(colored("--gpu rtx3090 --model 27b --color always"));
  env.terminal = true;
  CHECK(colored("--gpu rtx3090 --model 27b"));
  CHECK_FALSE(colored("--gpu rtx3090 --model 27b --color never"));
  env.no_color = "0";
  CHECK_FALSE(colored("--gpu rtx3090 --model 27b"));
  env.no_color.clear();
  env.term = "dumb";
  CHECK_FALSE(colored("--gpu rtx3090 --model 27b"));
}

TEST_CASE("where nothing fits in a runtime, another in which something does is named") {
  const std::string asked = "--gpu rtx3090 --ram 64GB --model 122b";
  const Ran none = run_program(words(asked + " --runtime vllm"));
  CHECK(none.code == 1);
  const auto at = none.out.find("llama.cpp runs ");
  INFO(none.out);
  REQUIRE(at != std::string::npos);
  CHECK(none.out.find("--runtime llama.cpp.", at) != std::string::npos);
  std::string sentence = none.out.substr(at, none.out.find("--runtime llama.cpp", at) - at);
  for (auto gap = sentence.find("\n      "); gap != std::string::npos; gap = sentence.find("\n      "))
    sentence.replace(gap, 7, " ");
  sentence += "--runtime llama.cpp";
  const auto document = nlohmann::json::parse(run_program(words(asked + " --runtime vllm --json")).out);
  REQUIRE(!document["results"].empty());
  for (const auto& result : document["results"]) {
    CHECK(std::count_if(result["notes"].begin(), result["notes"].end(), [&](const nlohmann::json& note) {
            return note["code"] == "other_runtime" && note["text"] == sentence;
          }) == 1);
  }
  const Ran markdown = run_program(words(asked + " --runtime vllm --markdown"));
  CHECK(markdown.out.find("\n\nNote: " + sentence + ".\n") != std::string::npos);
  for (const char* format : {" --json", " --markdown"}) {
    const Ran fits = run_program(words("--gpu rtx3090 --model 9b --runtime vllm" + std::string(format)));
    CHECK(fits.out.find("other_runtime") == std::string::npos);
    CHECK(fits.out.find("Note: ") == std::string::npos);
  }
  CHECK(run_program(words(asked + " --runtime llama.cpp")).code == 0);
  const Ran nowhere = run_program(words("--gpu rtx3060-12gb --model 397b --runtime vllm"));
  CHECK(nowhere.code == 1);
  CHECK(nowhere.out.find("llama.cpp runs ") == std::string::npos);
}

TEST_CASE("a single device shares no layers, whatever was asked") {
  for (const char* asked :
       {"--gpu rtx3090 --model 9b --split-mode tensor",
        "--gpu none --ram 64GB --model 9b --split-mode tensor", "--gpu rtx3090 --model 9b --runtime vllm"}) {
    const Ran ran = run_program(words(asked));
    INFO(asked << ran.err << ran.out);
    CHECK(ran.code == 0);
    CHECK(ran.out.find("split by") == std::string::npos);
  }
}

TEST_CASE("an MLX file that anyone can make is recommended before a slow original") {
  const Ran ran = run_program(words("--gpu m3-max-128gb --model qwen3-32b --runtime mlx --quiet"));
  INFO(ran.out);
  CHECK(ran.out.find("MLX BF16") == std::string::npos);
  CHECK(ran.out.find("bit: fits") != std::string::npos);
}
