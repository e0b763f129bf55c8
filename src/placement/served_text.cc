#include "placement/served_text.h"

namespace qwenfit {
namespace {

std::string from(const RuntimeRules& rules, const char* what) {
  return rules.name + ": " + what + "; " + rules.source;
}

}  // namespace

PartText shared_weights_text(const Build& build, const char* label, Bytes all, Bytes repeated,
                             std::uint32_t ranks) {
  if (ranks == 1) return {label, "all tensors of the file that are loaded", build.quant_name, build.source};
  return {label,
          "(tensors - repeated) / devices + repeated: routers and repeated KV heads are whole everywhere",
          "(" + std::to_string(all) + " - " + std::to_string(repeated) + ") / " + std::to_string(ranks) +
              " + " + std::to_string(repeated),
          build.source};
}

PartText blocks_text(const char* label, const PagedBlocks& blocks, Bytes count, Tokens context,
                     std::uint32_t slots, const RuntimeRules& rules) {
  const std::string block =
      " x " + std::to_string(blocks.layers) + " layers x " + std::to_string(blocks.page);
  if (context == 0) {
    return {label, "slots x blocks of a request at any length x layers x bytes of a page",
            std::to_string(slots) + " x " + std::to_string(blocks.of_states) + block,
            from(rules, "blocks of a hybrid model")};
  }
  return {label, "slots x (context / tokens of a block, rounded up) x layers x bytes of a page",
          std::to_string(slots) + " x " + std::to_string(context) + " / " + std::to_string(blocks.tokens) +
              " = " + std::to_string(count) + " blocks" + block,
          from(rules, "blocks of a hybrid model")};
}

PartText tokens_text(const char* label, std::uint32_t slots, Tokens tokens, std::uint32_t layers, Bytes token,
                     const RuntimeRules& rules) {
  return {label, "slots x tokens x full-attention layers x bytes of a token's K and V on a device",
          std::to_string(slots) + " x " + std::to_string(tokens) + " x " + std::to_string(layers) + " x " +
              std::to_string(token),
          from(rules, "cache per slot")};
}

PartText states_text(std::uint32_t count, Bytes bytes, const RuntimeRules& rules) {
  return {"recurrent states", "states x bytes of one: 16-bit inputs of the convolution, F32 matrices",
          std::to_string(count) + " x " + std::to_string(bytes), from(rules, "states kept per slot")};
}

PartText difference_text(const char* label, Bytes with, Bytes without, const RuntimeRules& rules) {
  return {label, "with drafting - without", std::to_string(with) + " - " + std::to_string(without),
          from(rules, "drafting")};
}

PartText activations_text(Bytes base, Tokens pass, Bytes token, const RuntimeRules& rules) {
  return {"peak activations, estimated", "base + tokens of a pass x bytes a token + rows of logits",
          std::to_string(base) + " + " + std::to_string(pass) + " x " + std::to_string(token) + " + logits",
          from(rules, "a bound")};
}

PartText scores_text(const Architecture& a, Tokens pass, Tokens context, std::uint32_t width,
                     const RuntimeRules& rules) {
  return {"attention scores of a pass, one layer", "heads x tokens of a pass x context x bytes",
          std::to_string(a.heads) + " x " + std::to_string(pass) + " x " + std::to_string(context) + " x " +
              std::to_string(width),
          from(rules, "no fused attention over a prompt for this head width")};
}

PartText estimated_text(const char* label, const RuntimeRules& rules) {
  return {label, "fixed", "", from(rules, "observed")};
}

}  // namespace qwenfit
