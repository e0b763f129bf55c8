#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "model/mixture.h"
#include "query/file_names.h"
#include "query/model_files.h"
#include "query/text.h"

namespace qwenfit {
namespace {

namespace fs = std::filesystem;

/// A file on a disk.
class FileSource : public ByteSource {
 public:
  FileSource(const std::string& path, Bytes size) : in_(path, std::ios::binary), size_(size) {}
  bool is_open() const { return in_.is_open(); }
  Bytes size() const override { return size_; }
  bool read(Bytes offset, std::span<char> into) override {
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(offset));
    in_.read(into.data(), static_cast<std::streamsize>(into.size()));
    return in_.gcount() == static_cast<std::streamsize>(into.size());
  }

 private:
  std::ifstream in_;
  Bytes size_;
};

Result<GgufHeader> read_part(const std::string& path) {
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (status.type() == fs::file_type::not_found) return gguf_error(path, "does not exist: no such file");
  if (code) return gguf_error(path, "cannot be looked at: permission is missing or the path is wrong");
  if (status.type() == fs::file_type::directory)
    return gguf_error(path, "is a folder: give the GGUF file in it");
  if (status.type() != fs::file_type::regular)
    return gguf_error(path, "is no regular file but a pipe or device");
  const auto size = fs::file_size(path, code);
  FileSource source(path, size);
  if (code || !source.is_open()) return gguf_error(path, "cannot be opened: permission is missing");
  return read_gguf(source, path);
}

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
      !number || !count)
    return std::nullopt;
  return PartName{path.substr(0, path.size() - kPattern.size()), *number, *count};
}

std::uint64_t split_number(const GgufHeader& header, std::string_view key) {
  const GgufValue* value = header.find(key);
  if (value == nullptr || value->list || value->numbers.empty()) return 0;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(value->numbers.front(), 0));
}

/// The headers of all parts, the first of which was read.
Result<std::vector<GgufHeader>> read_others(const std::string& path, GgufHeader first,
                                            std::vector<std::string>& names) {
  std::vector<GgufHeader> parts;
  const std::uint64_t count = std::max<std::uint64_t>(split_number(first, "split.count"), 1);
  const auto name = part_name(path);
  parts.push_back(std::move(first));
  names = {path};
  if (name && name->number != 1) {
    Error error =
        gguf_error(path, "is part " + std::to_string(name->number) + " of " + std::to_string(name->count) +
                             ", and the metadata are in the first: give " + in_quotes(name->of(1)));
    error.did_you_mean = {name->of(1)};
    return error;
  }
  if (count == 1) return parts;
  if (!name || name->count != count)
    return gguf_error(path, "is one of " + std::to_string(count) +
                                " parts, and its name does not end like -00001-of-0000" +
                                std::to_string(count) +
                                ".gguf, by which llama.cpp finds the others: give it its name back");
  for (std::uint64_t number = 2; number <= count; ++number) {
    names.push_back(name->of(number));
    auto part = read_part(names.back());
    if (!part) return part.error();
    if (split_number(*part, "split.no") + 1 != number || split_number(*part, "split.count") != count)
      return gguf_error(names.back(),
                        "is part " + std::to_string(split_number(*part, "split.no") + 1) + " of " +
                            std::to_string(split_number(*part, "split.count")) +
                            " by its own metadata, not what its name says: it belongs to another file");
    parts.push_back(std::move(*part));
  }
  std::uint64_t tensors = 0;
  for (const GgufHeader& part : parts) tensors += part.tensors.size();
  const std::uint64_t stated = split_number(parts.front(), "split.tensors.count");
  if (stated != 0 && stated != tensors)
    return gguf_error(path, "states " + std::to_string(stated) + " tensors, and its parts have " +
                                std::to_string(tensors) + ": they do not belong together");
  return parts;
}

double share_apart(Bytes a, Bytes b) {
  return b > 0 ? std::abs(static_cast<double>(a) / static_cast<double>(b) - 1) : HUGE_VAL;
}

/// Publishers give the same name to mixtures of their own, which differ in size by up to this share.
constexpr double kOwnMixtureShare = 0.35;

/// Which quant the file is. The name of a stock quant must be right to the byte where another one is.
void find_quant(const std::string& stem, const Catalog& catalog, GgufContents& contents) {
  const GgufModel& model = contents.model;
  const Bytes bytes = total_bytes(model.tensors);
  const auto stock_bytes = [&](const QuantRow& row, bool importance_matrix) {
    return total_bytes(typed_tensors(model.shape, *row.mixture, model.has_mtp_block, importance_matrix));
  };
  const QuantRow* named = quant_in(stem, catalog);
  if (named != nullptr && named->mixture &&
      share_apart(bytes, stock_bytes(*named, false)) <= kOwnMixtureShare) {
    contents.quant = named;
    contents.basis = QuantBasis::name;
    return;
  }
  double least = HUGE_VAL;
  for (const QuantRow& row : catalog.rows().quants) {
    if (row.format != "gguf" || !row.mixture || !row.mixture_exact || (row.moe_only && !model.shape.is_moe()))
      continue;
    const Bytes plain = stock_bytes(row, false);
    if (plain == bytes || stock_bytes(row, true) == bytes) {
      contents.quant = &row;
      contents.basis = QuantBasis::tensors;
      return;
    }
    const double apart = share_apart(bytes, plain);
    if (contents.quant != nullptr && apart >= least) continue;
    least = apart;
    contents.quant = &row;
  }
}

}  // namespace

Result<GgufContents> read_gguf_model(const std::string& path, const Catalog& catalog) {
  auto first = read_part(path);
  if (!first) return first.error();
  std::vector<std::string> names;
  auto parts = read_others(path, std::move(*first), names);
  if (!parts) return parts.error();
  auto model = gguf_model(*parts, path);
  if (!model) return model.error();
  GgufContents contents;
  contents.version = parts->front().version;
  contents.alignment = parts->front().alignment;
  contents.metadata = parts->front().metadata.size();
  for (std::size_t i = 0; i < parts->size(); ++i) {
    const GgufHeader& part = (*parts)[i];
    contents.header_bytes = add(contents.header_bytes, part.header_bytes);
    contents.file_bytes = add(contents.file_bytes, part.file_bytes);
    contents.parts.push_back({names[i], part.file_bytes, part.tensors.size()});
  }
  contents.model = std::move(*model);
  find_quant(stem_of(path), catalog, contents);
  if (contents.quant == nullptr)
    return gguf_error(path, "cannot be compared: the catalog has no stock quants");
  contents.tensors = std::make_shared<const std::vector<TypedTensor>>(contents.model.tensors);
  return contents;
}

}  // namespace qwenfit
