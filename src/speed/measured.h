#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/error.h"
#include "qwenfit/speed.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// One test of llama-bench as its JSON states it. Text is empty and numbers are 0 where an older build does
/// not write the field.
struct BenchRow {
  std::string place;  ///< in the file: `/2` or `line 3`
  std::string cpu, gpus, backends;
  std::string model_file, model_type;
  Bytes model_bytes = 0;
  std::uint64_t parameters = 0;
  Tokens prompt = 0, generated = 0, depth = 0;
  Tokens batch = 0, ubatch = 0;
  std::optional<std::int64_t> gpu_layers;  ///< negative: all
  std::uint32_t cpu_moe_layers = 0;
  std::string kv_k, kv_v, split_mode, devices, tensor_split, overrides;
  std::int64_t main_gpu = 0;
  bool kv_on_host = false;
  bool embeddings = false;
  double tok_s = 0;  ///< mean over the repetitions
};

/// The rows of one file, in its order.
struct OwnMeasurements {
  std::string file;
  std::vector<BenchRow> rows;
};

/// Reads the text of `llama-bench -o json` (an array of objects) or `-o jsonl` (an object a line). Error:
/// `bad_file` with the JSON pointer or the line, and what was expected there.
Result<OwnMeasurements> parse_measurements(const std::string& file, const std::string& text);

/// The same from a regular file.
Result<OwnMeasurements> read_measurements(const std::string& path);

}  // namespace qwenfit
