#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/gguf_model.h"
#include "qwenfit/catalog.h"
#include "qwenfit/error.h"

namespace qwenfit {

/// How it is known which quant a file is.
enum class QuantBasis : std::uint8_t {
  name,      ///< its name says so, and its tensors do not contradict
  metadata,  ///< `general.file_type` says so, and its tensors do not contradict
  tensors,   ///< llama-quantize gives this quant exactly so many bytes
  nearest    ///< of llama-quantize's quants the one nearest in bits per weight
};

/// One of the files that make up a model.
struct ModelPart {
  std::string path;
  Bytes bytes = 0;
  std::size_t tensors = 0;
};

/// What was read of a GGUF file, of all its parts together.
struct GgufContents {
  std::uint32_t version = 0;
  Bytes alignment = 0;
  Bytes header_bytes = 0, file_bytes = 0;
  std::size_t metadata = 0;  ///< keys of the first part
  std::vector<ModelPart> parts;
  GgufModel model;
  std::shared_ptr<const std::vector<TypedTensor>> tensors;  ///< the model's
  const QuantRow* quant = nullptr;                          ///< never null
  QuantBasis basis = QuantBasis::nearest;
  const QuantRow* named = nullptr;   ///< what the file's name says, right or wrong; nullptr: nothing
  const QuantRow* stated = nullptr;  ///< what its metadata say
};

/// A model that a person gave as a file: a GGUF file, or a config.json with the architecture alone.
struct ModelFile {
  std::string path;  ///< as typed
  std::string id;    ///< made of the file's name; `--model` takes it too from here on
  std::string name;  ///< for people
  std::string source;
  ModelRow row;                      ///< its views are of the texts above
  std::optional<GgufContents> gguf;  ///< none for a config.json
  std::string folder;  ///< of a config.json: where its weights lie, which servers take; else empty
  const ModelRow* like = nullptr;  ///< released model of the same shape; nullptr: none
};

/// The files of one run, each read once. Nothing moves: rows are compared by address.
class ModelFiles {
 public:
  explicit ModelFiles(const Catalog& catalog) : catalog_(catalog) {}

  /// True for what can only be meant as a file: `x.gguf`, `config.json`.
  static bool is_file_name(std::string_view typed);
  /// True as well for names with folders before them, and for a folder that is there.
  static bool is_path(std::string_view typed);

  /// Reads the file, or finds it where it was read before; of a folder its config.json. Error: `bad_file`.
  Result<const ModelFile*> open(const std::string& typed);

  /// The file whose row this is; nullptr for rows of the catalog.
  const ModelFile* of(const ModelRow& row) const;

 private:
  std::string unused_id(const std::string& path, const std::string& canonical) const;

  const Catalog& catalog_;
  std::map<std::string, std::unique_ptr<const ModelFile>> by_path_;  ///< the canonical one
  std::map<std::string, const ModelFile*, std::less<>> by_id_;
  std::map<const ModelRow*, const ModelFile*> by_row_;
};

/// Reads a GGUF file and, of one in several, its other parts. Error: `bad_file`.
Result<GgufContents> read_gguf_model(const std::string& path, const Catalog& catalog);

/// The released model of the same shape, with or without its MTP block: of several the one that the name of
/// the file begins with. nullptr: none.
const ModelRow* same_shape(const Architecture& a, const std::string& stem, const Catalog& catalog);

}  // namespace qwenfit
