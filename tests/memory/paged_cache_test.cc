// Blocks, states and shares of devices against tables and logs of the runtimes.

#include "memory/paged_cache.h"

#include <cmath>
#include <sstream>
#include <string>

#include "memory/device_share.h"
#include "memory/growing_cache.h"
#include "memory/state_pools.h"
#include "query/runtimes.h"
#include "support/csv.h"
#include "support/models.h"

using namespace qwenfit;

namespace {

const RuntimeRow& runtime(const char* id) {
  const RuntimeRow* row = find_runtime(id, Catalog::builtin());
  REQUIRE(row != nullptr);
  return *row;
}

PagedRule paged() {
  return *runtime("vllm").paged;
}

TensorType cache_type(const std::string& name) {
  return name == "fp8" ? TensorType::fp8 : TensorType::bf16;
}

Bytes gib(double value) {
  return static_cast<Bytes>(value * static_cast<double>(kGiB));
}

}  // namespace

TEST_CASE("blocks of hybrid models are those that vLLM makes") {
  for (const CsvRow& row : read_csv(QWENFIT_TEST_DATA "/paged_blocks.csv")) {
    CAPTURE(row.at("model"), row.at("ranks"), row.at("cache"), row.at("draft_tokens"));
    const PagedBlocks blocks =
        paged_blocks(model_row(row.at("model")).architecture, paged(), cache_type(row.at("cache")),
                     static_cast<std::uint32_t>(std::stoul(row.at("ranks"))),
                     static_cast<std::uint32_t>(std::stoul(row.at("draft_tokens"))));
    CHECK(blocks.tokens == std::stoull(row.at("block_tokens")));
    CHECK(blocks.page == std::stoull(row.at("page_bytes")));
    CHECK(blocks.layers == std::stoull(row.at("layers")));
    CHECK(blocks.bytes == std::stoull(row.at("block_bytes")));
    CHECK(blocks.of_states == std::stoull(row.at("state_blocks")));
  }
}

TEST_CASE("tokens and concurrency are those of vLLM's logs") {
  struct Log {
    const char* model;
    double pool_gib;
    TensorType kv;
    Tokens context;
    std::uint32_t multiple, kept;  ///< of that back end, and with prefix caching or without
    double tokens, concurrency;
  };
  const Log logs[] = {
      {"27b", 133.75, TensorType::bf16, 262144, 32, 1, 547200, 8.27},
      {"35b-a3b", 5.98, TensorType::fp8, 131072, 16, 2, 567978, 4.33},
  };
  for (const Log& log : logs) {
    CAPTURE(log.model);
    PagedRule rule = paged();
    rule.block_multiple = log.multiple;
    rule.kept_states = log.kept;
    const PagedBlocks blocks = paged_blocks(model_row(log.model).architecture, rule, log.kv, 1, 0);
    const double concurrency = paged_concurrency(blocks, gib(log.pool_gib), log.context);
    CHECK(std::round(concurrency * 100) / 100 == log.concurrency);
    // Releases print floor(concurrency x context), before 0.18 the blocks of one group of layers.
    const double groups = 1 + blocks.of_states / rule.kept_states;
    const double before = std::floor(static_cast<double>(gib(log.pool_gib) / blocks.bytes) / groups) *
                          static_cast<double>(blocks.tokens);
    const double since = std::floor(concurrency * static_cast<double>(log.context));
    CHECK((before == log.tokens || since == log.tokens));
  }
}

TEST_CASE("pools of whole blocks give the token counts that vLLM printed") {
  struct Log {
    std::uint32_t ranks;
    TensorType kv;
    Tokens context;
    Bytes blocks;
    double tokens;
  };
  // 27B on one RTX 5090 (4-bit weights) and on two (FP8).
  for (const Log& log :
       {Log{1, TensorType::fp8, 32768, 75, 91022}, Log{1, TensorType::fp8, 32768, 112, 135926},
        Log{1, TensorType::fp8, 32768, 126, 152917}, Log{1, TensorType::bf16, 32768, 112, 76458},
        Log{2, TensorType::bf16, 262144, 491, 377456}}) {
    const PagedBlocks blocks = paged_blocks(model_row("27b").architecture, paged(), log.kv, log.ranks, 0);
    const double concurrency = paged_concurrency(blocks, blocks.bytes * log.blocks, log.context);
    CHECK(std::abs(concurrency * static_cast<double>(log.context) - log.tokens) < 1.0);
  }
}

TEST_CASE("what a token costs with and without drafting is what was measured") {
  // 27B, FP8 cache: 34816 B a token and 0.63 GiB at any length with 3 drafts, 32932 B and 0.14 GiB without.
  const Architecture& a = model_row("27b").architecture;
  const PagedBlocks with = paged_blocks(a, paged(), TensorType::fp8, 1, 3);
  CHECK(with.bytes / with.tokens == 34816);
  const PagedBlocks without = paged_blocks(a, paged(), TensorType::fp8, 1, 0);
  CHECK(std::abs(static_cast<double>(without.bytes / without.tokens) - 32932) < 0.01 * 32932);
}

TEST_CASE("cache, states and counts of devices by model") {
  const StateWidths widths = paged().state;
  for (const CsvRow& row : read_csv(QWENFIT_TEST_DATA "/device_shares.csv")) {
    CAPTURE(row.at("model"));
    const Architecture& a = model_row(row.at("model")).architecture;
    CHECK(a.full_attention_layers() * kv_token_bytes(a, TensorType::bf16, 1) ==
          std::stoull(row.at("kv_bytes_per_token")));
    CHECK(a.linear_attention_layers() * linear_state_bytes(a, widths, 1) ==
          std::stoull(row.at("state_bytes")));
    std::ostringstream allowed;
    for (std::uint32_t n = 1; n <= 16; ++n) {
      if (heads_divide(a, n, true)) allowed << (n > 1 ? " " : "") << n;
    }
    CHECK(allowed.str() == row.at("ranks_allowed"));
  }
}

TEST_CASE("SGLang leaves out what its defaults by memory say") {
  const PoolsRule rule = *runtime("sglang").pools;
  const Bytes card = 24576 * kMiB;
  CHECK(left_out_bytes(rule, card, 1) == (512 + 3072 + 128 + 48) * kMiB);
  CHECK(static_thousandths(rule, card, 1) == 847);
  CHECK(left_out_bytes(rule, 97887 * kMiB, 1) >= 10240 * kMiB);
  CHECK(left_out_bytes(rule, card, 4) > left_out_bytes(rule, card, 1));
  CHECK(state_slots(rule, 2, false) == 10);
  CHECK(state_slots(rule, 1, true) == 9);
  // 8 slots on each of two devices took 0.63 GiB: one more than asked for.
  const Architecture& a = model_row("27b").architecture;
  const Bytes state = a.linear_attention_layers() * linear_state_bytes(a, rule.state, 2);
  CHECK(std::abs(static_cast<double>((8 + rule.spare_states) * state) / static_cast<double>(kGiB) - 0.633) <
        0.02);
}

TEST_CASE("MLX grows its cache in steps and keeps scores of a pass") {
  const GrowingRule rule = *runtime("mlx").growing;
  CHECK(grown_tokens(rule, 1) == 256);
  CHECK(grown_tokens(rule, 257) == 512);
  // 24 heads, a pass of 2048: 3.2 GB at 32k and 12.9 GB at 128k.
  const Architecture& a = model_row("27b").architecture;
  CHECK(std::abs(static_cast<double>(score_bytes(a, rule, 32768)) - 3.2e9) < 0.05e9);
  CHECK(std::abs(static_cast<double>(score_bytes(a, rule, 131072)) - 12.9e9) < 0.05e9);
}
