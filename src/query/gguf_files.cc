#include <filesystem>
#include <fstream>

#include "query/file_names.h"
#include "query/gguf_parts.h"
#include "query/gguf_quant.h"
#include "query/model_files.h"

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
  if (const std::string fault = path_fault(path); !fault.empty()) return gguf_error(path, fault);
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (status.type() == fs::file_type::directory)
    return gguf_error(path, "is a folder: give the GGUF file in it");
  if (status.type() != fs::file_type::regular)
    return gguf_error(path,
                      "is no regular file but a pipe or device: write it to a file first, and give that");
  const auto size = fs::file_size(path, code);
  FileSource source(path, size);
  if (code || !source.is_open())
    return gguf_error(path, "cannot be opened: permission to read it is missing (chmod +r)");
  return read_gguf(source, path);
}

}  // namespace

Result<GgufContents> read_gguf_model(const std::string& path, const Catalog& catalog) {
  std::vector<std::string> names;
  auto parts = read_gguf_parts(path, read_part, names);
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
    return gguf_error(path, "cannot be compared: the catalog has no stock quants; leave --catalog out");
  contents.tensors = std::make_shared<const std::vector<TypedTensor>>(contents.model.tensors);
  return contents;
}

}  // namespace qwenfit
