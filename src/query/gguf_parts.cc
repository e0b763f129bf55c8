#include "query/gguf_parts.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "query/text.h"

namespace qwenfit {
namespace {

/// `-00001-of-00003` at the end of a file's name, taken apart.
struct PartName {
  std::string before;  ///< with the folders
  std::uint64_t number = 0, count = 0;

  std::string of(std::uint64_t part) const {
    char tail[32];
    std::snprintf(tail, sizeof tail, "-%05u-of-%05u.gguf", static_cast<unsigned>(part),
                  static_cast<unsigned>(count));
    return before + tail;
  }
};

std::optional<PartName> part_name(const std::string& path) {
  constexpr std::string_view kPattern = "-00001-of-00002.gguf";
  constexpr std::size_t kDigits = 5, kOf = 6, kCount = 10;
  if (path.size() < kPattern.size()) return std::nullopt;
  const std::string tail = lower_case(std::string_view(path).substr(path.size() - kPattern.size()));
  const auto number = parse_unsigned(std::string_view(tail).substr(1, kDigits));
  const auto count = parse_unsigned(std::string_view(tail).substr(kCount, kDigits));
  if (tail.front() != '-' || tail.substr(kOf, kCount - kOf) != "-of-" || !tail.ends_with(".gguf") ||
      !number || !count || *number == 0 || *number > *count)
    return std::nullopt;
  return PartName{path.substr(0, path.size() - kPattern.size()), *number, *count};
}

std::uint64_t split_number(const GgufHeader& header, std::string_view key) {
  const GgufValue* value = header.find(key);
  if (value == nullptr || value->list || value->numbers.empty()) return 0;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(value->numbers.front(), 0));
}

std::string part_words(std::uint64_t number, std::uint64_t count) {
  return "part " + std::to_string(number) + " of " + std::to_string(count);
}

/// The parts behind the first, which its name finds.
class PartsReader {
 public:
  PartsReader(const std::string& path, const PartReader& read, std::vector<std::string>& paths)
      : path_(path), read_(read), paths_(paths), name_(part_name(path)) {}

  Result<std::vector<GgufHeader>> read() {
    auto first = read_(path_);
    if (!first) return first.error();
    paths_ = {path_};
    tensors_ = first->tensors.size();
    parts_.push_back(std::move(*first));
    const std::uint64_t count = std::max<std::uint64_t>(split_number(parts_.front(), "split.count"), 1);
    if (auto fault = first_fault(count)) return *std::move(fault);
    for (std::uint64_t number = 2; number <= count; ++number) {
      if (auto fault = next_fault(number, count)) return *std::move(fault);
    }
    if (auto fault = sum_fault()) return *std::move(fault);
    return std::move(parts_);
  }

 private:
  std::optional<Error> first_fault(std::uint64_t count) const {
    if (name_ && name_->number != 1) {
      const std::string first = name_->of(1);
      const std::string which =
          part_words(name_->number, name_->count) + ", and the metadata are in the first";
      if (const auto there = read_(first); !there) {
        Error error = there.error();
        error.message += "; " + in_quotes(path_) + " is " + which;
        return error;
      }
      Error error = gguf_error(path_, "is " + which + ": give " + in_quotes(first));
      error.did_you_mean = {first};
      return error;
    }
    if (count == 1 || (name_ && name_->count == count)) return std::nullopt;
    return gguf_error(path_, "is one of " + std::to_string(count) +
                                 " parts, and its name does not end like " + PartName{"", 1, count}.of(1) +
                                 ", by which llama.cpp finds the others: give it its name back");
  }

  std::optional<Error> next_fault(std::uint64_t number, std::uint64_t count) {
    paths_.push_back(name_->of(number));
    auto part = read_(paths_.back());
    if (!part) {
      Error error = part.error();
      // What a person gave is the first part.
      error.message += "; it is " + part_words(number, count) + " of " + in_quotes(path_) +
                       ", and all of them must lie in one folder";
      error.did_you_mean.clear();
      return error;
    }
    const std::uint64_t own = split_number(*part, "split.no") + 1;
    const std::uint64_t own_count = split_number(*part, "split.count");
    if (own != number || own_count != count)
      return gguf_error(paths_.back(), "is " + part_words(own, own_count) +
                                           " by its own metadata, not what its name says: it belongs to "
                                           "another file, put " +
                                           part_words(number, count) + " of " + in_quotes(path_) +
                                           " in its place");
    part->metadata = {};  // those that count are in the first
    tensors_ += part->tensors.size();
    parts_.push_back(std::move(*part));
    if (tensors_ <= kMostTensors) return std::nullopt;
    return gguf_error(path_, "has more than " + std::to_string(kMostTensors) +
                                 " tensors in its parts, which no real file has: download it again");
  }

  std::optional<Error> sum_fault() const {
    if (parts_.size() == 1) return std::nullopt;
    const std::uint64_t stated = split_number(parts_.front(), "split.tensors.count");
    if (stated == 0 || stated == tensors_) return std::nullopt;
    return gguf_error(path_, "states " + std::to_string(stated) + " tensors, and its parts have " +
                                 std::to_string(tensors_) +
                                 ": they do not belong together, download all parts of one file");
  }

  const std::string& path_;
  const PartReader& read_;
  std::vector<std::string>& paths_;
  std::optional<PartName> name_;
  std::vector<GgufHeader> parts_;
  std::uint64_t tensors_ = 0;  ///< of these
};

}  // namespace

Result<std::vector<GgufHeader>> read_gguf_parts(const std::string& path, const PartReader& read,
                                                std::vector<std::string>& paths) {
  return PartsReader(path, read, paths).read();
}

}  // namespace qwenfit
