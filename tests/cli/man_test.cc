#include "cli/man.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "catch.h"
#include "cli/help.h"
#include "cli/support.h"

using namespace qwenfit;

namespace {

std::string man_page() {
  std::ostringstream out;
  print_man_page(out, "0.1.0", "2026-11-22");
  return out.str();
}

/// Names of tagged paragraphs that begin with two dashes, without roff's marks.
std::multiset<std::string> options_of(const std::string& page) {
  std::multiset<std::string> names;
  const std::string lead = ".TP\n\\fB\\-\\-";
  for (auto at = page.find(lead); at != std::string::npos; at = page.find(lead, at + 1)) {
    const auto begin = at + lead.size();
    std::string name = page.substr(begin, page.find("\\fR", begin) - begin);
    for (auto dash = name.find("\\-"); dash != std::string::npos; dash = name.find("\\-"))
      name.erase(dash, 1);
    names.insert(name);
  }
  return names;
}

}  // namespace

TEST_CASE("the manual page has the options of the tables, each once") {
  std::multiset<std::string> table;
  for (const auto& option : query_options()) table.emplace(option.name);
  for (const auto& option : buy_options()) table.emplace(option.name);
  for (const auto& option : answer_options()) table.emplace(option.name);
  CHECK(options_of(man_page()) == table);
  for (const auto& command : commands())
    CHECK(man_page().find("\\fB" + std::string(command.name) + "\\fR") != std::string::npos);
}

TEST_CASE("no text of the manual page is taken for a command of roff") {
  const std::set<std::string> known = {".TH", ".SH", ".SS", ".TP", ".PP", ".nf", ".fi", ".br"};
  std::istringstream lines(man_page());
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK_FALSE(line.starts_with('\''));
    if (line.starts_with('.')) CHECK(known.contains(line.substr(0, line.find(' '))));
    CHECK_FALSE(line.empty());
  }
}

TEST_CASE("groff has nothing to say about the manual page") {
  if (std::system("command -v groff > /dev/null") != 0) {
    WARN("groff is not installed: the manual page is not set");
    return;
  }
  const auto file = std::filesystem::temp_directory_path() / "qwenfit-man-test.1";
  std::ofstream(file) << man_page();
  const std::string command =
      "test -z \"$(groff -ww -man -Tascii -P-c '" + file.string() + "' 2>&1 > /dev/null)\"";
  CHECK(std::system(command.c_str()) == 0);
  std::filesystem::remove(file);
}

TEST_CASE("the examples of help and manual page run") {
  for (const UsageExample& example : usage_examples()) {
    INFO(example.line);
    auto args = words(std::string(example.line));
    REQUIRE(args.front() == "qwenfit");
    args.erase(args.begin());
    const Ran ran = run_program(args);
    CHECK(ran.code == 0);
    CHECK(ran.err.empty());
  }
}
