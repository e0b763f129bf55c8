// Runtimes with memory rules of their own.

#include "placement/served.h"

#include <algorithm>
#include <cmath>

#include "advise/sweep.h"
#include "memory/device_share.h"
#include "placement/answer_of.h"
#include "qwenfit/query.h"
#include "support/csv.h"
#include "support/models.h"

using namespace qwenfit;

namespace {

Query query_of(const char* gpu, const char* model, const char* quant, const char* runtime) {
  Query q;
  q.gpu = {gpu};
  q.model = {model};
  q.quant = {quant};
  q.runtime = runtime;
  q.headless = true;
  return q;
}

Bytes taken(const Answer& a) {
  return a.estimate.devices.front().total();
}

double gib(Bytes bytes) {
  return static_cast<double>(bytes) / static_cast<double>(kGiB);
}

}  // namespace

TEST_CASE("vLLM on two RTX 5090 holds what its log says") {
  Query q = query_of("2xrtx5090", "27b", "fp8", "vllm");
  q.ctx = "262144";
  q.vision = true;
  const Answer a = answer_of(q);
  CHECK(a.estimate.memory_fraction == 0.92);
  const TermBytes& terms = a.estimate.devices.front().terms;
  // 14.28 GiB of weights on each, and 377456 tokens.
  const double weights = gib(terms[Term::weights]) + gib(terms[Term::vision]) - 1475.0 / 1024;
  CHECK(std::abs(weights - 14.28) < 0.05 * 14.28);
  REQUIRE(a.estimate.concurrency);
  CHECK(std::abs(*a.estimate.concurrency * 262144 - 377456) < 0.1 * 377456);
}

TEST_CASE("weights of MLX files follow their formats") {
  for (const CsvRow& row : read_csv(QWENFIT_TEST_DATA "/mlx_weights.csv")) {
    CAPTURE(row.at("model"), row.at("quant"));
    const Answer a =
        answer_of(query_of("m3-ultra-80c-512gb", row.at("model").c_str(), row.at("quant").c_str(), "mlx"));
    const double bytes = std::stod(row.at("text_bytes"));
    CHECK(std::abs(static_cast<double>(a.estimate.devices.front().terms[Term::weights]) - bytes) <
          0.01 * bytes);
  }
}

TEST_CASE("parts of a served answer sum to its terms") {
  for (const char* runtime : {"vllm", "sglang"}) {
    Query q = query_of("2xrtx4090", "35b-a3b", "fp8", runtime);
    q.vision = q.mtp = true;
    const Answer a = answer_of(q);
    for (std::size_t row = 0; row < a.estimate.devices.size(); ++row) {
      for (std::size_t t = 0; t < kTermCount; ++t) {
        Bytes sum = 0;
        for (const Part& part : a.estimate.parts) {
          if (part.row == row && part.term == static_cast<Term>(t)) sum += part.bytes;
        }
        CHECK(sum == a.estimate.devices[row].terms[static_cast<Term>(t)]);
      }
    }
  }
}

TEST_CASE("more context, more slots and fewer devices never need less") {
  struct Case {
    const char *gpu, *pair, *quant, *runtime;
  };
  for (const Case& c : {Case{"rtx-pro-6000-blackwell", "2xrtx-pro-6000-blackwell", "fp8", "vllm"},
                        Case{"rtx-pro-6000-blackwell", "2xrtx-pro-6000-blackwell", "fp8", "sglang"},
                        Case{"m3-ultra-80c-512gb", "", "mlx-4bit", "mlx"}}) {
    for (const char* model : {"4b", "27b", "35b-a3b"}) {
      CAPTURE(c.runtime, model);
      Query q = query_of(c.gpu, model, c.quant, c.runtime);
      Bytes before = 0;
      for (const char* ctx : {"1", "4096", "8192", "65536", "262144"}) {
        q.ctx = ctx;
        const Bytes now = taken(answer_of(q));
        CHECK(now >= before);
        before = now;
      }
      q.ctx = "32768";
      const Bytes one = taken(answer_of(q));
      if (*c.pair != 0) {
        Query pair = q;
        pair.gpu = {c.pair};
        CHECK(taken(answer_of(pair)) <= one);
      }
      q.parallel = "4";
      CHECK(taken(answer_of(q)) > one);
    }
  }
}

TEST_CASE("the largest context of a served answer fits and the next step does not") {
  for (const char* runtime : {"vllm", "sglang"}) {
    CAPTURE(runtime);
    Query q = query_of("rtx5090", "27b", "awq-int4", runtime);
    const Answer a = answer_of(q);
    REQUIRE(a.max_context.tokens > 0);
    q.ctx = std::to_string(a.max_context.tokens);
    CHECK(answer_of(q).estimate.verdict != Verdict::no_fit);
    CHECK(*answer_of(q).estimate.concurrency >= 1);
    if (a.max_context.limited_by == ContextLimit::memory) {
      q.ctx = std::to_string(a.max_context.tokens + 256);
      CHECK(answer_of(q).estimate.verdict == Verdict::no_fit);
    }
  }
}

TEST_CASE("unequal devices are limited by the smallest, and system RAM does not help") {
  Query q = query_of("rtx5090", "27b", "fp8", "vllm");
  q.gpu.push_back("rtx3060-12gb");
  q.ram = "256GB";
  const Answer a = answer_of(q);
  CHECK(a.estimate.verdict == Verdict::no_fit);
  CHECK(a.estimate.devices[0].total() == a.estimate.devices[1].total());
  CHECK(std::count(a.estimate.notes.begin(), a.estimate.notes.end(), Note::no_offload) == 1);
}

TEST_CASE("Ollama and LM Studio take a GGUF file as llama.cpp does") {
  const auto bytes = [](const char* quant, const char* runtime) {
    return taken(answer_of(query_of("rtx3090", "27b", quant, runtime)));
  };
  const Bytes usual = bytes("q4_k_m@llama.cpp", "llama.cpp");
  for (const char* runtime : {"ollama", "lmstudio"}) CHECK(bytes("q4_k_m@llama.cpp", runtime) == usual);
  // From a repository Ollama takes the vision part along.
  CHECK(bytes("q4_k_m@unsloth", "ollama") > bytes("q4_k_m@unsloth", "llama.cpp"));
}
