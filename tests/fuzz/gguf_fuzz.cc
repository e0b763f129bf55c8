// GGUF headers, of one file or of several parts of one: read, or refused with words; of what was read every
// byte is in one place, and it can be answered for a machine. Parts stand behind one another in an input,
// divided by kCut.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/answered.h"
#include "model/gguf_model.h"
#include "model/weight_table.h"
#include "query/gguf_parts.h"
#include "query/gguf_quant.h"
#include "support/gguf_writer.h"

using namespace qwenfit;

namespace {

constexpr std::string_view kCut = "<next part>";
constexpr std::size_t kMostParts = 8;

std::vector<std::string> parts_of(std::string_view input) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at != input.npos && parts.size() < kMostParts;) {
    const std::size_t cut = input.find(kCut, at);
    parts.emplace_back(input.substr(at, cut - at));
    at = cut == input.npos ? cut : cut + kCut.size();
  }
  return parts;
}

/// Names as llama.cpp's splitter gives them.
std::vector<std::string> names_of(std::size_t count) {
  if (count == 1) return {"fuzz.gguf"};
  std::vector<std::string> names;
  for (std::size_t part = 1; part <= count; ++part) {
    char name[40];
    std::snprintf(name, sizeof name, "fuzz-%05u-of-%05u.gguf", static_cast<unsigned>(part),
                  static_cast<unsigned>(count));
    names.emplace_back(name);
  }
  return names;
}

Result<GgufHeader> read_one(const std::string& bytes, const std::string& name) {
  constexpr Bytes kData = Bytes{4} << 20;
  MemorySource source(bytes, bytes.size() + kData);
  auto header = read_gguf(source, name);
  if (source.largest() > (std::size_t{64} << 10)) std::abort();
  if (header && header->header_bytes > header->file_bytes) std::abort();
  return header;
}

void check_error(const Error& error, const std::vector<std::string>& names) {
  const bool known = std::find(names.begin(), names.end(), error.where) != names.end();
  if (error.code != ErrorCode::bad_file || error.message.empty() || !known) std::abort();
}

void check_model(GgufModel model) {
  const WeightTable weights = file_weights(model.shape, model.has_mtp_block, model.tensors, {{1, 0}, {1, 0}});
  if (weights.tensor_bytes != total_bytes(model.tensors)) std::abort();
  check_answer({model.shape, model.max_context, model.has_mtp_block, model.tensors}, weights);
  GgufContents contents;
  contents.model = std::move(model);
  find_quant("fuzz-Q4_K_M", Catalog::builtin(), contents);
  if (contents.quant == nullptr) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto inputs = parts_of({reinterpret_cast<const char*>(data), size});
  const auto names = names_of(inputs.size());
  const auto read = [&](const std::string& path) -> Result<GgufHeader> {
    const auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), path) - names.begin());
    // Only parts that belong to the first are looked for.
    if (at == names.size()) std::abort();
    return read_one(inputs[at], path);
  };
  std::vector<std::string> paths;
  const auto parts = read_gguf_parts(names.front(), read, paths);
  if (!parts) {
    check_error(parts.error(), names);
    return 0;
  }
  auto model = gguf_model(*parts, names.front());
  if (!model) {
    check_error(model.error(), names);
    return 0;
  }
  check_model(std::move(*model));
  return 0;
}
