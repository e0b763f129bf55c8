// The scripts of `completion` in real shells; one that is not installed is left out with a word.

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "catch.h"
#include "cli/support.h"
#include "support/terminal.h"

using namespace qwenfit;

namespace {

/// A line as typed before the tab key, and what it is afterwards in bash and in zsh.
struct Tab {
  std::string typed, completed;
};

const std::vector<Tab>& tabs() {
  static const std::vector<Tab> kTabs = {
      {"qwenfit cat", "qwenfit catalog "},
      {"qwenfit catalog ch", "qwenfit catalog check "},
      {"qwenfit --gpu rtx3090t", "qwenfit --gpu rtx3090ti "},
      {"qwenfit --gpu=rtx3090t", "qwenfit --gpu=rtx3090ti "},
      {"qwenfit --gpu 2xrtx3090t", "qwenfit --gpu 2xrtx3090ti "},
      {"qwenfit --gpu 2xrtx3090:pc", "qwenfit --gpu 2xrtx3090:pcie="},
      {"qwenfit --gpu rtx3090:pcie=4x16,nv", "qwenfit --gpu rtx3090:pcie=4x16,nvlink "},
      {"qwenfit --model 9b,27", "qwenfit --model 9b,27b "},
      {"qwenfit --model 9b --quant q4_k_m@uns", "qwenfit --model 9b --quant q4_k_m@unsloth "},
      {"qwenfit buy --model 27b --price rtx3090t", "qwenfit buy --model 27b --price rtx3090ti="},
      {"qwenfit --runtime vl", "qwenfit --runtime vllm "},
      {"true | qwenfit --runtime vl", "true | qwenfit --runtime vllm "},
      {"qwenfit --flash-attn=of", "qwenfit --flash-attn=off "},
  };
  return kTabs;
}

bool is_installed(const std::string& shell) {
  if (std::system(("command -v " + shell + " > /dev/null").c_str()) == 0) return true;
  WARN(shell + " is not installed: its completions are not tried");
  return false;
}

/// A folder of its own as home, and the program before any other of its name.
std::string settled(const std::string& shell) {
  const auto home = std::filesystem::temp_directory_path() / ("qwenfit-" + shell);
  std::filesystem::remove_all(home);
  std::filesystem::create_directories(home);
  std::ofstream(home / "own build.json") << "{}";
  setenv("HOME", home.c_str(), 1);
  setenv("TERM", "dumb", 1);
  setenv("LC_ALL", "C.UTF-8", 1);
  unsetenv("XDG_CONFIG_HOME");
  const std::string exe = QWENFIT_EXE;
  const char* path = std::getenv("PATH");
  setenv("PATH", (exe.substr(0, exe.rfind('/')) + ":" + (path ? path : "/usr/bin:/bin")).c_str(), 1);
  return home.string();
}

/// What stands on the line after the tab key; a key that `settle` binds shows it between < and >.
std::string completed(Terminal& terminal, const std::string& typed) {
  terminal.type(typed + "\t\x14");
  const std::string shown = terminal.until(">");
  const auto begin = shown.rfind('<');
  terminal.type("\x15");
  return begin == std::string::npos ? shown : shown.substr(begin + 1, shown.size() - begin - 2);
}

void try_tabs(Terminal& terminal, const std::string& home) {
  for (const Tab& tab : tabs()) {
    INFO(tab.typed);
    CHECK(completed(terminal, tab.typed) == tab.completed);
  }
  CHECK(completed(terminal, "qwenfit plan " + home + "/own") ==
        "qwenfit plan " + home + "/own\\ build.json ");
  CHECK(completed(terminal, "qwenfit --html=" + home + "/own") ==
        "qwenfit --html=" + home + "/own\\ build.json ");
}

}  // namespace

TEST_CASE("bash completes what the program offers") {
  if (!is_installed("bash")) return;
  const std::string home = settled("bash");
  Terminal terminal({"bash", "--norc", "--noprofile", "-i"});
  terminal.type(
      "PS1=; bind -x '\"\\C-t\": printf \"<%s>\" \"$READLINE_LINE\"'; source <(qwenfit completion bash); "
      "echo ready$((1+1))\n");
  REQUIRE(terminal.until("ready2").ends_with("ready2"));
  try_tabs(terminal, home);
}

TEST_CASE("zsh completes what the program offers") {
  if (!is_installed("zsh")) return;
  const std::string home = settled("zsh");
  Terminal terminal({"zsh", "-f", "-i"});
  terminal.type(
      "PS1=; show() { print -rn -- \"<$BUFFER>\" }; zle -N show; bindkey '^T' show; bindkey '^U' "
      "kill-whole-line; autoload -Uz compinit; compinit -u -D; source <(qwenfit completion zsh); "
      "print ready$((1+1))\n");
  REQUIRE(terminal.until("ready2").ends_with("ready2"));
  try_tabs(terminal, home);
}

TEST_CASE("fish completes what the program offers") {
  if (!is_installed("fish")) return;
  const std::string home = settled("fish");
  std::string script = "qwenfit completion fish | source\n";
  std::string expected;
  for (const Tab& tab : tabs()) {
    script += "complete -C '" + tab.typed + "' | string replace -r '\\t.*' ''\n";
    std::string word = tab.completed.substr(0, tab.completed.find_last_not_of(' ') + 1);
    expected += word.substr(word.rfind(' ') + 1) + "\n";
  }
  script += "complete -C 'qwenfit plan " + home + "/own'\ncomplete -C 'qwenfit --html=" + home + "/own'\n";
  expected += home + "/own build.json\n--html=" + home + "/own build.json\n";
  std::ofstream(home + "/script.fish") << script;
  FILE* pipe = popen(("fish --no-config '" + home + "/script.fish'").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> chunk{};
  while (const std::size_t n = std::fread(chunk.data(), 1, chunk.size(), pipe))
    output.append(chunk.data(), n);
  pclose(pipe);
  CHECK(output == expected);
}
