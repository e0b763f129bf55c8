#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "qwenfit/error.h"
#include "qwenfit/quant.h"
#include "qwenfit/units.h"

/// The header of a GGUF file: metadata and the table of tensors, without their data. Nothing in it is
/// believed: a file may claim anything.
namespace qwenfit {

/// Limits on a header: far above any real one, low enough that a hostile one costs neither time nor memory.
inline constexpr Bytes kMostHeaderBytes = Bytes{128} << 20;
inline constexpr std::uint64_t kMostMetadata = 4096;
inline constexpr std::uint64_t kMostTensors = std::uint64_t{1} << 16;
inline constexpr std::uint64_t kMostListTexts = std::uint64_t{1} << 22;  ///< words of a vocabulary, or merges
inline constexpr Bytes kMostKeyBytes = 1024;
inline constexpr Bytes kMostTensorNameBytes = 63;    ///< GGML_MAX_NAME, less the zero at the end
inline constexpr std::size_t kKeptTextBytes = 256;   ///< of a text, what is kept of it
inline constexpr std::size_t kKeptListItems = 1024;  ///< longer lists of numbers are only counted
inline constexpr std::size_t kMostDimensions = 4;    ///< GGML_MAX_DIMS
inline constexpr Bytes kDefaultGgufAlignment = 32;

/// Where the bytes of a file come from.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;
  virtual Bytes size() const = 0;
  /// Fills `into` with what stands at `offset`; all of it lies within the size. False where it cannot be
  /// read.
  virtual bool read(Bytes offset, std::span<char> into) = 0;
};

/// A text, a number, or a list of either.
struct GgufValue {
  enum class Kind : std::uint8_t { text, whole, real, flag };
  Kind kind = Kind::whole;  ///< of the value, or of the items of the list
  bool list = false;
  std::uint64_t count = 1;            ///< items of the list
  std::vector<std::int64_t> numbers;  ///< whole numbers and flags: the value, or the items of a short list
  std::string text;                   ///< the beginning of a text
};

/// One line of the table of tensors. Everything has been checked against the size of the file.
struct GgufTensor {
  std::string name;
  std::array<Bytes, kMostDimensions> dimensions{};  ///< elements, the row's width first; 1 beyond the last
  std::uint32_t rank = 0;
  TensorType type = TensorType::f32;
  Bytes bytes = 0;

  Bytes width() const { return dimensions[0]; }
  Bytes rows() const { return mul(dimensions[1], dimensions[2], dimensions[3]); }
};

struct GgufHeader {
  std::uint32_t version = 0;
  Bytes alignment = kDefaultGgufAlignment;
  Bytes header_bytes = 0;  ///< up to the first tensor's data
  Bytes file_bytes = 0;
  std::vector<std::pair<std::string, GgufValue>> metadata;
  std::vector<GgufTensor> tensors;

  /// nullptr where there is no such key.
  const GgufValue* find(std::string_view key) const;
};

/// What to do about a file that is not whole; follows a colon.
inline constexpr std::string_view kDamaged =
    "it is damaged, compare its size with the publisher's or download it again";

/// A name from a file, for a message.
std::string gguf_quoted(std::string_view name);
/// `bad_file` at `file`: `"file" is cut short ...`.
Error gguf_error(const std::string& file, const std::string& what);

/// Reads the header alone, in small pieces. Versions 2 and 3, little-endian. Error: `bad_file` at `file`,
/// with what is wrong and what to do.
Result<GgufHeader> read_gguf(ByteSource& source, const std::string& file);

}  // namespace qwenfit
