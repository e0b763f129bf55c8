#include "speed/loadings.h"

#include <cmath>
#include <utility>

namespace qwenfit {
namespace {

/// The point at which the covariates of a device or host are 1: the middle of the measured ones.
constexpr double kUsualStreamingFraction = 0.8;
constexpr double kUsualBytesPerOperation = 0.03;
constexpr double kUsualRamBytesPerS = 60e9;

double ln(double value) {
  return std::log(value);
}

/// vLLM and SGLang share what depends on the runtime rather than the back end.
std::string runtime_of(const std::string& stack) {
  return stack.substr(0, stack.find('-'));
}

/// A global parameter and its deviation on one stack, with room for more.
std::vector<Loading> pooled(const std::string& name, const SpeedContext& c, double mean, double sd,
                            double stack_sd) {
  constexpr std::size_t kMostAdded = 8;
  std::vector<Loading> all;
  all.reserve(2 + kMostAdded);
  all.push_back({name, ln(mean), sd});
  all.push_back({name + "|" + c.stack, 0, stack_sd});
  return all;
}

/// Reads of weights and state: 1 / the reached share of the bandwidth.
std::vector<Loading> reading(const SpeedContext& c) {
  auto all = pooled("weights", c, 1 / 0.75, 0.4, 0.25);
  if (!c.family.empty()) all.push_back({"weights|" + c.stack + "|" + c.family, 0, 0.1});
  const double fraction = c.streaming_fraction > 0 ? c.streaming_fraction : kUsualStreamingFraction;
  all.push_back({"weights.streaming", 0, 0.5, -ln(fraction / kUsualStreamingFraction)});
  if (c.fp32_flops > 0) {
    const double bytes_per_operation = c.bandwidth_bytes_per_s / c.fp32_flops;
    all.push_back({"weights.balance", 0, 0.5, ln(bytes_per_operation / kUsualBytesPerOperation)});
  }
  if (!c.engine.empty()) all.push_back({"engine|" + c.engine, 0, 0.3});
  return all;
}

std::vector<Loading> reading_ram(const SpeedContext& c, bool experts) {
  std::vector<Loading> all = {{"ram", ln(1 / 0.6), 0.5}};
  if (c.stack == "cpu") all.push_back({"ram.cpu_only", 0, 0.2});
  if (c.ram_bytes_per_s > 0) all.push_back({"ram.rate", 0, 0.3, ln(c.ram_bytes_per_s / kUsualRamBytesPerS)});
  if (!c.host.empty()) all.push_back({"ram|" + c.host, 0, 0.25});
  if (c.codebook) all.push_back({"ram.codebook", 0, 0.3});
  if (experts) all.push_back({"ram.experts", 0, 0.4});
  return all;
}

/// Arithmetic of a prompt: 1 / the reached share of the specified rate.
std::vector<Loading> multiplying(const SpeedContext& c) {
  auto all = pooled("multiply", c, 2, 0.5, 0.4);
  if (!c.vendor.empty()) all.push_back({"multiply|" + c.stack + "|" + c.vendor, 0, 0.4});
  if (!c.family.empty()) all.push_back({"multiply|" + c.stack + "|" + c.family, 0, 0.3});
  if (!c.engine.empty()) all.push_back({"multiply.engine|" + c.engine, 0, 0.4});
  return all;
}

/// The same for matrices: by weight format, and by how well several devices share the work.
std::vector<Loading> multiplying_matrices(const SpeedContext& c) {
  auto all = multiplying(c);
  all.push_back({"multiply.format|" + c.weight_class, 0, 0.4});
  if (c.devices > 1) {
    const std::string name = c.tensor_parallel ? "multiply.tensor_split" : "multiply.layer_split";
    all.push_back({name, 0, 0.5, ln(c.devices), true});
    all.push_back({name + "|" + c.stack, 0, 0.3, ln(c.devices), true});
  }
  return all;
}

std::vector<Loading> attending(const SpeedContext& c) {
  auto all = multiplying(c);
  for (Loading& l : pooled("attention", c, 2, 0.7, 0.6)) all.push_back(std::move(l));
  if (!c.family.empty()) all.push_back({"attention|" + c.stack + "|" + c.family, 0, 0.5});
  return all;
}

std::vector<Loading> decode_loadings(SpeedTerm term, const SpeedContext& c) {
  switch (term) {
    case SpeedTerm::weights:
    case SpeedTerm::state:
      return reading(c);
    case SpeedTerm::kv:
      return pooled(c.quantized_kv ? "kv.quantized" : "kv.f16", c, 1 / 0.6, 0.6, 0.5);
    case SpeedTerm::layers: {
      auto all = pooled("layer_us", c, 30, 1, 0.7);
      if (c.unified) all.push_back({"layer_us.unified", 0, 0.4});
      if (c.attention_only) all.push_back({"layer_us.attention_only", -0.3, 0.5});
      return all;
    }
    case SpeedTerm::expert_layers:
      return pooled("expert_layer_us", c, 30, 1, 0.7);
    case SpeedTerm::request:
      return {{runtime_of(c.stack) == "vllm" ? "request_ms|vllm" : "request_ms", ln(0.4), 0.7}};
    case SpeedTerm::all_reduce:
      return {{"all_reduce_us|" + runtime_of(c.stack), ln(20), 1}};
    case SpeedTerm::hop:
      return {{"hop_ms", ln(0.3), 1}};
    case SpeedTerm::host_cache:
      return {};  // as specified: no row keeps its cache in system RAM
    case SpeedTerm::host_weights:
      return reading_ram(c, false);
    case SpeedTerm::exchange:
      return {};  // as specified: rows are of machines whose links are not told
    case SpeedTerm::host_experts:
      return reading_ram(c, true);
    default:
      return {{"host_layer_us", ln(100), 1}};
  }
}

std::vector<Loading> prefill_loadings(SpeedTerm term, const SpeedContext& c) {
  switch (term) {
    case SpeedTerm::prompt_matmul: {
      auto all = multiplying_matrices(c);
      if (c.moe) all.push_back({"multiply.moe|" + c.stack, 0, 0.4});
      return all;
    }
    case SpeedTerm::prompt_experts: {
      auto all = multiplying_matrices(c);
      all.push_back({"multiply.expert_tile", ln(16), 0.7});
      return all;
    }
    case SpeedTerm::prompt_attention:
      return attending(c);
    case SpeedTerm::prompt_cpu:
      return {{"multiply_cpu", ln(0.3), 0.7}};
    case SpeedTerm::prompt_weights:
      return {{c.moe ? "stream.moe" : "stream.dense", -ln(0.8), 0.3}};
    case SpeedTerm::prompt_copy:
      return {{"copy", 0, 0.7}};
    case SpeedTerm::prompt_exchange:
      return {};  // as specified, like `exchange`
    default:
      return {{c.server ? "prompt_ms.server" : "prompt_ms.bench", ln(20), 1}};
  }
}

}  // namespace

std::vector<Loading> loadings_of(SpeedTerm term, const SpeedContext& c) {
  return speed_phase(term) == SpeedPhase::decode ? decode_loadings(term, c) : prefill_loadings(term, c);
}

std::vector<OffsetKey> offset_keys(const SpeedContext& c) {
  constexpr std::size_t kMostLevels = 6;
  std::vector<OffsetKey> keys;
  keys.reserve(kMostLevels);
  keys.push_back({SpeedBasis::backend, c.stack, "all", 0.05, true});
  keys.push_back({SpeedBasis::backend, c.stack, c.kind, 0.05, false});
  if (c.family.empty()) return keys;
  keys.push_back({SpeedBasis::architecture, c.stack, c.family, 0.08, true});
  keys.push_back({SpeedBasis::device, "any", c.chip, 0.02, false});
  keys.push_back({SpeedBasis::device, c.stack, c.chip, 0.05, false});
  // Rows of dense models say little of MoE ones on a device, and the other way round.
  keys.push_back({SpeedBasis::device, c.stack, c.chip + (c.moe ? "/moe" : "/dense"), 0.065, true});
  return keys;
}

std::string vendor_line(std::string_view vendor, std::string_view family) {
  if (vendor != "AMD") return std::string(vendor);
  return family.starts_with("RDNA") ? "RDNA" : "GCN";
}

std::string architecture_family(std::string_view architecture) {
  std::string name(architecture.substr(0, architecture.find(" (")));
  if (name.starts_with("Apple")) return "Apple";
  if (name.starts_with("GCN") || name.starts_with("CDNA")) return "GCN";
  if (name.ends_with(".0")) name.resize(name.size() - 2);
  return name;
}

std::string parameter_id(std::string_view name) {
  std::string id(name);
  for (char& c : id) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    } else if (c == ' ' || c == '/') {
      c = '-';
    }
  }
  return id;
}

std::string chip_key(std::string_view id) {
  const auto dash = id.rfind('-');
  if (dash == std::string_view::npos || !id.ends_with("gb")) return std::string(id);
  const std::string_view size = id.substr(dash + 1, id.size() - dash - 3);
  const bool digits = !size.empty() && size.find_first_not_of("0123456789") == std::string_view::npos;
  return std::string(digits ? id.substr(0, dash) : id);
}

}  // namespace qwenfit
