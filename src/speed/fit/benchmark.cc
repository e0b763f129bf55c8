#include "speed/fit/benchmark.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace qwenfit {
namespace {

using Json = nlohmann::json;

std::string text(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<double> number(const Json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

Benchmark benchmark(const Json& row, bool generic) {
  Benchmark b;
  b.generic = generic;
  b.id = text(row, "id");
  b.group = text(row, "group");
  b.url = text(row, "url");
  b.date = text(row, "date");
  b.model = text(row, "model");
  b.quant = text(row, "quant");
  b.publisher = text(row, "publisher");
  b.device = text(row, "device");
  b.count = static_cast<std::uint32_t>(number(row, "count").value_or(0));
  b.runtime = text(row, "runtime");
  b.engine = text(row, "engine");
  b.backend = text(row, "backend");
  b.tool = text(row, "tool");
  b.tensor_bytes = number(row, "tensor_bytes");
  b.depth = number(row, "depth");
  b.prefill_depth = number(row, "prefill_depth");
  b.prompt = number(row, "prompt");
  b.generated = number(row, "generated");
  b.ubatch = number(row, "ubatch");
  b.kv_k = text(row, "kv_k");
  b.kv_v = text(row, "kv_v");
  b.split = text(row, "split");
  b.cpu = text(row, "cpu");
  b.cpu_as_written = text(row, "cpu_as_written");
  b.gpu_layers = number(row, "gpu_layers");
  b.cpu_moe = number(row, "cpu_moe");
  b.ram_bytes_per_s = number(row, "ram_bytes_per_s");
  b.layers = number(row, "layers");
  b.users = number(row, "users");
  b.decode_tok_s = number(row, "decode_tok_s");
  b.prefill_tok_s = number(row, "prefill_tok_s");
  if (const auto drafting = row.find("speculation"); drafting != row.end() && drafting->is_object()) {
    b.speculation = text(*drafting, "kind");
    b.drafts = number(*drafting, "drafts");
    b.acceptance = number(*drafting, "acceptance");
  }
  if (const auto left_out = row.find("left_out"); left_out != row.end() && left_out->is_object()) {
    b.decode_left_out = text(*left_out, "decode");
    b.prefill_left_out = text(*left_out, "prefill");
  }
  return b;
}

}  // namespace

std::vector<Benchmark> read_benchmarks(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Benchmark> rows;
  for (const auto& file : files) {
    std::ifstream in(file);
    const Json document = Json::parse(in, nullptr, false);
    if (document.is_discarded() || !document.contains("rows"))
      throw std::runtime_error(file.string() + ": expected a list of rows");
    const bool generic = text(document, "schema").find("generic") != std::string::npos;
    for (const Json& row : document.at("rows")) rows.push_back(benchmark(row, generic));
  }
  return rows;
}

}  // namespace qwenfit
