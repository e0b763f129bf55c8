#pragma once

// Writes GGUF headers, good ones and bad ones: every number of the file can be set. The tensors' data are a
// hole: a model of 800 GB takes a few MB of a disk.

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/gguf.h"

namespace qwenfit {

/// A file in memory: a beginning, then zeros up to its size.
class MemorySource : public ByteSource {
 public:
  MemorySource(std::string begin, Bytes size) : begin_(std::move(begin)), size_(size) {}
  explicit MemorySource(const std::string& all) : MemorySource(all, all.size()) {}
  Bytes size() const override { return size_; }
  bool read(Bytes offset, std::span<char> into) override {
    ++reads_;
    largest_ = std::max(largest_, into.size());
    std::memset(into.data(), 0, into.size());
    if (offset < begin_.size()) begin_.copy(into.data(), into.size(), static_cast<std::size_t>(offset));
    return true;
  }
  std::size_t reads() const { return reads_; }
  std::size_t largest() const { return largest_; }

 private:
  std::string begin_;
  Bytes size_;
  std::size_t reads_ = 0, largest_ = 0;
};

/// Types of metadata by their numbers.
struct GgufTag {
  static constexpr std::uint32_t u8 = 0, u16 = 2, u32 = 4, i32 = 5, f32 = 6, flag = 7, text = 8, list = 9,
                                 u64 = 10, i64 = 11, f64 = 12;
};

class GgufWriter {
 public:
  std::string magic = "GGUF";
  std::uint32_t version = 3;
  Bytes alignment = 32;
  std::uint64_t extra_tensors = 0, extra_keys = 0;  ///< claimed beyond those that are there

  template <typename T>
  static std::string raw(T number) {
    std::string bytes;
    auto value = static_cast<std::uint64_t>(number);
    for (std::size_t i = 0; i < sizeof(T); ++i, value >>= 8) bytes += static_cast<char>(value & 0xFF);
    return bytes;
  }
  static std::string text(std::string_view value) {
    return raw<std::uint64_t>(value.size()) + std::string(value);
  }

  /// A key with bytes of any kind behind its type.
  void put(std::string_view key, std::uint32_t type, const std::string& value) {
    metadata_ += text(key) + raw(type) + value;
    ++keys_;
  }
  /// Bytes of any kind in the place of a key.
  void put_raw(const std::string& bytes) {
    metadata_ += bytes;
    ++keys_;
  }
  void put(std::string_view key, std::uint32_t number) { put(key, GgufTag::u32, raw(number)); }
  void put(std::string_view key, std::string_view value) { put(key, GgufTag::text, text(value)); }
  void put(std::string_view key, const char* value) { put(key, std::string_view(value)); }
  void put_list(std::string_view key, const std::vector<std::uint32_t>& items) {
    std::string bytes = raw(GgufTag::u32) + raw<std::uint64_t>(items.size());
    for (const std::uint32_t item : items) bytes += raw(item);
    put(key, GgufTag::list, bytes);
  }
  void put_words(std::string_view key, std::size_t count) {
    std::string bytes = raw(GgufTag::text) + raw<std::uint64_t>(count);
    for (std::size_t i = 0; i < count; ++i) bytes += text("word " + std::to_string(i));
    put(key, GgufTag::list, bytes);
  }

  void tensor(std::string_view name, const std::vector<Bytes>& dimensions, TensorType type) {
    Bytes bytes = row_bytes(type, dimensions.front());
    for (std::size_t i = 1; i < dimensions.size(); ++i) bytes = mul(bytes, dimensions[i]);
    tensor_at(name, dimensions, *tensor_type(type).gguf_id, data_);
    data_ = pad_to(add(data_, bytes), alignment);
    end_ = data_;
  }
  /// A line of the table with nothing worked out.
  void tensor_at(std::string_view name, const std::vector<Bytes>& dimensions, std::uint32_t type,
                 Bytes offset) {
    tensors_ += text(name) + raw(static_cast<std::uint32_t>(dimensions.size()));
    for (const Bytes dimension : dimensions) tensors_ += raw(dimension);
    tensors_ += raw(type) + raw(offset);
    ++lines_;
  }

  std::string header() const {
    return magic + raw(version) + raw<std::uint64_t>(lines_ + extra_tensors) +
           raw<std::uint64_t>(keys_ + extra_keys) + metadata_ + tensors_;
  }
  Bytes file_bytes() const { return add(pad_to(header().size(), alignment), end_); }
  MemorySource source() const { return {header(), file_bytes()}; }
  /// A sparse file.
  void write(const std::string& path) const {
    std::ofstream(path, std::ios::binary) << header();
    std::filesystem::resize_file(path, file_bytes());
  }

 private:
  std::string metadata_, tensors_;
  std::uint64_t keys_ = 0, lines_ = 0;
  Bytes data_ = 0, end_ = 0;
};

}  // namespace qwenfit
