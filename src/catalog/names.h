#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace qwenfit {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Names longer than this are cut before they are compared or shown.
inline constexpr std::size_t kMaxNameBytes = 200;

/// A device name as compared: lower case, without separators and without vendor words such as `nvidia` or
/// `core`. "NVIDIA GeForce RTX 3090" and "rtx-3090" both become "rtx3090".
std::string device_key(std::string_view name);

/// A model name as compared: lower case, parts joined by '-', "qwen 3.5" and "qwen/qwen3.5" as "qwen3.5". The
/// publisher and the "-GGUF" of a repository are left out: "bartowski/Qwen_Qwen3.5-27B-GGUF" is
/// "qwen3.5-27b".
std::string model_key(std::string_view name);

/// A quant name as compared: lower case, without separators.
std::string quant_key(std::string_view name);

/// A device name split into the key of the rest and the memory it names.
struct MemoryName {
  std::string base;                  ///< device_key of the name without its memory word
  std::optional<std::uint64_t> gib;  ///< "12gb", "12 GB"; none when no word, or more than one, names a memory
};
MemoryName split_memory(std::string_view name);

/// `2xrtx3090` taken apart; `count` is empty when the name has no such prefix.
struct Counted {
  std::string_view count, name;
};
Counted split_count(std::string_view text);

/// `name` with "gb" added where its last word is a bare number: "m4 max 128gb" for "m4 max 128".
std::optional<std::string> number_as_memory(std::string_view name);

/// The first bytes of `text`, at most `most`, without a part of a character at their end.
std::string_view whole_characters(std::string_view text, std::size_t most);

/// `text` for a message: control bytes and bytes that are not UTF-8 as '?', at most kMaxNameBytes.
std::string printable(std::string_view text);

/// Offset of the first byte that is not part of well-formed UTF-8, if any.
std::optional<std::size_t> invalid_utf8_at(std::string_view text);

}  // namespace qwenfit
