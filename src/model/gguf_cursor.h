#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "model/gguf.h"

namespace qwenfit {

/// A window of a few bytes that moves over a file.
class GgufCursor {
 public:
  explicit GgufCursor(ByteSource& source) : source_(source), size_(source.size()) {}

  Bytes at() const { return at_; }
  Bytes size() const { return size_; }
  Bytes left() const { return size_ - at_; }
  bool unreadable() const { return unreadable_; }

  /// Copies the next bytes; false at the end of the file.
  bool take(std::span<char> into) {
    if (into.size() > left()) return false;
    for (std::size_t done = 0; done < into.size();) {
      if (at_ < start_ || at_ >= start_ + window_.size()) {
        if (!fill()) return false;
      }
      const auto from = static_cast<std::size_t>(at_ - start_);
      const std::size_t piece = std::min(into.size() - done, window_.size() - from);
      std::memcpy(into.data() + done, window_.data() + from, piece);
      done += piece;
      at_ += piece;
    }
    return true;
  }

  template <typename T>
  bool take(T& number) {
    std::array<char, sizeof(T)> raw{};
    if (!take(std::span<char>(raw))) return false;
    std::make_unsigned_t<T> value = 0;
    for (std::size_t i = raw.size(); i-- > 0;)
      value = static_cast<decltype(value)>((std::uint64_t{value} << 8) | static_cast<unsigned char>(raw[i]));
    number = static_cast<T>(value);
    return true;
  }

  bool skip(Bytes bytes) {
    if (bytes > left()) return false;
    at_ += bytes;
    return true;
  }

 private:
  bool fill() {
    start_ = at_;
    window_.resize(static_cast<std::size_t>(std::min<Bytes>(kWindowBytes, left())));
    unreadable_ = !source_.read(start_, window_);
    if (unreadable_) window_.clear();
    return !unreadable_;
  }

  static constexpr std::size_t kWindowBytes = std::size_t{64} << 10;

  ByteSource& source_;
  Bytes size_;
  Bytes at_ = 0, start_ = 0;
  std::vector<char> window_;
  bool unreadable_ = false;
};

}  // namespace qwenfit
