// Every command that a random grid of questions leads to, against the table of options.

#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>
#include <set>
#include <sstream>

#include "catch.h"
#include "cli/reply.h"
#include "report/command_lines.h"
#include "report/launch.h"
#include "report/option_check.h"
#include "support/sampling.h"
#include "support/shell_script.h"

using namespace qwenfit;

namespace {

using Engine = std::mt19937;

std::string pick(Engine& engine, const std::vector<std::string>& choices) {
  return choices[engine() % choices.size()];
}

/// Machines, models and settings of every kind; empty entries leave an option out.
Query random_query(Engine& engine) {
  static const std::vector<std::vector<std::string>> kGpus = {
      {"rtx3090"},      {"2xrtx3090"},
      {"rtx3060-12gb"}, {"2xrtx3090", "rtx3060-12gb"},
      {"4xrtx4090"},    {"none"},
      {"2xh100-80gb"},  {"rx7900xtx"},
      {"arc-b580"},     {"m4-max-128gb"},
      {"m3-max-64gb"},  {"3xa100-80gb"},
      {"rtx5090"},      {"custom:memory=24GiB,bandwidth=900"},
      {"8xrtx3090"},    {"15xrtx3060-12gb"},
      {"16xrtx3090"},   {"strix-halo-395-128gb"},
      {"780m"},         {"custom:memory=64GiB,backend=metal"}};
  static const std::vector<std::string> kModels = {
      "0.8b", "4b", "9b", "27b", "35b-a3b", "122b-a10b", "397b-a17b", "qwen3-8b", "qwen3.6-27b", "qwen3-32b"};
  static const std::map<std::string, std::vector<std::string>> kQuants = {
      {"", {"", "q8_0"}},
      {"llama.cpp", {"", "all", "q4_k_m", "q4_k_m@llama.cpp"}},
      {"ollama", {"", "q4_k_m@ollama", "q8_0", "mlx-bf16@ollama"}},
      {"lmstudio", {"", "q4_k_m", "mlx-4bit"}},
      {"mlx", {"", "mlx-4bit", "mlx-bf16", "mlx-mxfp8", "mlx-optiq-4bit@mlx-community"}},
      {"vllm", {"", "fp8", "bf16", "gptq-int4"}},
      {"sglang", {"", "fp8", "bf16", "gptq-int4"}},
  };
  const auto runtime = std::next(kQuants.begin(), static_cast<std::ptrdiff_t>(engine() % kQuants.size()));
  Query query;
  query.runtime = runtime->first;
  query.gpu = kGpus[engine() % kGpus.size()];
  if (query.runtime == "mlx") query.gpu = {pick(engine, {"m4-max-128gb", "m4-max-40c-128gb"})};
  if (query.runtime == "vllm" || query.runtime == "sglang")
    query.gpu = {pick(engine, {"rtx5090", "2xh100-80gb", "4xrtx4090", "8xrtx3090", "rtx4060ti-16gb"})};
  const std::string& first = query.gpu.front();
  const bool mac = first.starts_with("m4");
  if (!mac) query.ram = pick(engine, {"", "64GB", "512GiB"});
  if (mac) query.wired_limit_mb = pick(engine, {"", "60000"});
  query.model = {pick(engine, kModels)};
  if (query.runtime == "vllm" || query.runtime == "sglang")
    query.model = {pick(engine, {"0.8b", "9b", "27b", "35b-a3b", "122b-a10b"})};
  if (const std::string quant = pick(engine, runtime->second); !quant.empty()) query.quant = {quant};
  query.ctx = pick(engine, {"", "4096", "32k", "max"});
  query.parallel = pick(engine, {"", "", "4"});
  // Servers of whole repositories have no words for these.
  const bool whole = query.runtime == "mlx" || query.runtime == "vllm" || query.runtime == "sglang";
  if (!whole) {
    query.ubatch = pick(engine, {"", "", "2048", "4096"});
    query.kv = pick(engine, {"", "", "", "q8_0", "q4_0", "bf16"});
    query.flash_attn = query.kv.empty() ? pick(engine, {"", "", "off"}) : "";
    query.split_mode = pick(engine, {"", "", "tensor"});
  } else if (query.runtime != "mlx") {
    query.kv = pick(engine, {"", "", "fp8"});
  }
  query.vision = engine() % 4 == 0;
  query.mtp = query.runtime != "mlx" && engine() % 4 == 0;
  query.headless = engine() % 2 == 0;
  if (!whole && engine() % 8 == 0 && first != "none") query.gpu_layers = pick(engine, {"10", "all"});
  return query;
}

/// Hands a script to `sh -n`, which reads it without running it.
bool shell_accepts(const std::string& script) {
  FILE* pipe = popen("sh -n", "w");
  if (pipe == nullptr) return false;
  std::fputs((script + "\n").c_str(), pipe);
  return pclose(pipe) == 0;
}

/// What llama-server makes of -ub and -b, whose usual values are its documentation's.
std::uint32_t micro_batch_of(const std::string& command) {
  const auto value = [&](const std::string& option, std::uint32_t usual) {
    const auto at = command.find(" " + option + " ");
    return at == std::string::npos
               ? usual
               : static_cast<std::uint32_t>(std::stoul(command.substr(at + option.size() + 2)));
  };
  return std::min(value("-ub", 512), value("-b", 2048));
}

std::string words_of(const Query& query) {
  std::string text;
  for (const auto& gpu : query.gpu) text += " --gpu " + gpu;
  text += " --model " + query.model.front() + " --runtime " + query.runtime + " --ctx " + query.ctx;
  for (const auto& quant : query.quant) text += " --quant " + quant;
  return text + " --kv " + query.kv + " --ram " + query.ram;
}

}  // namespace

TEST_CASE("every command of a random grid keeps to the table of options") {
  Engine engine(20260928);
  Resolver resolver(Catalog::builtin());
  const CatalogInfo info;
  std::map<std::string, std::size_t> commands;
  std::set<std::string> options_seen;
  std::size_t made = 0;
  std::size_t answered = 0, checked = 0;
  const int queries = random_cases(500, 10, 60);
  for (int i = 0; i < queries; ++i) {
    const Query query = random_query(engine);
    const auto reply = reply_to(query, resolver);
    if (!reply) continue;
    ++answered;
    for (const Answer& answer : reply->answers) {
      for (const auto& [runtime, command] : launches(reply->question, answer, info)) {
        const std::string fault = command_fault(command, runtime, info.runtime_options);
        if (!fault.empty()) {
          INFO(words_of(query) << " in " << runtime << ": " << command);
          CHECK(fault == "");
        }
        if (runtime == "llama.cpp") {
          INFO(command);
          CHECK(micro_batch_of(command) == answer.settings.ubatch);
        }
        ++commands[std::string(runtime)];
        const bool makes = command.find("[ -d ") != std::string::npos;
        if (++checked % 97 == 0 || (makes && ++made % 19 == 1)) CHECK(shell_accepts(command));
        std::istringstream in(command);
        for (std::string word; in >> word;) {
          if (word.front() == '-') options_seen.insert(word);
        }
      }
    }
  }
  CHECK(answered > static_cast<std::size_t>(queries) / 4);
  if (queries < 500) return;
  CHECK(made >= 20);
  for (const RuntimeRow& row : info.runtimes) {
    INFO(row.id);
    CHECK(commands[std::string(row.id)] >= 20);
  }
  for (const char* option : {"-ncmoe", "-ts", "-sm", "-kvu", "-ctk", "-ub", "-fit", "--spec-type", "-dev",
                             "--no-mmproj", "--tensor-parallel-size", "--language-model-only", "--q-bits"}) {
    INFO(option);
    CHECK(options_seen.count(option) == 1);
  }
}

TEST_CASE("drafting is timed with as many tokens as the command says") {
  struct Example {
    const char *runtime, *quant, *option;
  };
  Resolver resolver(Catalog::builtin());
  for (const Example& example : {Example{"llama.cpp", "q4_k_m", "--spec-draft-n-max "},
                                 Example{"ollama", "q4_k_m", "draft_num_predict "},
                                 Example{"vllm", "fp8", "num_speculative_tokens\":"},
                                 Example{"sglang", "bf16", "--speculative-num-steps "}}) {
    Query query;
    query.gpu = {"h100-80gb"};
    query.model = {"27b"};
    query.quant = {example.quant};
    query.runtime = example.runtime;
    query.mtp = true;
    const auto reply = reply_to(query, resolver);
    REQUIRE(reply);
    const Launch run = launch(reply->question, reply->answers.front(), example.runtime, CatalogInfo{});
    const std::string drafts =
        example.option + std::to_string(reply->question.models.front().speeds.front().draft_tokens);
    INFO(run.command << run.why_not << " says " << drafts);
    CHECK(run.command.find(drafts) != std::string::npos);
  }
}

TEST_CASE("an answer without a command says why") {
  Engine engine(7);
  Resolver resolver(Catalog::builtin());
  const CatalogInfo info;
  for (int i = 0; i < random_cases(150); ++i) {
    const Query query = random_query(engine);
    const auto reply = reply_to(query, resolver);
    if (!reply) continue;
    for (const Answer& answer : reply->answers) {
      for (const RuntimeRow& row : info.runtimes) {
        const Launch run = launch(reply->question, answer, row.id, info);
        CHECK(run.command.empty() != run.why_not.empty());
      }
    }
  }
}

TEST_CASE(
    "the reader of commands takes a test for a folder where a shell reads it as meant, and nowhere else") {
  for (const char* good : {"[ -d a ] || b c", "[ -d a.b-c_1 ] || b &&\nc", "# x\n[ -d a ] || b"}) {
    INFO(good);
    CHECK(read_shell(good).fault.empty());
    CHECK_FALSE(read_shell(good).commands.front().unless.empty());
    CHECK(shell_accepts(good));
  }
  for (const char* bad :
       {"b &&\n[ -d a ] || c", "[ -d a ] && b", "[ -e a ] || b", "[ -d a b ] || c", "[ -d a ] || ",
        "[ -d $a ] || b", "[ -d -a ] || b", "[ -d a ]", "a || b", "[ -d a ] || [ -d b ] || c"}) {
    INFO(bad);
    CHECK_FALSE(read_shell(bad).fault.empty());
  }
}

TEST_CASE("a shown command is the command, whatever the width") {
  Resolver resolver(Catalog::builtin());
  Query query;
  query.gpu = {"m4-max-128gb"};
  query.model = {"35b-a3b"};
  query.quant = {"mlx-mxfp8"};
  query.runtime = "mlx";
  query.wired_limit_mb = "60000";
  const auto reply = reply_to(query, resolver);
  REQUIRE(reply);
  const std::string command = launch(reply->question, reply->answers.front(), "mlx", CatalogInfo{}).command;
  const ShellScript meant = read_shell(command);
  REQUIRE(meant.fault.empty());
  REQUIRE(meant.commands.size() == 3);
  CHECK_FALSE(meant.commands.front().unless.empty());
  for (const std::size_t width : {40U, 60U, 80U, 200U}) {
    const std::string shown = command_lines(command, width);
    INFO(shown);
    CHECK(shell_accepts(shown));
    const ShellScript read = read_shell(std::regex_replace(shown, std::regex("\\\\\n"), ""));
    CHECK(read.fault.empty());
    REQUIRE(read.commands.size() == meant.commands.size());
    for (std::size_t i = 0; i < read.commands.size(); ++i) {
      CHECK(read.commands[i].words == meant.commands[i].words);
      CHECK(read.commands[i].unless == meant.commands[i].unless);
    }
  }
}

TEST_CASE("the table lists the options that llama-server has, and only those") {
  std::ifstream in(QWENFIT_TEST_DATA "/llama_server_options.txt");
  std::set<std::string> known;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    for (std::string word; words >> word && word.front() == '-';) {
      if (word.back() == ',') word.pop_back();
      known.insert(word);
    }
  }
  REQUIRE(known.size() > 300);
  std::set<std::string> listed;
  for (const RuntimeOptionRow& row : Catalog::builtin().rows().runtime_options) {
    if (row.program != "llama-server") continue;
    for (const auto name : row.names) listed.insert(std::string(name));
  }
  CHECK(listed == known);
}

TEST_CASE("hostile names of a catalog never reach a shell bare") {
  const std::vector<std::string> hostile = {
      "a/b;rm -rf x", "$(touch x)/y",   "`id`/y",      "a/b c",  "a/'b'", "a/\"b\"", "-hf/x",
      "a/-b",         "a/b\nrm x",      "../../etc/x", "a/b|sh", "a/b&",  "a/b>c",   "~/x",
      "a/b#c",        "'; rm -rf ~; '", "a/b\\",       "a/b\tc", "a/*",   "a/b!x",   "\xff/\xfe"};
  Resolver resolver(Catalog::builtin());
  const CatalogInfo info;
  for (const char* asked : {"q4_k_m", "q4_k_m@llama.cpp", "q4_k_m@ollama", "fp8", "mlx-4bit", "mlx-mxfp8"}) {
    Query query;
    query.gpu = {std::string(asked).starts_with("mlx") ? "m4-max-128gb" : "rtx4090"};
    query.model = {"9b"};
    query.quant = {asked};
    for (const std::string& name : hostile) {
      for (int place = 0; place < 4; ++place) {
        auto reply = reply_to(query, resolver);
        REQUIRE(reply);
        auto& subject = reply->question.models.front();
        Build& build = subject.builds.front();
        if (place == 0) build.repo = name;
        if (place == 1) build.file = name;
        if (place == 2) build.quant_name = name;
        if (place == 3) subject.model.name = subject.model.repo = name;
        reply->question.machine.devices.front().name = name;
        for (const RuntimeRow& row : info.runtimes) {
          const Launch run = launch(reply->question, reply->answers.front(), row.id, info);
          INFO(asked << " " << place << " " << name << " in " << row.id << ": " << run.command);
          CHECK(run.command.empty() != run.why_not.empty());
          if (!run.command.empty()) CHECK(command_fault(run.command, row.id, info.runtime_options) == "");
        }
      }
    }
  }
}
