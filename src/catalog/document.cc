#include "catalog/document.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

#include "catalog/locate.h"
#include "catalog/names.h"

namespace qwenfit {
namespace {

using json = nlohmann::json;

std::string escaped_key(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

/// Where the token begins that the parser read up to `end`. `token` has what was read since it last began a
/// text or a number, so it is the token itself only for a whole text.
std::size_t token_start(std::string_view text, std::size_t end, const std::string& token) {
  const bool whole_text =
      token.size() > 1 && token.size() <= end && token.front() == '"' && json::accept(token);
  if (whole_text) return end - token.size();
  const auto is_wordy = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '+';
  };
  std::size_t start = end == 0 ? 0 : end - 1;
  while (start > 0 && start < text.size() && is_wordy(text[start]) && is_wordy(text[start - 1])) --start;
  return start;
}

/// Where the text in quotes that `at` is in or ends begins, none if it is in none.
std::optional<std::size_t> open_quote(std::string_view text, std::size_t at) {
  for (std::size_t i = 0; i <= at && i < text.size(); ++i) {
    if (text.substr(i).starts_with("//")) {
      i = std::min(text.find('\n', i), text.size());
    } else if (text.substr(i).starts_with("/*")) {
      i = std::min(text.find("*/", i + 2), text.size() - 2) + 1;
    } else if (text[i] == '"') {
      const std::size_t start = i;
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1U : 0U;
      if (at <= i) return start;
    }
  }
  return std::nullopt;
}

/// The code unit of an escape `\uXXXX` that begins at `at`; none if it is no such escape.
std::optional<unsigned> code_unit(std::string_view text, std::size_t at) {
  constexpr std::size_t kDigits = 4;
  if (!text.substr(std::min(at, text.size())).starts_with("\\u")) return std::nullopt;
  const std::string_view digits = text.substr(at + 2, kDigits);
  unsigned unit = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  if (code != std::errc() || digits.size() < kDigits || end != digits.data() + kDigits) return std::nullopt;
  return unit;
}

/// What cannot stand within text in quotes, and what to write instead.
struct TextFault {
  std::size_t at = 0;
  std::string hint;
};

/// The fault of an escape that begins at `at`; where there is none, `at` moves to its last character.
std::optional<TextFault> escape_fault(std::string_view text, std::size_t& at) {
  constexpr std::string_view kSimple = "\"\\/bfnrt";
  constexpr std::size_t kLength = 6;
  const auto is_first = [](unsigned unit) { return unit >= 0xD800 && unit <= 0xDBFF; };
  const auto is_second = [](unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; };
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  if (next != 'u') {
    if (kSimple.find(next) == std::string_view::npos) return TextFault{at, "write \\\\ for a backslash"};
    ++at;
    return std::nullopt;
  }
  const auto unit = code_unit(text, at);
  if (!unit) return TextFault{at, "\\u takes four hexadecimal digits"};
  const std::size_t second = at + kLength;
  const bool pair = is_first(*unit) && is_second(code_unit(text, second).value_or(0));
  if (!pair && (is_first(*unit) || is_second(*unit)))
    return TextFault{at, std::string(text.substr(at, kLength)) +
                             " is half of a character: write the character itself, or drop it"};
  at += (pair ? kLength : 0) + kLength - 1;
  return std::nullopt;
}

/// The fault of the text in quotes that begins at `open`.
std::optional<TextFault> text_fault(std::string_view text, std::size_t open) {
  for (std::size_t at = open + 1; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') {
      if (auto fault = escape_fault(text, at)) return fault;
    } else if (text[at] == '\n' || text[at] == '\r') {
      return TextFault{open, "the \" at the end of the text that begins here is missing on its line"};
    } else if (text[at] == '\t') {
      return TextFault{at, "write a blank for the tab within text"};
    } else if (static_cast<unsigned char>(text[at]) < 0x20) {
      return TextFault{at, "drop the control character within text"};
    }
  }
  return std::nullopt;
}

/// What to do about a token that cannot stand at `at`; empty where it is not clear.
std::string syntax_hint(std::string_view text, std::size_t at) {
  if (at >= text.size()) return "";
  const char here = text[at];
  const std::size_t last = text.substr(0, at).find_last_not_of(" \t\r\n");
  const char before = last == std::string_view::npos ? '\0' : text[last];
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const bool ended = before == '"' || before == '}' || before == ']' || (before >= '0' && before <= '9');
  if ((here == '}' || here == ']') && before == ',') return ": drop the comma before it";
  if (here == '\'') return ": write text in double quotes";
  if (here == '=') return ": write : between a key and its value";
  if ((here == '"' || here == '{' || here == '[') && (ended || is_word(before)))
    return ": a comma is missing before it";
  if (here == '#') return ": comments begin with //, in files that may hold them";
  if (is_word(here)) return ": write keys and text in double quotes";
  return "";
}

/// Where a comment begins that nothing ends; the size of the text where there is none.
std::size_t open_comment(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    if (rest.front() == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) at += text[at] == '\\' ? 1U : 0U;
    } else if (rest.starts_with("//")) {
      at += std::min(rest.find('\n'), rest.size());
    } else if (rest.starts_with("/*")) {
      const std::size_t end = rest.find("*/", 2);
      if (end == std::string_view::npos) return at;
      at += end + 1;
    }
  }
  return text.size();
}

/// Walks the events of nlohmann's SAX parser, which keeps no stack of its own calls, and refuses what a later
/// recursive reader could not bear or would silently drop.
class Scanner : public json::json_sax_t {
 public:
  Scanner(const std::string& file, const std::string& text, Comments comments, Findings& findings)
      : file_(file), text_(text), comments_(comments), findings_(findings) {}

  bool null() override { return item(); }
  bool boolean(bool) override { return item(); }
  bool number_integer(number_integer_t) override { return item(); }
  bool number_unsigned(number_unsigned_t) override { return item(); }
  bool number_float(number_float_t, const string_t& literal) override {
    if (!item()) return false;
    if (literal.find_first_of(".eE") == std::string::npos) fault("expected a number that fits in 64 bits");
    return true;
  }
  bool string(string_t& value) override {
    if (!item()) return false;
    check_text(value);
    return true;
  }
  bool binary(binary_t&) override { return item(); }
  bool start_object(std::size_t) override { return open(false); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(true); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    Level& level = levels_.back();
    level.key = value;
    check_text(value);
    if (!level.keys.insert(value).second)
      fault("expected each key once, \"" + printable(value) + "\" is here twice");
    if (level.keys.size() > kMaxListItems) return fault_and_stop("expected fewer keys");
    return true;
  }
  bool parse_error(std::size_t position, const std::string& token, const json::exception& error) override {
    if (error.id == kNumberOverflow) return fault_and_stop("expected a number that fits in 64 bits");
    if (position > text_.size()) return ended_early();
    const auto open = position > 0 ? open_quote(text_, position - 1) : std::nullopt;
    if (const auto wrong = open ? text_fault(text_, *open) : std::nullopt) {
      unreadable("expected valid JSON: " + wrong->hint, wrong->at);
      return false;
    }
    const std::size_t start = token_start(text_, position, token);
    unreadable("expected valid JSON" + syntax_hint(text_, start), start);
    return false;
  }

 private:
  static constexpr int kNumberOverflow = 406;
  struct Level {
    bool is_array = false;
    std::size_t count = 0;
    std::string key;
    std::set<std::string> keys;
  };

  void unreadable(std::string text, std::size_t at) {
    findings_.push_back({file_, "", std::move(text), place_of(text_, at)});
  }
  bool ended_early() {
    const std::size_t comment = comments_ == Comments::yes ? open_comment(text_) : text_.size();
    const std::size_t last = text_.find_last_not_of(" \t\r\n");
    if (comment < text_.size()) {
      unreadable("expected */ at the end of the comment that begins here", comment);
    } else if (last == std::string::npos) {
      unreadable("expected valid JSON, the text ends too early: it is empty", 0);
    } else {
      unreadable("expected valid JSON, the text ends too early" + left_open(), last + 1);
    }
    return false;
  }
  std::string left_open() const {
    if (levels_.empty()) return "";
    return std::string(": ") + (levels_.back().is_array ? "] of a list" : "} of an object") + " is missing";
  }
  bool item() {
    if (levels_.empty() || !levels_.back().is_array) return true;
    const std::size_t limit = levels_.size() <= 2 ? kMaxRows : kMaxListItems;
    if (++levels_.back().count > limit) {
      return fault_and_stop("expected a list of at most " + std::to_string(limit) + " items");
    }
    return true;
  }
  bool open(bool is_array) {
    if (!item()) return false;
    if (levels_.size() == kMaxDepth) {
      return fault_and_stop("expected values nested at most " + std::to_string(kMaxDepth) + " deep");
    }
    levels_.push_back({is_array, 0, {}, {}});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return true;
  }
  void check_text(const std::string& value) {
    if (value.size() > kMaxTextBytes)
      fault("expected text of at most " + std::to_string(kMaxTextBytes) + " bytes");
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (std::any_of(value.begin(), value.end(), is_control))
      fault("expected text without control characters");
  }
  std::string pointer() const {
    std::string out;
    for (const Level& level : levels_) {
      if (!level.is_array && level.keys.empty()) break;
      out += "/" + (level.is_array ? std::to_string(level.count == 0 ? 0 : level.count - 1)
                                   : escaped_key(level.key));
    }
    return out;
  }
  void fault(std::string text) {
    if (findings_.size() < kMaxListItems) findings_.push_back({file_, pointer(), std::move(text)});
  }
  bool fault_and_stop(std::string text) {
    fault(std::move(text));
    return false;
  }

  const std::string& file_;
  const std::string& text_;
  Comments comments_;
  Findings& findings_;
  std::vector<Level> levels_;
};

}  // namespace

std::optional<std::string> read_text(const std::string& path, Findings& findings) {
  namespace fs = std::filesystem;
  const auto refuse = [&](std::string text) {
    findings.push_back({path, "", std::move(text)});
    return std::nullopt;
  };
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (status.type() == fs::file_type::not_found) {
    const bool link = fs::is_symlink(fs::symlink_status(path, code));
    return refuse(link ? "this link leads to no file; mend or remove it"
                       : "no such file; look for a slip in its path");
  }
  if (code) return refuse("cannot be looked at: permission is missing or the path is wrong");
  if (status.type() == fs::file_type::directory) return refuse("expected a file, this is a folder");
  if (status.type() != fs::file_type::regular) return refuse("expected a regular file, not a pipe or device");
  const std::string limit = std::to_string(kMaxFileBytes >> 20) + " MiB";
  const auto size = fs::file_size(path, code);
  if (code) return refuse("the size cannot be read");
  if (size > kMaxFileBytes) return refuse("expected a file of at most " + limit);
  std::ifstream in(path, std::ios::binary);
  if (!in) return refuse("cannot be opened: permission is missing, chmod +r gives it");
  std::string text(kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return refuse("cannot be read; its disk or network is at fault");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxFileBytes) return refuse("expected a file of at most " + limit);
  return text;
}

std::optional<Document> parse_document(std::string file, std::string text, Findings& findings,
                                       Comments comments) {
  const auto refuse = [&](std::string what, std::size_t at) {
    findings.push_back({file, "", std::move(what), place_of(text, at)});
    return std::nullopt;
  };
  if (const auto at = invalid_utf8_at(text)) return refuse("expected UTF-8 text", *at);
  // The parser takes a NUL byte for the end of the text and would drop what follows.
  if (const auto at = text.find('\0'); at != std::string::npos)
    return refuse("expected text without NUL bytes, one is here: text after a NUL byte cannot be read", at);
  const std::size_t before = findings.size();
  Scanner scanner(file, text, comments, findings);
  const bool skip_comments = comments == Comments::yes;
  json::sax_parse(text, &scanner, json::input_format_t::json, true, skip_comments);
  if (findings.size() > before) return std::nullopt;
  json value = json::parse(text, nullptr, false, skip_comments);
  if (value.is_discarded()) {
    findings.push_back({file, "", "expected valid JSON"});
    return std::nullopt;
  }
  return Document{std::move(file), std::move(text), std::move(value)};
}

}  // namespace qwenfit
