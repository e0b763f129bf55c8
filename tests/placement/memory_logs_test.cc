// Buffer lines of real users' logs against the formulas.

#include <cctype>
#include <cmath>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <set>

#include "fmt/format.h"
#include "memory/kv_cache.h"
#include "memory/llama_rules.h"
#include "memory/recurrent_state.h"
#include "model/weight_table.h"
#include "nlohmann/json.hpp"
#include "support/models.h"

using namespace qwenfit;
using nlohmann::json;

namespace {

std::string text(const json& row, const char* key) {
  return row.at(key).is_string() ? row.at(key).get<std::string>() : "";
}

double buffers_mib(const json& row, const std::string& kind) {
  double sum = 0;
  for (const json& buffer : row.at("buffers")) {
    if (buffer.at("kind") == kind) sum += buffer.at("mib").get<double>();
  }
  return sum;
}

/// `20.60 GiB (5.11 BPW)`, `492.61 MiB` or `696328192 bytes`: a log line rounds to 0.01.
std::optional<double> file_mib(const json& row) {
  const std::string size = text(row, "file_size");
  if (size.empty()) return std::nullopt;
  const double value = std::stod(size);
  if (size.find("GiB") != std::string::npos) return value * 1024;
  if (size.find("MiB") != std::string::npos) return value;
  return value / static_cast<double>(kMiB);
}

double mib(Bytes bytes) {
  return static_cast<double>(bytes) / static_cast<double>(kMiB);
}

/// Model buffers expected of a file: everything once, and the embedding a second time where it is both input
/// and output (tied models) or where Metal maps the file as a whole beside the CPU's mapping of the
/// embedding.
double model_mib(const ModelRow& model, const json& row, double file) {
  std::string quant = text(row, "quant");
  for (char& c : quant) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const QuantRow* known = Catalog::builtin().quant_by_id(quant);
  const Mixture mixture = known != nullptr ? known->mixture.value_or(Mixture::q4_k_m) : Mixture::q4_k_m;
  const auto embedding = known != nullptr ? known->embedding_type : std::nullopt;
  const Bytes tensors = static_cast<Bytes>(file * static_cast<double>(kMiB));
  const WeightTable table =
      scaled_weights(model.architecture, mixture, false, tensors, {{1, 0}, {1, 0}}, embedding);
  const bool twice = model.architecture.tied_embeddings ||
                     text(row, "notes").find("overlaps MTL0_Mapp") != std::string::npos;
  return file + (twice ? mib(table.token_embedding_bytes) : 0);
}

/// Logs that differ, and why.
const std::map<std::string, std::string> kDiffers = {
    {"mem-035",
     "the stated 696,328,192 bytes are no Q4_K_M file of a 0.8B: the buffers sum to as many decimal MB"},
    {"mem-036", "as mem-035"},
    {"mem-037", "as mem-035"},
    {"mem-050",
     "a CPU-only run: the whole file stays mapped (492.61 MiB) beside the repacked copy (181.44 MiB)"},
    {"mem-055",
     "the stated 16.34 GiB count tensors that the run did not load: its own buffers, 15718.48 + 682.03 MiB, "
     "are 16.02 GiB"},
};

}  // namespace

TEST_CASE("buffers logged by real users are reproduced") {
  std::ifstream in(QWENFIT_TEST_DATA "/memory_logs.json");
  const json document = json::parse(in);
  std::size_t kv = 0, state = 0, weights = 0;
  std::vector<std::string> differing;
  for (const json& row : document.at("rows")) {
    const std::string id = text(row, "id");
    const ModelRow& model = model_row(text(row, "model_base"));
    const Architecture& a = model.architecture;
    const auto differs = [&](const std::string& what, double ours, double theirs) {
      differing.push_back(fmt::format("{} {}: ours {:.2f} MiB, log {:.2f} MiB", id, what, ours, theirs));
    };

    const auto k = tensor_type_from_id(text(row, "kv_type_k"));
    const auto v = tensor_type_from_id(text(row, "kv_type_v"));
    if (const double logged = buffers_mib(row, "KV"); logged > 0 && k && v && row.at("n_ctx").is_number()) {
      const double ours = mib(a.full_attention_layers() *
                              kv_cache_bytes_per_layer(a, kv_cells(row.at("n_ctx").get<Tokens>()), *k, *v));
      ++kv;
      if (std::abs(ours - logged) > 1) differs("KV", ours, logged);
    }
    if (const double logged = buffers_mib(row, "RS"); logged > 0) {
      const Bytes one = a.linear_attention_layers() * recurrent_state_bytes_per_layer(a);
      // A log states whole copies: one per slot and one more per drafted token.
      const double copies = std::round(logged / mib(one));
      ++state;
      if (copies < 1 || std::abs(copies * mib(one) - logged) > 0.5) differs("state", mib(one), logged);
      if (row.at("n_seq_max").is_number() && text(row, "mtp") == "off") {
        CHECK(copies == row.at("n_seq_max").get<double>());
      }
    }
    if (const auto file = file_mib(row); file && buffers_mib(row, "model") > 0) {
      const double logged = buffers_mib(row, "model");
      const double ours = model_mib(model, row, *file);
      ++weights;
      if (std::abs(ours - logged) > 0.01 * logged) differs("weights", ours, logged);
    }
  }
  std::cout << fmt::format("logs: {} KV, {} state, {} weights checked; {} differ\n", kv, state, weights,
                           differing.size());
  for (const std::string& line : differing) std::cout << "  " << line << '\n';
  CHECK(kv >= 60);
  CHECK(state >= 60);
  CHECK(weights >= 35);
  for (const std::string& line : differing) {
    INFO(line);
    CHECK(kDiffers.count(line.substr(0, line.find(' '))) == 1);
  }
}
