#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace qwenfit {

/// One measured row of data/benchmarks; empty and none mean not stated.
struct Benchmark {
  std::string id, group, url, date;
  std::string model, quant, publisher, device;
  std::uint32_t count = 0;  ///< devices; 0: CPU only
  std::string runtime, engine, backend;
  std::string tool;  ///< `bench`: in process; `server`: through a request
  std::optional<double> tensor_bytes, depth, prefill_depth, prompt, generated, ubatch;
  std::string kv_k, kv_v, split, cpu, cpu_as_written;
  std::optional<double> gpu_layers, cpu_moe, ram_bytes_per_s, layers;
  std::optional<double> users, decode_tok_s, prefill_tok_s;
  std::string speculation;  ///< kind; empty when none
  std::optional<double> drafts, acceptance;
  std::string decode_left_out, prefill_left_out;  ///< why the row does not count; empty: it does
  bool generic = false;                           ///< another model family: speaks for the device alone
};

/// Every row of the *.json files of a folder, in name order. Throws std::runtime_error with file and reason.
std::vector<Benchmark> read_benchmarks(const std::string& folder);

}  // namespace qwenfit
