#include "cli/complete.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "catch.h"
#include "cli/support.h"
#include "query/text.h"

using namespace qwenfit;

namespace {

Completion at_end_of(const std::vector<std::string>& line) {
  return complete_line(line, Catalog::builtin());
}

std::vector<std::string> texts(const std::vector<std::string>& line) {
  std::vector<std::string> out;
  for (const auto& candidate : at_end_of(line).candidates) out.push_back(candidate.text);
  return out;
}

std::vector<std::string> every_option(bool with_value) {
  std::vector<std::string> names;
  const auto add = [&](const auto& table) {
    for (const auto& option : table) {
      if (option.value.empty() != with_value) names.push_back("--" + std::string(option.name));
    }
  };
  add(query_options());
  add(buy_options());
  add(answer_options());
  return names;
}

/// The names that the message about an unknown value lists: "it takes a, b or c".
std::set<std::string> taken(const std::string& message) {
  const std::string lead = "it takes ";
  const auto at = message.find(lead);
  if (at == std::string::npos) return {};
  std::string list = message.substr(at + lead.size(), message.find('\n', at) - at - lead.size());
  for (auto gap = list.find(" or "); gap != std::string::npos; gap = list.find(" or "))
    list.replace(gap, 4, ",");
  std::set<std::string> names;
  for (const auto name : split(list, ',')) names.emplace(name);
  return names;
}

}  // namespace

TEST_CASE("enumerated options complete to just what they take") {
  const std::string machine = "--gpu rtx3090 --model 27b ";
  for (const std::string& line :
       {machine + "--os", machine + "--backend", machine + "--storage", machine + "--runtime",
        machine + "--kv", machine + "--kv-k", machine + "--kv-v", machine + "--flash-attn",
        machine + "--split-mode", machine + "--color", machine + "--launch",
        std::string("buy --model 27b --class")}) {
    INFO(line);
    auto args = words(line);
    args.emplace_back("no-such-value");
    const auto expected = taken(run_program(args).err);
    CHECK_FALSE(expected.empty());
    args.back() = "";
    const auto offered = texts(args);
    CHECK(std::set<std::string>(offered.begin(), offered.end()) == expected);
  }
}

TEST_CASE("whatever has names is completed; numbers alone are not") {
  const std::set<std::string> numbers = {"--wired-limit-mb", "--parallel", "--ubatch", "--tensor-split",
                                         "--min-tps",        "--budget",   "--ram",    "--power-price",
                                         "--api-price"};
  for (const auto& option : every_option(true)) {
    INFO(option);
    const Completion completion = at_end_of({option, ""});
    CHECK((completion.candidates.empty() && !completion.files) == numbers.contains(option));
  }
  CHECK(texts({"--ram", "64"}) == std::vector<std::string>{"64GB", "64GiB"});
  for (const auto& option : every_option(false)) CHECK(texts({option, "--gp"}).front() == "--gpu");
}

TEST_CASE("every device, model and quant is offered, and every name offered is known") {
  const Catalog& catalog = Catalog::builtin();
  std::size_t gpus = 0, cpus = 0;
  for (const DeviceRow& row : catalog.rows().devices) {
    const bool cpu = row.device_class == DeviceClass::cpu;
    ++(cpu ? cpus : gpus);
    const auto offered = texts({cpu ? "--cpu" : "--gpu", std::string(row.id)});
    INFO(row.id);
    CHECK(contains(offered, row.id));
  }
  CHECK(texts({"--cpu", ""}).size() == cpus);
  CHECK(texts({"--gpu", ""}).size() == gpus + 3);  // none, auto and custom:memory=
  for (const char first : std::string("0123456789abcdefghijklmnopqrstuvwxyz")) {
    const std::string typed(1, first);
    for (const auto& name : texts({"compare", "rtx3090", typed})) {
      INFO(name);
      CHECK((name == "none" || name == "auto" || name == "custom:memory=" || catalog.gpu(name)));
    }
    for (const auto& name : texts({"--model", typed})) CHECK((name == "all" || catalog.model(name)));
    for (const auto& name : texts({"--quant", typed})) CHECK((name == "all" || catalog.quant(name)));
    for (const auto& name : texts({"--cpu", typed})) CHECK(catalog.cpu(name));
  }
  CHECK(texts({"--model", ""}).size() == catalog.rows().models.size() + 1);
  CHECK(texts({"--quant", ""}).size() == catalog.rows().quants.size() + 1);
}

TEST_CASE("counts, links and lists go on where they are") {
  CHECK(texts({"--gpu", "2xrtx3090t"}) == std::vector<std::string>{"2xrtx3090ti"});
  CHECK(texts({"--gpu", "RTX3090T"}) == std::vector<std::string>{"rtx3090ti"});
  CHECK(texts({"--gpu", "7900xrtx3090t"}).empty());
  CHECK(texts({"--gpu", "0xrtx3090t"}).empty());
  CHECK(texts({"--gpu", "rtx3090:"}) == std::vector<std::string>{"rtx3090:pcie=", "rtx3090:nvlink"});
  CHECK(texts({"--gpu", "rtx3090:nvlink,"}) == std::vector<std::string>{"rtx3090:nvlink,pcie="});
  CHECK(contains(texts({"--gpu", "2xrtx3090:pcie=4x"}), "2xrtx3090:pcie=4x16"));
  CHECK(contains(texts({"--gpu", "custom:memory=24GiB,backend="}), "custom:memory=24GiB,backend=cuda"));
  CHECK(texts({"--gpu", "no-such-device:"}).empty());
  CHECK(texts({"--model", "9b,27"}) == std::vector<std::string>{"9b,27b"});
  CHECK_FALSE(contains(texts({"--model", "27b,2"}), "27b,27b"));
  CHECK(texts({"--model", "27b", "--quant", "q4_k_m,q8_0@uns"}) ==
        std::vector<std::string>{"q4_k_m,q8_0@unsloth"});
  CHECK(texts({"--runtime=vl"}) == std::vector<std::string>{"--runtime=vllm"});
  CHECK(texts({"buy", "--price", "rtx3090t"}) == std::vector<std::string>{"rtx3090ti="});
}

TEST_CASE("every link offered is taken") {
  for (const auto& text : texts({"--gpu", "rtx4090:pcie="})) {
    INFO(text);
    CHECK(run_program({"--gpu", text, "--model", "9b", "--quant", "q4_k_m", "--quiet"}).code == 0);
  }
}

TEST_CASE("a command is offered the options that it takes, and those alone") {
  for (const CommandRow& row : commands()) {
    auto line = words(std::string(row.name));
    line.emplace_back("--");
    const auto offered = texts(line);
    for (const bool with_value : {false, true}) {
      for (const auto& option : every_option(with_value)) {
        auto args = words(std::string(row.name));
        args.push_back(option);
        if (with_value) args.emplace_back("1");
        INFO(row.name << " " << option);
        if (contains(offered, option)) {
          CHECK(takes_option(&row, option.substr(2)));
        } else {
          const std::string message = run_program(args).err;
          CHECK((message.find("takes no " + option) != std::string::npos ||
                 message.find(option + " goes with") != std::string::npos ||
                 message.find("; drop " + option) != std::string::npos));
        }
      }
    }
  }
}

TEST_CASE("what is given already is not offered again, what may repeat is") {
  CHECK_FALSE(contains(texts({"--ctx", "8k", "--"}), "--ctx"));
  CHECK_FALSE(contains(texts({"--ctx=8k", "--"}), "--ctx"));
  CHECK(contains(texts({"--gpu", "rtx3090", "--"}), "--gpu"));
  CHECK(contains(texts({"--catalog", "a.json", "--"}), "--catalog"));
  CHECK_FALSE(contains(texts({"--gpu", "rtx3090", "--"}), "--min-tps"));
  CHECK(contains(texts({"--model", "27b", "--"}), "--min-tps"));
  CHECK_FALSE(contains(texts({"--model", "27b", "--"}), "--budget"));
}

TEST_CASE("the first word is a command, and what follows is its own") {
  std::set<std::string> first;
  for (const CommandRow& row : commands()) first.emplace(row.name.substr(0, row.name.find(' ')));
  const auto offered = texts({""});
  CHECK(std::set<std::string>(offered.begin(), offered.end()) == first);
  CHECK(texts({"catalog", ""}) == std::vector<std::string>{"check"});
  CHECK(at_end_of({"catalog", "check", ""}).files);
  CHECK(at_end_of({"plan", "b"}).files);
  CHECK(at_end_of({"--html", ""}).files);
  CHECK(texts({"completion", ""}) == std::vector<std::string>{"bash", "zsh", "fish"});
  CHECK(texts({"gpus", "rtx3090t"}) == std::vector<std::string>{"rtx3090ti"});
  CHECK(texts({"gpus", "rtx3090", ""}).front() == "--json");
  CHECK(contains(texts({"--gpu", "rtx3090", ""}), "--model"));
}

TEST_CASE("rows of catalog files are completed, and faults in one are no fault here") {
  const auto folder = std::filesystem::temp_directory_path() / "qwenfit-complete-test";
  std::filesystem::create_directories(folder / "qwenfit");
  const auto file = (folder / "qwenfit" / "own.json").string();
  std::ofstream(file)
      << R"({"schema":"qwenfit.data.devices/1","rows":[{"id":"zz-own","name":"Own","class":"gpu",
    "vendor":"NVIDIA","unified":false,"capacity_bytes":8589934592,"bandwidth_bytes_per_s":100000000000,
    "default_backend":"cuda","source":["own"],"date":"2026-11"}]})";
  Environment home;
  home.config_home = folder.string();
  const std::string row = "zz-own\tOwn\n";
  CHECK(run_program({"__complete", "--gpu", "zz"}).out.empty());
  CHECK(run_program({"__complete", "--gpu", "zz"}, "", home).out == row);
  CHECK(run_program({"__complete", "--catalog", "none", "--gpu", "zz"}, "", home).out.empty());
  CHECK(run_program({"__complete", "--catalog=" + file, "--gpu", "zz"}).out == row);
  std::ofstream(file) << "{";
  const Ran broken = run_program({"__complete", "--gpu", "rtx3090t"}, "", home);
  CHECK(broken.code == 0);
  CHECK(broken.err.empty());
  CHECK(broken.out.starts_with("rtx3090ti\t"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("completion takes a shell that it knows") {
  for (const auto shell : known_shells()) {
    const Ran ran = run_program({"completion", std::string(shell)});
    CHECK(ran.code == 0);
    CHECK(ran.out.find("__complete") != std::string::npos);
  }
  CHECK(run_program({"completion"}).err.find("bash, zsh or fish") != std::string::npos);
  CHECK(run_program({"completion", "tcsh"}).code == 2);
  CHECK(run_program({"completion", "bash", "--json"}).code == 2);
}

TEST_CASE("no line, however odd, is too much for completion") {
  for (const std::vector<std::string>& line :
       std::vector<std::vector<std::string>>{{},
                                             {"--"},
                                             {"="},
                                             {"--="},
                                             {"--gpu="},
                                             {"--gpu", ":"},
                                             {"--gpu", "2x"},
                                             {"--gpu", "custom:,,="},
                                             {"--quant", "@"},
                                             {"--quant", ",,@,"},
                                             {"--model", ",,,"},
                                             {"--headless=x"},
                                             {"-"},
                                             {"--no=x"},
                                             {"--gpu", "\xff\xfe"},
                                             {"__complete"},
                                             {"--gpu", std::string(100000, 'x')},
                                             {"catalog", "check", "a", ""},
                                             {"--price", "="},
                                             {"--ram", "."},
                                             {"--ram", "1e999999"}}) {
    auto args = line;
    args.insert(args.begin(), "__complete");
    const Ran ran = run_program(args);
    CHECK(ran.code == 0);
    CHECK(ran.err.empty());
  }
}
