#include "report/command_lines.h"

#include <vector>

#include "report/format.h"

namespace qwenfit {
namespace {

/// Words as they are written, quotes included.
std::vector<std::string> written_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  for (const char c : line) {
    if (c == ' ' && !quoted) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
      continue;
    }
    if (c == '\'') quoted = !quoted;
    word += c;
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

/// What stays on one line: an option with its value, a redirection with its file, a word with the `&&` after
/// it, a test with its brackets.
std::vector<std::string> pieces_of(std::string_view line) {
  std::vector<std::string> pieces;
  bool takes_next = false;
  bool in_test = false;
  for (std::string& word : written_words(line)) {
    const bool option = word.front() == '-';
    if (!pieces.empty() && (in_test || (takes_next && !option) || word == "&&"))
      pieces.back() += ' ' + word;
    else
      pieces.push_back(word);
    in_test = word == "[" || (in_test && word != "||");
    takes_next = !in_test && (option || word == ">");
  }
  return pieces;
}

std::string shell_lines(std::string_view line, std::size_t width) {
  const std::size_t room = width - 2;
  std::string out, current = " ";
  bool first = true;
  for (const std::string& piece : pieces_of(line)) {
    if (!first && current.size() + 1 + piece.size() > room) {
      out += current + " \\\n";
      current = "   ";
    }
    current += ' ' + piece;
    const bool quoted = current.find('\'') != std::string::npos;
    while (!quoted && current.size() > room) {
      out += current.substr(0, room) + "\\\n";
      current.erase(0, room);
    }
    first = false;
  }
  return out + current + "\n";
}

}  // namespace

std::string command_lines(std::string_view command, std::size_t width) {
  std::string out;
  while (!command.empty()) {
    const std::size_t end = std::min(command.find('\n'), command.size());
    const std::string_view line = command.substr(0, end);
    command.remove_prefix(std::min(end + 1, command.size()));
    if (!line.starts_with("# ")) {
      out += shell_lines(line, width);
      continue;
    }
    for (const std::string& part : wrap(line.substr(2), width - 4)) out += "  # " + part + "\n";
  }
  return out;
}

}  // namespace qwenfit
