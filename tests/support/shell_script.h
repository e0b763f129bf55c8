#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Launch commands read as a POSIX shell would, and no more of it than they may use: words, single quotes,
/// comments, `&&`, `>`, and `[ -d FOLDER ] ||` before the first command. Anything else that means something
/// to a shell is a fault.
namespace qwenfit {

struct ShellCommand {
  std::vector<std::string> words;
  std::string redirect;  ///< file after `>`
  std::string unless;    ///< folder without which it runs; empty: it runs in any case
};

struct ShellScript {
  std::vector<std::string> comments;
  std::vector<ShellCommand> commands;
  std::string fault;
};

class ShellReader {
 public:
  explicit ShellReader(std::string_view text) : text_(text) {}

  ShellScript read() {
    begin_command();
    while (at_ < text_.size() && script_.fault.empty()) step();
    end_word();
    if (after_and_ || to_redirect_) fault("the command is not complete");
    if (script_.commands.back().words.empty()) script_.commands.pop_back();
    return script_;
  }

 private:
  void fault(const std::string& what) {
    if (script_.fault.empty()) script_.fault = what;
  }
  void begin_command() { script_.commands.emplace_back(); }
  void end_word() {
    if (!in_word_) return;
    (to_redirect_ ? script_.commands.back().redirect : script_.commands.back().words.emplace_back()) = word_;
    in_word_ = to_redirect_ = after_and_ = false;
    word_.clear();
  }
  void step() {
    const char c = text_[at_];
    if (c == '#' && !in_word_) return comment();
    if (c == ' ') {
      end_word();
    } else if (c == '\n') {
      end_word();
      if (!after_and_ && !script_.commands.back().words.empty()) begin_command();
    } else if (c == '\'') {
      return quoted();
    } else if (c == '[' && !in_word_) {
      return guard();
    } else if (c == '&' && !in_word_ && text_.substr(at_, 2) == "&&") {
      if (script_.commands.back().words.empty()) fault("&& without a command before it");
      ++at_;
      begin_command();
      after_and_ = true;
    } else if (c == '>' && !in_word_) {
      to_redirect_ = true;
    } else if (std::string_view("\"`$\\;|&<>()*?[]{}~!^\t\r").find(c) != std::string_view::npos ||
               static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      fault(std::string("a bare ") + c);
    } else {
      in_word_ = true;
      word_ += c;
    }
    ++at_;
  }
  void comment() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    script_.comments.emplace_back(text_.substr(at_ + 1, end - at_ - 1));
    if (!script_.commands.back().words.empty()) fault("a comment after a command");
    at_ = end;
  }
  /// `||` binds like the `&&` before it: after a command that failed it would run the next one.
  void guard() {
    constexpr std::string_view kBegin = "[ -d ", kEnd = " ] || ";
    const std::size_t end = text_.find(kEnd, at_);
    const ShellCommand& command = script_.commands.back();
    const bool first = script_.commands.size() == 1 && command.words.empty() && command.unless.empty();
    if (!first || text_.substr(at_, kBegin.size()) != kBegin || end == std::string_view::npos)
      return fault("a bare [");
    const std::string_view folder = text_.substr(at_ + kBegin.size(), end - at_ - kBegin.size());
    constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (folder.empty() || folder.front() == '-' || folder.find_first_not_of(kPlain) != std::string_view::npos)
      return fault("a folder with a name that a shell reads");
    script_.commands.back().unless = folder;
    after_and_ = true;
    at_ = end + kEnd.size();
  }
  void quoted() {
    const std::size_t end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return fault("an open quote");
    word_ += text_.substr(at_ + 1, end - at_ - 1);
    in_word_ = true;
    at_ = end + 1;
    // What a quoted quote is written as.
    while (text_.substr(at_, 2) == "\\'") {
      word_ += '\'';
      at_ += 2;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  ShellScript script_;
  std::string word_;
  bool in_word_ = false, to_redirect_ = false, after_and_ = false;
};

inline ShellScript read_shell(std::string_view text) {
  return ShellReader(text).read();
}

}  // namespace qwenfit
