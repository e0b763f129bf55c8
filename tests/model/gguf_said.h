#pragma once

#include <string>
#include <utility>

#include "catch.h"
#include "model/gguf.h"
#include "model/gguf_model.h"
#include "support/gguf_models.h"

namespace qwenfit {

/// What is said of a file: of its header, else of the model in it. Empty: all is well.
inline std::string said_of(MemorySource source) {
  auto header = read_gguf(source, "x.gguf");
  if (!header) {
    CHECK(header.error().code == ErrorCode::bad_file);
    CHECK(header.error().where == "x.gguf");
    return header.error().message;
  }
  const auto model = gguf_model({std::move(*header)}, "x.gguf");
  return model ? "" : model.error().message;
}
inline std::string said_of(const GgufWriter& writer) {
  return said_of(writer.source());
}
inline std::string said_of_text(const std::string& text) {
  return said_of(MemorySource(text));
}

}  // namespace qwenfit
