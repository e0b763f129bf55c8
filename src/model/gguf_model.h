#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/gguf.h"
#include "model/tensors.h"
#include "qwenfit/error.h"
#include "qwenfit/model.h"

namespace qwenfit {

/// The language model in a GGUF file, as its own metadata and tensors state it.
struct GgufModel {
  std::string architecture;  ///< llama.cpp's word: `qwen35`
  std::string name;          ///< as its maker calls it; empty when not stated
  Architecture shape;
  bool has_mtp_block = false;
  Tokens max_context = 0;
  std::optional<std::uint64_t> vocabulary;  ///< words of the tokenizer; none when the file has no list
  std::vector<TypedTensor> tensors;        ///< all of them, in the order of `tensors_of`, unknown ones behind
  std::vector<std::string> unknown;        ///< tensors that count with their block and mean nothing here
  std::optional<std::uint64_t> file_type;  ///< llama.cpp's number of its quant, as its maker states it
  bool joined_attention = false;           ///< query, key and value are one matrix
  bool joined_feed_forward = false;        ///< so are gate and up
  bool no_gate = false;                    ///< of the feed forward
  bool same_graph = false;                 ///< Qwen 3's or 3.5's graph; others come near
};

/// Reads the model from the headers of all parts of a file, the metadata from the first. Dense and MoE models
/// with plain attention, and Qwen 3.5's mixture of linear and full attention. Error: `bad_file` at `file`.
Result<GgufModel> gguf_model(const std::vector<GgufHeader>& parts, const std::string& file);

}  // namespace qwenfit
