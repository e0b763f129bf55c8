#pragma once

#include <string>

#include "advise/inspect.h"
#include "catch.h"
#include "query/model_files.h"

/// Models from files, for tests.
namespace qwenfit {

inline constexpr Layouts kUnpadded{{1, 0}, {1, 0}};

inline const Catalog& built_in() {
  return Catalog::builtin();
}

inline const ModelFile& opened(ModelFiles& files, const std::string& path) {
  const auto file = files.open(path);
  INFO((file ? "" : file.error().message));
  REQUIRE(file);
  return **file;
}

inline std::string said_of_file(const std::string& path) {
  ModelFiles files(built_in());
  const auto file = files.open(path);
  REQUIRE_FALSE(file);
  CHECK(file.error().code == ErrorCode::bad_file);
  return file.error().message;
}

inline void check_same(const Inspection& i, const WeightTable& ours) {
  CHECK(i.weights.tensor_bytes == ours.tensor_bytes);
  CHECK(i.weights.token_embedding_bytes == ours.token_embedding_bytes);
  CHECK(i.weights.output_bytes == ours.output_bytes);
  CHECK(i.weights.block_bytes == ours.block_bytes);
  CHECK(i.weights.has_mtp_block == ours.has_mtp_block);
  CHECK(i.weights.dense_parameters == ours.dense_parameters);
  CHECK(i.weights.expert_parameters == ours.expert_parameters);
  for (std::size_t block = 0; block < ours.tensors.size(); ++block)
    CHECK(i.weights.tensors[block].checksum() == ours.tensors[block].checksum());
  CHECK(i.weights.mtp_tensors.checksum() == ours.mtp_tensors.checksum());
  CHECK(i.stock->tensor_bytes == ours.tensor_bytes);
}

}  // namespace qwenfit
