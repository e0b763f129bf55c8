#include "report/option_check.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

#include "support/shell_script.h"

namespace qwenfit {
namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  std::string word;
  while (in >> word) words.push_back(word);
  return words;
}

/// How many words besides options each program takes.
const std::map<std::string, std::size_t, std::less<>>& operands() {
  static const std::map<std::string, std::size_t, std::less<>> counts = {
      {"llama-server", 0},   {"ollama create", 1},   {"ollama run", 1},
      {"lms get", 1},        {"lms load", 1},        {"mlx_lm.server", 0},
      {"vllm serve", 1},     {"mlx_vlm.server", 0},  {"python -m sglang.launch_server", 0},
      {"mlx_lm.convert", 0}, {"mlx_vlm.convert", 0},
  };
  return counts;
}

class Check {
 public:
  Check(std::string_view runtime, std::span<const RuntimeOptionRow> options)
      : runtime_(runtime), options_(options) {}

  std::string run(std::string_view text) {
    const ShellScript script = read_shell(text);
    if (!script.fault.empty()) return script.fault;
    if (script.commands.empty()) return "no command";
    for (const std::string& comment : script.comments) check_comment(comment);
    for (const ShellCommand& command : script.commands) check_command(command);
    return fault_;
  }

 private:
  void fault(const std::string& text) {
    if (fault_.empty()) fault_ = text;
  }

  const RuntimeOptionRow* row(std::string_view program, std::string_view name) const {
    for (const RuntimeOptionRow& option : options_) {
      if (option.runtime != runtime_ || option.program != program) continue;
      if (std::find(option.names.begin(), option.names.end(), name) != option.names.end()) return &option;
    }
    return nullptr;
  }

  static bool is_number(const std::string& text, const RuntimeOptionRow& option, bool whole) {
    if (text.empty() || text.find_first_not_of("0123456789.") != std::string::npos) return false;
    if (whole && text.find('.') != std::string::npos) return false;
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (end != text.c_str() + text.size()) return false;
    return (!option.least || value >= *option.least) && (!option.most || value <= *option.most);
  }

  static bool takes(const RuntimeOptionRow& option, const std::string& value) {
    if (std::count(option.choices.begin(), option.choices.end(), value) > 0) return true;
    std::istringstream list(value);
    std::string item;
    bool all = !value.empty() && value.back() != ',';
    switch (option.value) {
      case OptionValue::integer:
        return is_number(value, option, true);
      case OptionValue::number:
        return is_number(value, option, false);
      case OptionValue::numbers:
        while (std::getline(list, item, ',')) all = all && is_number(item, option, false);
        return all;
      case OptionValue::text:
        return !value.empty() && value.front() != '-';
      default:
        return false;
    }
  }

  void check_value(std::string_view program, const std::string& name, const std::string& value) {
    const RuntimeOptionRow* option = row(program, name);
    if (option == nullptr || option->value == OptionValue::flag)
      return fault(std::string(program) + " has no " + name + " with a value");
    if (!takes(*option, value)) fault(std::string(program) + " " + name + " takes no " + value);
  }

  /// NAME=VALUE in a comment is a setting of the server.
  void check_comment(const std::string& comment) {
    for (const std::string& word : words_of(comment)) {
      const auto equals = word.find('=');
      if (word.starts_with("OLLAMA_") && equals != std::string::npos)
        check_value("ollama serve", word.substr(0, equals), word.substr(equals + 1));
    }
  }

  void check_modelfile(const ShellCommand& command) {
    if (command.words.size() < 3 || command.words[1] != "%s\\n" || command.redirect.empty())
      return fault("printf without a format or a file");
    if (command.redirect.front() == '-' || command.redirect.find('/') != std::string::npos)
      fault("a Modelfile elsewhere");
    for (std::size_t i = 2; i < command.words.size(); ++i) {
      const std::string& line = command.words[i];
      if (line.find('\n') != std::string::npos) return fault("a line end in a line");
      const auto words = words_of(line);
      if (words.size() == 2 && words[0] == "FROM" && i == 2) continue;
      if (words.size() != 3 || words[0] != "PARAMETER") return fault("a Modelfile has no " + line);
      check_value("Modelfile", words[1], words[2]);
    }
  }

  void check_command(const ShellCommand& command) {
    const auto& words = command.words;
    if (words.front() == "printf") return check_modelfile(command);
    if (!command.redirect.empty()) fault("a redirection of " + words.front());
    if (words.size() == 3 && words[0] == "sudo" && words[1] == "sysctl") {
      const auto equals = words[2].find('=');
      if (equals == std::string::npos) return fault("sysctl without a value");
      return check_value("sysctl", words[2].substr(0, equals), words[2].substr(equals + 1));
    }
    std::string program;
    std::size_t at = 0;
    while (at < words.size() && !operands().contains(program))
      program += (program.empty() ? "" : " ") + words[at++];
    if (!operands().contains(program)) return fault("no program is known in " + program);
    std::size_t others = 0;
    for (; at < words.size(); ++at) {
      if (words[at].empty() || words[at].front() != '-') {
        ++others;
        continue;
      }
      const RuntimeOptionRow* option = row(program, words[at]);
      if (option == nullptr) return fault(program + " has no option " + words[at]);
      if (option->value == OptionValue::flag) continue;
      if (at + 1 == words.size()) return fault(words[at] + " without a value");
      check_value(program, words[at], words[at + 1]);
      ++at;
    }
    if (others != operands().at(program)) fault(program + " takes another number of words");
    const bool makes = program == "mlx_lm.convert" || program == "mlx_vlm.convert";
    const auto path = std::find(words.begin(), words.end(), "--mlx-path");
    const std::string folder = makes && path != words.end() ? *(path + 1) : "";
    if (command.unless != folder) fault(program + " runs unless there is another folder than it makes");
  }

  std::string_view runtime_;
  std::span<const RuntimeOptionRow> options_;
  std::string fault_;
};

}  // namespace

std::string command_fault(std::string_view command, std::string_view runtime,
                          std::span<const RuntimeOptionRow> options) {
  return Check(runtime, options).run(command);
}

}  // namespace qwenfit
