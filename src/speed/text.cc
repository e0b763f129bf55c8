#include "speed/text.h"

#include <array>
#include <cmath>
#include <string>

namespace qwenfit {
namespace {

struct TermText {
  std::string_view id, label, formula;
};

constexpr std::string_view kCount = "a count, times its calibrated time";

constexpr std::array<TermText, kSpeedTermCount> kTexts = {{
    {"weights", "reading weights", "bytes read per step / specified bandwidth"},
    {"state", "reading and writing recurrent state", "2 x bytes of state / specified bandwidth"},
    {"kv", "reading the KV cache", "bytes of cache up to the depth / specified bandwidth"},
    {"layers", "fixed time of layers", kCount},
    {"expert_layers", "fixed time of routing to experts", kCount},
    {"request", "fixed time of a server per token", kCount},
    {"all_reduce", "adding up between devices, twice per layer", kCount},
    {"exchange", "adding up activations between devices over links slower than their own slots",
     "4 (devices - 1) / devices x layers x tokens x width x 2 bytes (of llama.cpp with few tokens 4) x (1 - "
     "slowest link / own) / slowest "
     "link"},
    {"hop", "hand-over between devices", kCount},
    {"host_weights", "reading weights and caches in system RAM",
     "bytes read per step / bandwidth of system RAM"},
    {"host_experts", "reading experts in system RAM", "bytes of active experts / bandwidth of system RAM"},
    {"host_layers", "crossing to the CPU and back", kCount},
    {"host_cache", "KV cache and recurrent state in system RAM, copied to the device",
     "bytes / bandwidth of its link, or of system RAM if that is lower"},
    {"prompt_matmul", "multiplying matrices", "2 x active parameters x tokens / specified arithmetic"},
    {"prompt_experts", "expert matrices with few tokens each",
     "2 x active expert parameters x tokens / tokens per expert / specified arithmetic"},
    {"prompt_attention", "attention over the prompt and what is before it",
     "4 x heads x head width x layers x tokens x (depth + tokens / 2) / specified arithmetic"},
    {"prompt_cpu", "arithmetic on the CPU, which grows with the bandwidth of its RAM",
     "(2 x active parameters x tokens + attention) / bandwidth of system RAM, at one operation per byte"},
    {"prompt_weights", "reading weights once per ubatch", "passes x bytes / specified bandwidth"},
    {"prompt_copy", "weights in system RAM, once per ubatch, to the first device, which does the work",
     "passes x bytes / bandwidth of its link"},
    {"prompt_exchange", "adding up activations between devices over links slower than their own slots",
     "4 (devices - 1) / devices x layers x tokens x width x 2 bytes (of llama.cpp with few tokens 4) x (1 - "
     "slowest link / own) / slowest "
     "link"},
    {"prompt_request", "fixed time of a request", kCount},
}};

/// Whole numbers up to a point, else powers of ten: figures of bytes and operations.
std::string plain(double value) {
  constexpr double kMostWhole = 1e15;
  if (value >= 0 && value < kMostWhole && value == std::floor(value))
    return std::to_string(static_cast<Bytes>(value));
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

}  // namespace

std::string_view speed_term_id(SpeedTerm term) {
  return kTexts[static_cast<std::size_t>(term)].id;
}

SpeedPhase speed_phase(SpeedTerm term) {
  return term < SpeedTerm::prompt_matmul ? SpeedPhase::decode : SpeedPhase::prefill;
}

SpeedPart speed_part(const SpecifiedTime& t, double factor) {
  const TermText& text = kTexts[static_cast<std::size_t>(t.term)];
  return {t.term,
          t.row,
          std::string(text.label),
          std::string(text.formula),
          plain(t.amount) + " / " + plain(t.per_s) + " per s",
          t.seconds,
          factor};
}

SpeedPart waiting_part(std::size_t row, const BatchedTime& step, double parts_s, double factor) {
  return {SpeedTerm::hop,
          row,
          "waiting of sequences for each other",
          std::string(step.rule) + ", less the parts above",
          plain(step.seconds) + " - " + plain(parts_s) + " s",
          step.seconds - parts_s,
          factor};
}

}  // namespace qwenfit
