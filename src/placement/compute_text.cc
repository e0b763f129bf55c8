#include "placement/compute_text.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memory/compute_phases.h"
#include "memory/llama_rules.h"

namespace qwenfit {
namespace {

using Named = std::vector<std::pair<std::string_view, Bytes>>;

/// `base 30371904 + hidden 3 x 35651584`; what the named parts leave of `bytes` is the last part.
std::string sum_text(const Named& parts, Bytes bytes, std::string_view rest) {
  std::string text;
  Bytes sum = 0;
  for (const auto& [name, size] : parts) {
    if (size == 0) continue;
    text += (text.empty() ? "" : " + ") + std::string(name) + " " + std::to_string(size);
    sum = add(sum, size);
  }
  if (bytes > sum) text += " + " + std::string(rest) + " " + std::to_string(bytes - sum);
  if (bytes < sum) text += " - space used twice " + std::to_string(sum - bytes);
  return text;
}

/// The parts that phase_text names, as far as they are tensors of their own.
Named parts_of(const Architecture& a, const ComputeShape& s, const Sizes& z, Phase phase) {
  switch (phase) {
    case Phase::linear_attention:
      return {{"base", z.base},
              {"residual", z.residual},
              {"2 x channels", 2 * z.channels},
              {"2 x window", 2 * z.window}};
    case Phase::later_linear_attention:
      return {{"base", z.base}, {"expert space", z.gap}, {"residual", z.residual}};
    case Phase::full_attention:
      return {{"base", z.base},
              {"residual", z.residual},
              {"queries", z.queries},
              {"output", attention_output(a, s, z)}};
    case Phase::feed_forward:
      return {{"base", z.base},
              {"residual", z.residual},
              {"router", z.router},
              {"gate, up and product", 3 * z.hidden},
              {"expert outputs", z.down}};
    case Phase::last_feed_forward:
      return {{"inputs", z.inputs},
              {"mask", z.mask},
              {"residual", z.residual},
              {"2 x hidden", 2 * z.hidden},
              {"2 x expert outputs", 2 * z.down}};
    case Phase::logits:
      return {{"logits", mul(a.vocab, s.logit_rows, llama_rules::kF32)}, {"residual", z.residual}};
    case Phase::count:
      break;
  }
  return {};
}

std::string settings_text(const ComputeShape& s) {
  return "micro-batch " + std::to_string(s.ubatch) + ", cells " + std::to_string(s.cells) + ", slots " +
         std::to_string(s.slots) + ": ";
}

}  // namespace

PartText buffer_text(const Architecture& a, const ComputeShape& s) {
  const ComputeBuffer buffer = device_compute(a, s);
  const PhaseText& phase = phase_text(buffer.largest);
  const std::string sum = sum_text(parts_of(a, s, measure(a, s), buffer.largest), buffer.total, "other");
  return {"graph buffer, largest in phase: " + std::string(phase.name), std::string(phase.formula),
          settings_text(s) + sum, kComputeSource};
}

PartText placed_text(const Architecture& a, const ComputeShape& s, Bytes bytes) {
  const Bytes alone = device_compute(a, s).total;
  return {
      "graph buffer under this placement",
      "with anything in system RAM: ggml's allocator, simulated over the graph with its copies of weights "
      "and caches; else the phases of the device's layers, with the inputs copied for every card",
      settings_text(s) + sum_text({{"whole model", alone}}, bytes, "copies"), kComputeSource};
}

PartText host_text(const Architecture& a, const ComputeShape& s, Bytes bytes) {
  ComputeShape host = s;
  host.rules = ComputeRules::cpu;
  const Sizes z = measure(a, host);
  return {
      "host graph buffer",
      "inputs + attention mask + 2 residual streams, and copies where the host computes or several cards "
      "share (ggml's allocator, simulated, with anything in system RAM)",
      settings_text(s) + sum_text({{"inputs", z.inputs}, {"mask", z.mask}, {"2 x residual", 2 * z.residual}},
                                  bytes, "copies"),
      kComputeSource};
}

PartText growth_text(Bytes with, Bytes without) {
  return {"growth of the graph buffer while drafting",
          "buffer with the logits and states of drafted tokens - buffer without",
          std::to_string(with) + " - " + std::to_string(without), kComputeSource};
}

}  // namespace qwenfit
