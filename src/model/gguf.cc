#include "model/gguf.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>

#include "catalog/names.h"
#include "model/gguf_cursor.h"

namespace qwenfit {
namespace {

/// Types of metadata, by their numbers in the file.
enum class ValueType : std::uint32_t {
  u8,
  i8,
  u16,
  i16,
  u32,
  i32,
  f32,
  flag,
  text,
  list,
  u64,
  i64,
  f64,
  count
};

/// Bytes of a value; 0 for texts and lists.
constexpr std::array<Bytes, static_cast<std::size_t>(ValueType::count)> kValueBytes = {1, 1, 2, 2, 4, 4, 4,
                                                                                       1, 0, 0, 8, 8, 8};

/// Text that a file begins with, and what such a file is.
struct Lookalike {
  std::string_view start, what;
};
constexpr Lookalike kLookalikes[] = {
    {"version https://git-lfs", "a Git LFS pointer, not the file itself: fetch it with git lfs pull"},
    {"<!DOCTYPE", "a web page, not a model: download the file itself"},
    {"<!doctype", "a web page, not a model: download the file itself"},
    {"<html", "a web page, not a model: download the file itself"},
    {"PK\x03\x04", "a zip or PyTorch archive, not a GGUF file: unpack it, or download a .gguf"},
    {"\x1f\x8b", "compressed with gzip: unpack it first"},
    {"\x28\xb5\x2f\xfd", "compressed with zstd: unpack it first"},
    {"tjgg", "of a format before GGUF (GGJT), which no current program loads: download a GGUF file"},
    {"fmgg", "of a format before GGUF (GGMF), which no current program loads: download a GGUF file"},
    {"lmgg", "of a format before GGUF (GGML), which no current program loads: download a GGUF file"},
    {"FUGG", "a big-endian GGUF file, which runs on other machines: download the usual, little-endian one"},
};

class HeaderReader {
 public:
  explicit HeaderReader(ByteSource& source) : in_(source) {}

  bool read() {
    header_.file_bytes = in_.size();
    return start() && metadata() && tensors() && places();
  }
  GgufHeader take() && { return std::move(header_); }
  const std::string& fault() const { return fault_; }

 private:
  bool refuse(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
    return false;
  }
  bool damaged(const std::string& what) { return refuse(what + ": " + std::string(kDamaged)); }
  bool ends_early(const std::string& where) {
    if (in_.unreadable())
      return refuse("cannot be read at byte " + std::to_string(in_.at()) +
                    ": the disk or the share that it is on fails; copy it to another, or download it again");
    return refuse("ends after " + std::to_string(in_.size()) + " bytes, " + where +
                  ": the download is not complete, fetch it again");
  }

  bool start() {
    std::array<char, 24> begin{};
    const auto size = static_cast<std::size_t>(std::min<Bytes>(begin.size(), in_.size()));
    if (size == 0) return refuse("is empty: the download did not begin, fetch it again");
    if (!in_.take(std::span(begin).first(size))) return ends_early("before its header");
    const std::string_view head(begin.data(), size);
    for (const Lookalike& other : kLookalikes) {
      if (head.starts_with(other.start)) return refuse("is " + std::string(other.what));
    }
    constexpr std::string_view kMagic = "GGUF";
    constexpr std::size_t kLengthBytes = 8;
    if (kMagic.starts_with(head)) return ends_early("in the middle of its header");
    if (!head.starts_with(kMagic)) {
      const bool tensors = head.size() > kLengthBytes && head[kLengthBytes] == '{';
      return refuse(tensors
                        ? "is a safetensors file, not a GGUF file: give its folder's config.json"
                        : "is no GGUF file: it does not begin with \"GGUF\"; give a model's .gguf file, or a "
                          "config.json");
    }
    if (size < begin.size()) return ends_early("in the middle of its header");
    return counts(std::span(begin).subspan(kMagic.size()));
  }

  static std::uint64_t number(std::span<const char> raw) {
    std::uint64_t value = 0;
    for (std::size_t i = raw.size(); i-- > 0;) value = (value << 8) | static_cast<unsigned char>(raw[i]);
    return value;
  }

  bool counts(std::span<const char> raw) {
    constexpr std::uint32_t kOldest = 2, kNewest = 3, kNextVersions = 9;
    header_.version = static_cast<std::uint32_t>(number(raw.first(4)));
    const std::uint32_t version = header_.version;
    if (version < kOldest || version > kNewest) {
      const bool swapped = (version & 0xFFFFU) == 0 && version != 0;
      if (swapped)
        return refuse(
            "is a big-endian GGUF file, which runs on other machines: download the usual, little-endian one");
      const std::string what =
          "is of GGUF version " + std::to_string(version) + ", and versions 2 and 3 are known";
      if (version > kNewest && version <= kNextVersions)
        return refuse(what + ": take a newer qwenfit, or name the model, --model NAME");
      return version == 1 ? refuse(what + ": llama.cpp no longer loads it either, download a newer file")
                          : damaged(what);
    }
    tensor_count_ = number(raw.subspan(4, 8));
    metadata_count_ = number(raw.subspan(12, 8));
    if (metadata_count_ > kMostMetadata)
      return damaged("claims " + std::to_string(metadata_count_) +
                     " keys of metadata, and no real file has more than " + std::to_string(kMostMetadata));
    if (tensor_count_ > kMostTensors)
      return damaged("claims " + std::to_string(tensor_count_) + " tensors, and no real file has more than " +
                     std::to_string(kMostTensors));
    return true;
  }

  bool within_limit() {
    return in_.at() <= kMostHeaderBytes ||
           damaged("has a header of more than " + std::to_string(kMostHeaderBytes >> 20) +
                   " MiB, which no real file has");
  }

  /// The next text: all of it up to `kept` bytes, else its beginning.
  bool text(std::string& into, Bytes kept, const std::string& what) {
    std::uint64_t length = 0;
    if (!in_.take(length)) return ends_early("in " + what);
    if (length > in_.left())
      return damaged("claims a text of " + std::to_string(length) + " bytes in " + what + ", and " +
                     std::to_string(in_.left()) + " are left");
    into.resize(static_cast<std::size_t>(std::min(length, kept)));
    if (!in_.take(std::span(into)) || !in_.skip(length - into.size())) return ends_early("in " + what);
    return within_limit();
  }

  bool metadata() {
    for (std::uint64_t i = 0; i < metadata_count_; ++i) {
      const std::string what = "key " + std::to_string(i + 1) + " of its metadata";
      auto& [key, value] = header_.metadata.emplace_back();
      if (!text(key, kMostKeyBytes + 1, what)) return false;
      if (key.empty()) return damaged("has no name for " + what);
      if (key.size() > kMostKeyBytes)
        return damaged("has more than " + std::to_string(kMostKeyBytes) + " bytes in " + what);
      if (!value_of(gguf_quoted(key), value)) return false;
    }
    if (const auto twice =
            repeated(header_.metadata, [](const auto& entry) { return std::string_view(entry.first); }))
      return damaged("has the metadata key " + gguf_quoted(*twice) + " twice");
    return alignment();
  }

  bool value_of(const std::string& key, GgufValue& value) {
    std::uint32_t type = 0;
    if (!in_.take(type)) return ends_early("in the metadata key " + key);
    if (type >= static_cast<std::uint32_t>(ValueType::count)) return unknown_type(key, type);
    if (static_cast<ValueType>(type) != ValueType::list)
      return items(key, static_cast<ValueType>(type), 1, value);
    std::uint64_t count = 0;
    if (!in_.take(type) || !in_.take(count)) return ends_early("in the list " + key);
    if (type >= static_cast<std::uint32_t>(ValueType::count)) return unknown_type(key, type);
    if (static_cast<ValueType>(type) == ValueType::list)
      return refuse("has a list of lists in its metadata key " + key +
                    ", which llama.cpp does not load either: download another build");
    value.list = true;
    value.count = count;
    constexpr Bytes kTextHead = 8;
    const Bytes each =
        std::max(kValueBytes[type], type == static_cast<std::uint32_t>(ValueType::text) ? kTextHead : 0);
    if (count > in_.left() / each)
      return damaged("claims " + std::to_string(count) + " items in the list " + key +
                     ", more than the file can hold");
    if (type == static_cast<std::uint32_t>(ValueType::text) && count > kMostListTexts)
      return damaged("claims " + std::to_string(count) + " texts in the list " + key +
                     ", and no real file has more than " + std::to_string(kMostListTexts));
    return items(key, static_cast<ValueType>(type), count, value);
  }

  bool unknown_type(const std::string& key, std::uint32_t type) {
    return damaged("has a value of type " + std::to_string(type) + " in its metadata key " + key +
                   ", which GGUF does not have");
  }

  bool items(const std::string& key, ValueType type, std::uint64_t count, GgufValue& value) {
    value.kind = type == ValueType::text                            ? GgufValue::Kind::text
                 : type == ValueType::f32 || type == ValueType::f64 ? GgufValue::Kind::real
                 : type == ValueType::flag                          ? GgufValue::Kind::flag
                                                                    : GgufValue::Kind::whole;
    if (value.kind == GgufValue::Kind::text) {
      std::string passing;
      for (std::uint64_t i = 0; i < count; ++i) {
        if (!text(value.list ? passing : value.text, value.list ? 0 : kKeptTextBytes, key)) return false;
      }
      return true;
    }
    const Bytes each = kValueBytes[static_cast<std::size_t>(type)];
    const bool kept = count <= kKeptListItems && value.kind != GgufValue::Kind::real;
    for (std::uint64_t i = 0; kept && i < count; ++i) {
      if (!whole(type, value.numbers.emplace_back())) return ends_early("in the metadata key " + key);
    }
    if (!kept && !in_.skip(count * each)) return ends_early("in the metadata key " + key);
    return within_limit();
  }

  template <typename T>
  bool whole_as(std::int64_t& into) {
    T number = 0;
    if (!in_.take(number)) return false;
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const bool beyond = number > 0 && static_cast<std::uint64_t>(number) > kMost;
    into = beyond ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(number);
    return true;
  }
  bool whole(ValueType type, std::int64_t& into) {
    switch (type) {
      case ValueType::i8:
        return whole_as<std::int8_t>(into);
      case ValueType::u16:
        return whole_as<std::uint16_t>(into);
      case ValueType::i16:
        return whole_as<std::int16_t>(into);
      case ValueType::u32:
        return whole_as<std::uint32_t>(into);
      case ValueType::i32:
        return whole_as<std::int32_t>(into);
      case ValueType::u64:
        return whole_as<std::uint64_t>(into);
      case ValueType::i64:
        return whole_as<std::int64_t>(into);
      default:
        return whole_as<std::uint8_t>(into);
    }
  }

  template <typename List, typename Name>
  static std::optional<std::string> repeated(const List& list, Name name) {
    std::vector<std::string_view> names;
    names.reserve(list.size());
    for (const auto& entry : list) names.push_back(name(entry));
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    return twice == names.end() ? std::nullopt : std::optional(std::string(*twice));
  }

  bool alignment() {
    const GgufValue* value = header_.find("general.alignment");
    if (value == nullptr) return true;
    constexpr Bytes kMost = Bytes{1} << 20;
    const bool number = value->kind == GgufValue::Kind::whole && !value->list && value->numbers.front() > 0;
    header_.alignment = number ? static_cast<Bytes>(value->numbers.front()) : 0;
    return (number && std::has_single_bit(header_.alignment) && header_.alignment <= kMost) ||
           damaged("has a general.alignment that is no power of two up to " + std::to_string(kMost));
  }

  bool tensors() {
    for (std::uint64_t i = 0; i < tensor_count_; ++i) {
      const std::string what = "tensor " + std::to_string(i + 1) + " of its table";
      GgufTensor& tensor = header_.tensors.emplace_back();
      if (!text(tensor.name, kMostTensorNameBytes + 1, what)) return false;
      if (tensor.name.empty()) return damaged("has no name for " + what);
      if (tensor.name.size() > kMostTensorNameBytes)
        return refuse("has more than " + std::to_string(kMostTensorNameBytes) + " bytes in the name of " +
                      what + ", which llama.cpp does not load: download another build");
      if (!shape(tensor)) return false;
    }
    const auto twice =
        repeated(header_.tensors, [](const GgufTensor& t) { return std::string_view(t.name); });
    return !twice || damaged("has the tensor " + gguf_quoted(*twice) + " twice");
  }

  bool shape(GgufTensor& tensor) {
    const std::string name = gguf_quoted(tensor.name);
    if (!in_.take(tensor.rank)) return ends_early("in the tensor " + name);
    if (tensor.rank == 0 || tensor.rank > kMostDimensions)
      return damaged("has a tensor " + name + " of " + std::to_string(tensor.rank) +
                     " dimensions, and 1 to " + std::to_string(kMostDimensions) + " are possible");
    tensor.dimensions.fill(1);
    for (std::uint32_t i = 0; i < tensor.rank; ++i) {
      if (!in_.take(tensor.dimensions[i])) return ends_early("in the tensor " + name);
      if (tensor.dimensions[i] == 0) return damaged("has a tensor " + name + " without elements");
    }
    std::uint32_t type = 0;
    if (!in_.take(type) || !in_.take(offsets_.emplace_back())) return ends_early("in the tensor " + name);
    const auto known = tensor_type_from_gguf(type);
    if (!known)
      return refuse("has a tensor " + name + " of type " + std::to_string(type) +
                    ", which is not known here: take a newer qwenfit, or download the file again");
    tensor.type = *known;
    const TensorTypeRow& row = tensor_type(*known);
    if (tensor.width() % row.block != 0)
      return damaged("has a tensor " + name + " with rows of " + std::to_string(tensor.width()) +
                     " elements, and " + std::string(row.id) + " stores " + std::to_string(row.block) +
                     " together");
    tensor.bytes = mul(row_bytes(*known, tensor.width()), tensor.rows());
    return within_limit();
  }

  /// The data of all tensors: one behind the other, each aligned, none beyond the end of the file.
  bool places() {
    const Bytes start = pad_to(in_.at(), header_.alignment);
    // A part without tensors may end where its metadata do.
    header_.header_bytes = std::min(start, in_.size());
    const Bytes data = in_.size() - header_.header_bytes;
    Bytes next = 0;
    for (std::size_t i = 0; i < offsets_.size(); ++i) {
      const GgufTensor& tensor = header_.tensors[i];
      const std::string name = gguf_quoted(tensor.name);
      if (offsets_[i] != next)
        return damaged(
            "has the tensor " + name + " at byte " + std::to_string(offsets_[i]) + " of its data, where " +
            (offsets_[i] < next ? "another one still is" : "byte " + std::to_string(next) + " is next"));
      const Bytes end = add(next, tensor.bytes);
      if (end > data) return cut_short(name, add(start, end));
      next = pad_to(end, header_.alignment);
    }
    return true;
  }

  bool cut_short(const std::string& name, Bytes end) {
    return refuse("is cut short: the tensor " + name + " ends at byte " + std::to_string(end) +
                  ", and the file has " + std::to_string(in_.size()) + "; download it again");
  }

  GgufCursor in_;
  GgufHeader header_;
  std::uint64_t tensor_count_ = 0, metadata_count_ = 0;
  std::vector<Bytes> offsets_;
  std::string fault_;
};

}  // namespace

const GgufValue* GgufHeader::find(std::string_view key) const {
  const auto found =
      std::find_if(metadata.begin(), metadata.end(), [&](const auto& entry) { return entry.first == key; });
  return found == metadata.end() ? nullptr : &found->second;
}

std::string gguf_quoted(std::string_view name) {
  return "\"" + printable(name) + "\"";
}

Error gguf_error(const std::string& file, const std::string& what) {
  return {ErrorCode::bad_file, gguf_quoted(file) + " " + what, file, {}};
}

Result<GgufHeader> read_gguf(ByteSource& source, const std::string& file) {
  HeaderReader reader(source);
  if (reader.read()) return std::move(reader).take();
  return gguf_error(file, reader.fault());
}

}  // namespace qwenfit
