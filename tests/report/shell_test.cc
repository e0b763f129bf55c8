#include "report/shell.h"

#include "catch.h"
#include "report/command_lines.h"
#include "support/shell_script.h"

using namespace qwenfit;

TEST_CASE("a word is quoted when a shell would read it differently") {
  CHECK(shell_word("unsloth/Qwen3.5-27B-GGUF:Q4_K_M") == "unsloth/Qwen3.5-27B-GGUF:Q4_K_M");
  CHECK(shell_word("a,b=c%d+e@f") == "a,b=c%d+e@f");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("$(id)") == "'$(id)'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("~") == "'~'");
}

TEST_CASE("a quoted word reads back as it was") {
  for (const std::string text : {"a b", "it's", "''", "$(rm -rf /)", "`x`", "a\\b", "*?[x]", "a;b|c&d>e<f",
                                 "\"q\"", "#x", "!x", "{a,b}", "%s\\n"}) {
    const ShellScript script = read_shell("x " + shell_word(text));
    INFO(text << ": " << script.fault);
    REQUIRE(script.fault.empty());
    REQUIRE(script.commands.size() == 1);
    CHECK(script.commands[0].words == std::vector<std::string>{"x", text});
  }
}

TEST_CASE("names of repositories, tags and files are told from other text") {
  CHECK(is_repository("unsloth/Qwen3.5-27B-GGUF"));
  for (const char* bad :
       {"", "a", "a/", "/a", "a/b/c", "-a/b", "a/-b", "./b", "a/..", "a b/c", "a/b;c", "a/b\n"})
    CHECK_FALSE(is_repository(bad));
  CHECK(is_tag("UD-Q4_K_XL"));
  for (const char* bad : {"", "-a", "a b", "a:b", "a/b"}) CHECK_FALSE(is_tag(bad));
  CHECK(is_file_path("BF16/a-00001-of-00002.gguf"));
  CHECK(is_file_path("with blanks.gguf"));
  for (const char* bad : {"", "/a", "a//b", "-a", "a/-b", "../a", "a/..", "a\nb"})
    CHECK_FALSE(is_file_path(bad));
}

TEST_CASE("a command keeps its meaning on a narrow screen") {
  const std::string command =
      "# the server must run with: OLLAMA_KV_CACHE_TYPE=q8_0 and a long rest of the sentence that wraps\n"
      "printf '%s\\n' 'FROM hf.co/a/b:Q4_K_M' 'PARAMETER num_ctx 8192' > Modelfile.x &&\n"
      "ollama create x -f Modelfile.x &&\n"
      "ollama run x-with-a-name-that-is-longer-than-the-whole-screen-is-wide-and-more";
  const auto whole = read_shell(command);
  REQUIRE(whole.fault.empty());
  for (const unsigned width : {40U, 60U, 80U, 200U}) {
    std::string text = command_lines(command, width);
    CHECK(text.find("  # the server") == 0);
    for (std::size_t at; (at = text.find("\\\n")) != std::string::npos;) text.erase(at, 2);
    const auto wrapped = read_shell(text);
    INFO(text << wrapped.fault);
    REQUIRE(wrapped.fault.empty());
    REQUIRE(wrapped.commands.size() == whole.commands.size());
    for (std::size_t i = 0; i < whole.commands.size(); ++i) {
      CHECK(wrapped.commands[i].words == whole.commands[i].words);
      CHECK(wrapped.commands[i].redirect == whole.commands[i].redirect);
    }
  }
}
