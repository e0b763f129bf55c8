#include "catalog/locate.h"

#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "catalog/document.h"

namespace qwenfit {
namespace {

std::vector<std::string> steps_of(std::string_view pointer) {
  std::vector<std::string> steps;
  for (std::size_t at = 0; at < pointer.size(); ++at) {
    const char c = pointer[at];
    if (c == '/') {
      steps.emplace_back();
    } else if (c == '~' && at + 1 < pointer.size() && !steps.empty()) {
      steps.back() += pointer[++at] == '1' ? '/' : '~';
    } else if (!steps.empty()) {
      steps.back() += c;
    }
  }
  return steps;
}

/// Walks the values of a text that need not be JSON all the way: it stops where it is not.
class Walker {
 public:
  Walker(std::string_view text, std::vector<std::string> steps) : text_(text), steps_(std::move(steps)) {}

  std::size_t find() {
    value(0, true, 0);
    return found_;
  }

 private:
  bool ended() const { return at_ >= text_.size(); }
  char here() const { return ended() ? '\0' : text_[at_]; }

  void skip_blanks() {
    while (!ended()) {
      const std::string_view rest = text_.substr(at_);
      if (here() == ' ' || here() == '\t' || here() == '\n' || here() == '\r') {
        ++at_;
      } else if (rest.starts_with("//")) {
        at_ += std::min(rest.find('\n'), rest.size());
      } else if (rest.starts_with("/*")) {
        const std::size_t end = rest.find("*/", 2);
        at_ = end == std::string_view::npos ? text_.size() : at_ + end + 2;
      } else {
        return;
      }
    }
  }

  /// Goes behind the closing quote.
  void skip_quoted() {
    const std::size_t begin = at_ + 1;
    for (std::size_t quote = text_.find('"', begin); quote < text_.size();
         quote = text_.find('"', quote + 1)) {
      std::size_t escapes = 0;
      while (quote - escapes > begin && text_[quote - escapes - 1] == '\\') ++escapes;
      if (escapes % 2 > 0) continue;
      at_ = quote + 1;
      return;
    }
    at_ = text_.size();
  }
  /// The text between quotes, read as far as JSON can.
  std::string quoted() {
    const std::size_t begin = at_;
    skip_quoted();
    const auto value = nlohmann::json::parse(text_.substr(begin, at_ - begin), nullptr, false);
    return value.is_string() ? value.get<std::string>() : std::string();
  }

  void value(std::size_t depth, bool on_path, std::size_t nesting) {
    skip_blanks();
    if (on_path && depth >= deepest_) {
      deepest_ = depth;
      found_ = at_;
    }
    if (nesting > kMaxDepth) {
      at_ = text_.size();
    } else if (here() == '{' || here() == '[') {
      items(depth, on_path, nesting, here() == '{');
    } else if (here() == '"') {
      skip_quoted();
    } else {
      const std::size_t end = text_.find_first_of(",]}/ \t\r\n", at_);
      at_ = std::min(end, text_.size());
    }
  }

  void items(std::size_t depth, bool on_path, std::size_t nesting, bool named) {
    ++at_;
    for (std::size_t index = 0; !ended(); ++index) {
      skip_blanks();
      if (here() == '}' || here() == ']') break;
      bool is_next = on_path && depth < steps_.size();
      if (named) {
        if (here() != '"') return stop();
        if (is_next)
          is_next = quoted() == steps_[depth];
        else
          skip_quoted();
        skip_blanks();
        if (here() != ':') return stop();
        ++at_;
      } else if (is_next) {
        is_next = std::to_string(index) == steps_[depth];
      }
      value(depth + 1, is_next, nesting + 1);
      skip_blanks();
      if (here() != ',') break;
      ++at_;
    }
    if (here() != '}' && here() != ']') return stop();
    ++at_;
  }
  void stop() { at_ = text_.size(); }

  std::string_view text_;
  std::vector<std::string> steps_;
  std::size_t at_ = 0, found_ = 0, deepest_ = 0;
};

}  // namespace

TextPlace place_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t line_start = before.rfind('\n');
  return {lines + 1, before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1) + 1};
}

std::size_t line_of(std::string_view text, std::string_view pointer) {
  return place_of(text, Walker(text, steps_of(pointer)).find()).line;
}

}  // namespace qwenfit
