#include "detect/recording.h"

#include <algorithm>
#include <set>

namespace qwenfit {
namespace {

constexpr std::string_view kMark = "=== ";

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \n\r\t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \n\r\t") - first + 1);
}

/// The first word of `text`, which it is taken from.
std::string take_word(std::string_view& text) {
  const auto end = std::min(text.find(' '), text.size());
  std::string word(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

std::string tool_key(const ToolCall& call) {
  const std::string& program = call.words.front();
  std::string key = program.substr(program.rfind('/') + 1);
  for (const std::string& word : call.words) {
    if (word == "-L") key += " -L";
    if (word.starts_with("--query-gpu=") && word.find("pcie") == word.npos) key += " short";
  }
  return key;
}

}  // namespace

Recording::Recording(std::string_view text) {
  std::string heading, content;
  bool open = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const bool whole = end < text.size();
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(kMark)) {
      if (open) keep(heading, std::move(content));
      heading = line.substr(kMark.size());
      content.clear();
      open = true;
    } else if (open) {
      content.append(line).append(whole ? "\n" : "");
    }
  }
  if (open) keep(heading, std::move(content));
}

void Recording::keep(std::string_view heading, std::string content) {
  const std::string kind = take_word(heading);
  if (kind == "system") {
    system_ = heading == "macos" ? System::macos : heading == "windows" ? System::windows : System::linux_os;
  } else if (kind == "file") {
    files_[std::string(heading)] = std::move(content);
  } else if (kind == "tool") {
    ToolOutput output{ToolState::ok, std::move(content)};
    std::string name(heading);
    for (const auto state : {ToolState::failed, ToolState::timed_out, ToolState::too_long}) {
      const std::string tail = " " + std::string(tool_state_id(state));
      if (!name.ends_with(tail)) continue;
      name.resize(name.size() - tail.size());
      output.state = state;
    }
    tools_[name] = std::move(output);
  } else {
    expected_[kind] = std::move(content);
  }
}

std::optional<std::string> Recording::read(const std::string& path) const {
  const auto at = files_.find(path);
  return at == files_.end() ? std::nullopt : std::optional(at->second);
}

std::vector<std::string> Recording::list(const std::string& folder) const {
  std::set<std::string> names;
  for (const auto& [path, content] : files_) {
    if (!path.starts_with(folder + "/")) continue;
    const std::string rest = path.substr(folder.size() + 1);
    names.insert(rest.substr(0, rest.find('/')));
  }
  return {names.begin(), names.end()};
}

std::vector<ToolOutput> Recording::run(const std::vector<ToolCall>& calls) const {
  std::vector<ToolOutput> outputs;
  for (const ToolCall& call : calls) {
    asked_.push_back(tool_key(call));
    const auto at = tools_.find(asked_.back());
    outputs.push_back(at == tools_.end() ? ToolOutput{} : at->second);
  }
  return outputs;
}

std::string Recording::expected(const std::string& kind) const {
  const auto at = expected_.find(kind);
  return at == expected_.end() ? std::string() : std::string(without_blanks(at->second));
}

}  // namespace qwenfit
