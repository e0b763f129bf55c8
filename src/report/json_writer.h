#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qwenfit {

/// Writes one JSON document front to back, indented or on one line. Keys come out in the order they are
/// written; text that is no UTF-8 is repaired; numbers that JSON cannot say (NaN, infinities) become null.
class JsonWriter {
 public:
  explicit JsonWriter(bool pretty) : pretty_(pretty) { text_.reserve(4096); }

  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }
  void key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(std::nullptr_t) { put("null"); }
  void value(bool flag) { put(flag ? "true" : "false"); }
  void value(double number);
  template <std::integral T>
  void value(T number) {
    put(std::to_string(number));
  }
  template <typename T>
  void value(const std::optional<T>& maybe) {
    if (maybe) {
      value(*maybe);
    } else {
      value(nullptr);
    }
  }
  /// `json` is a complete JSON value already.
  void raw(std::string_view json) { put(json); }

  template <typename T>
  void field(std::string_view name, const T& content) {
    key(name);
    value(content);
  }
  /// Null for an empty text.
  void text_or_null(std::string_view name, std::string_view text);

  std::string take() && { return std::move(text_); }

 private:
  void begin(char bracket);
  void end(char bracket);
  void put(std::string_view token);
  void separate();

  std::string text_;
  std::vector<bool> empty_;  ///< per open container: nothing in it yet
  bool after_key_ = false;
  bool pretty_;
};

}  // namespace qwenfit
