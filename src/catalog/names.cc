#include "catalog/names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace qwenfit {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
  std::string out(text.substr(0, kMaxNameBytes));
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::vector<std::string_view> parts(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

bool is_vendor_word(std::string_view word) {
  static constexpr std::array<std::string_view, 8> kWords = {"nvidia", "geforce", "amd",  "radeon",
                                                             "intel",  "apple",   "core", "tm"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

/// Words of a device name that count. "(R)" and "(TM)" are how drivers decorate names.
std::vector<std::string_view> device_words(std::string& text) {
  for (auto at = text.find("(r)"); at != std::string::npos; at = text.find("(r)")) text.replace(at, 3, " ");
  auto words = parts(text, " -_(),\t");
  std::erase_if(words, is_vendor_word);
  // Drivers say "RTX 4090 Laptop GPU".
  if (words.size() > 1 && words.back() == "gpu" && words[words.size() - 2] == "laptop") words.pop_back();
  return words;
}

std::string joined(const std::vector<std::string_view>& words, std::string_view separator) {
  std::string out;
  for (const auto word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}
bool is_unit(std::string_view text) {
  return text == "gb" || text == "gib" || text == "g";
}

/// GiB that "12gb" or "12gib" names.
std::optional<std::uint64_t> memory_word(std::string_view word) {
  const auto unit = std::min(word.find_first_not_of("0123456789"), word.size());
  std::uint64_t value = 0;
  if (unit == 0 || unit > 5 || !is_unit(word.substr(unit))) return std::nullopt;
  std::from_chars(word.data(), word.data() + unit, value);
  return value;
}

/// Length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate_or_beyond = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || surrogate_or_beyond ? 0 : length;
}

}  // namespace

std::string device_key(std::string_view name) {
  std::string text = lowered(name);
  return joined(device_words(text), "");
}

std::string model_key(std::string_view name) {
  const std::string lower_name = lowered(name);
  std::string_view text = lower_name;
  const auto slash = text.rfind('/');
  if (slash != std::string_view::npos && text.substr(slash + 1).starts_with("qwen"))
    text.remove_prefix(slash + 1);
  auto words = parts(text, " -_:/()\t");
  if (words.size() > 1 && words.back() == "gguf") words.pop_back();
  std::string head;
  if (words.size() > 1 && words[0] == "qwen") {
    head = words[1].starts_with("qwen") ? std::string(words[1]) : "qwen" + std::string(words[1]);
    words.erase(words.begin(), words.begin() + 2);
    words.insert(words.begin(), head);
  }
  return joined(words, "-");
}

std::string quant_key(std::string_view name) {
  constexpr std::string_view kSeparators = " -_\t";
  std::string key = lowered(name);
  std::erase_if(key, [&](char c) { return kSeparators.find(c) != kSeparators.npos; });
  return key;
}

MemoryName split_memory(std::string_view name) {
  std::string text = lowered(name);
  auto words = device_words(text);
  MemoryName found;
  for (std::size_t i = 0; i < words.size();) {
    std::size_t used = 0;
    std::uint64_t gib = 0;
    if (const auto memory = memory_word(words[i])) {
      used = 1;
      gib = *memory;
    } else if (i + 1 < words.size() && all_digits(words[i]) && words[i].size() <= 5 &&
               is_unit(words[i + 1])) {
      used = 2;
      std::from_chars(words[i].data(), words[i].data() + words[i].size(), gib);
    }
    if (used == 0) {
      ++i;
      continue;
    }
    if (found.gib) return {device_key(name), std::nullopt};
    found.gib = gib;
    const auto at = words.begin() + static_cast<std::ptrdiff_t>(i);
    words.erase(at, at + static_cast<std::ptrdiff_t>(used));
  }
  found.base = joined(words, "");
  return found;
}

std::optional<std::string> number_as_memory(std::string_view name) {
  std::string text = lowered(name);
  const auto words = device_words(text);
  if (words.size() < 2 || !all_digits(words.back())) return std::nullopt;
  return joined(words, " ") + "gb";
}

std::string_view whole_characters(std::string_view text, std::size_t most) {
  constexpr std::size_t most_behind_first = 3;
  if (text.size() <= most) return text;
  const auto goes_on = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80; };
  std::size_t end = most;
  while (end > 0 && most - end < most_behind_first && goes_on(end)) --end;
  return text.substr(0, end);
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    const bool c1_control = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    const std::string_view piece = text.substr(0, length == 0 ? 1 : length);
    const bool shown = length > 0 && first >= 0x20 && first != 0x7F && !c1_control;
    if (out.size() + piece.size() > kMaxNameBytes) return out + "...";
    out += shown ? piece : std::string_view("?");
    text.remove_prefix(piece.size());
  }
  return out;
}

std::optional<std::size_t> invalid_utf8_at(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text.substr(at, 4));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

Counted split_count(std::string_view text) {
  const auto trim = [](std::string_view t) {
    t.remove_prefix(std::min(t.find_first_not_of(" \t"), t.size()));
    return t;
  };
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto rest = trim(text.substr(digits));
  if (digits == 0 || rest.empty() || (rest.front() != 'x' && rest.front() != 'X')) return {{}, text};
  return {text.substr(0, digits), trim(rest.substr(1))};
}

}  // namespace qwenfit
