#include "report/shell.h"

#include <algorithm>

namespace qwenfit {
namespace {

bool is_plain_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name_char(char c) {
  return is_plain_letter(c) || c == '.' || c == '_' || c == '-';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), is_name_char);
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool is_plain(char c) {
  return is_name_char(c) || c == '/' || c == ':' || c == ',' || c == '@' || c == '%' || c == '+' || c == '=';
}

}  // namespace

std::string shell_word(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'')
      word += "'\\''";
    else
      word += c;
  }
  return word + "'";
}

bool is_repository(std::string_view text) {
  const auto slash = text.find('/');
  return slash != std::string_view::npos && is_name(text.substr(0, slash)) && is_name(text.substr(slash + 1));
}

bool is_tag(std::string_view text) {
  return !text.empty() && is_plain_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), is_name_char);
}

bool is_file_path(std::string_view text) {
  if (!is_own_path(text)) return false;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('/', at), text.size());
    const std::string_view part = text.substr(at, end - at);
    if (part.empty() || part.front() == '-' || part == "..") return false;
    at = end + 1;
  }
  return true;
}

bool is_own_path(std::string_view text) {
  return !text.empty() && text.front() != '-' && std::none_of(text.begin(), text.end(), is_control);
}

}  // namespace qwenfit
