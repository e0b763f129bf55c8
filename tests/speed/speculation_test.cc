#include "speed/speculation.h"

#include <cmath>
#include <map>

#include "advise/sweep.h"
#include "catch.h"
#include "query/runtimes.h"
#include "qwenfit/query.h"
#include "speed/batching.h"
#include "speed/fit/drafting.h"
#include "support/models.h"

using namespace qwenfit;

namespace {

/// One build on one machine, everything placed as told, with costs of drafting set by the test.
class Bench {
 public:
  Bench(const std::string& gpu, const std::string& model, const std::string& quant = "q4_k_m") {
    Query query;
    query.gpu = {gpu};
    if (gpu == "none") query.ram = "128GB";
    query.model = {model};
    query.quant = {quant};
    query.mtp = true;
    auto resolved = resolve(query, Catalog::builtin());
    REQUIRE(resolved);
    question_ = std::move(*resolved);
    auto& subject = question_.models.front();
    speed_ = subject.speeds.front();
    speed_.batching = BatchCosts{0.24, 0.5};
    speed_.drafting = DraftCosts{0.2, 3, 1e-3, draft_balances(question_.machine, Catalog::builtin())};
    speed_.draft_tokens = 2;
    speed_.draft_acceptance = 0.72;
    placement_.gpu_layers = layer_count(subject.model.architecture, subject.builds.front().has_mtp_block);
    placement_.tensor_split.assign(question_.machine.devices.size(), 1.0);
  }

  SpeedModel& speed() { return speed_; }
  Placement& placement() { return placement_; }
  std::uint32_t layers() const { return question_.models.front().model.architecture.layers; }

  Scenario scenario() const {
    Scenario s;
    const auto& subject = question_.models.front();
    s.model = &subject.model;
    s.build = &subject.builds.front();
    s.machine = &question_.machine;
    s.settings = subject.settings.front();
    s.speed = &speed_;
    return s;
  }
  Drafting drafting(std::uint32_t users = 1) const {
    const DecodeStep step{0, users, 1};
    return draft(scenario(), placement_, step, batched_s(scenario(), placement_, step));
  }
  /// Decode with drafting over decode without.
  double gain(std::uint32_t users = 1) const {
    const Drafting d = drafting(users);
    return d.tokens_per_step / d.seconds * batched_s(scenario(), placement_, {0, users, 1});
  }

 private:
  Question question_;
  SpeedModel speed_;
  Placement placement_;
};

}  // namespace

TEST_CASE("more accepted drafts are never slower, and none accepted is slower than no drafting") {
  for (const char* gpu : {"rtx3090", "m3-max-40c-64gb", "2xrtx5060ti-16gb", "none"}) {
    Bench bench(gpu, "qwen3.6-27b");
    bench.speed().draft_acceptance = 0;
    CHECK(bench.gain() < 1);
    double last = 0;
    for (const double accepted : {0.0, 0.3, 0.6, 0.9, 1.0}) {
      bench.speed().draft_acceptance = accepted;
      INFO(gpu << ", accepted " << accepted);
      CHECK(bench.gain() > last);
      last = bench.gain();
    }
    CHECK(last < 1 + bench.speed().draft_tokens);
  }
}

TEST_CASE("without rows on drafting no gain is claimed") {
  Bench bench("rtx3090", "qwen3.6-27b");
  bench.speed().drafting.reset();
  CHECK(bench.gain() == Approx(1));
  CHECK(bench.drafting().tokens_per_step == 1);
}

TEST_CASE("drafting gains on a GPU and loses with experts in system RAM") {
  Bench dense("rtx5090", "qwen3.6-27b");
  CHECK(dense.gain() > 1.5);
  Bench moe("rtx3090", "qwen3.6-35b-a3b");
  const double on_device = moe.gain();
  moe.placement().cpu_moe_layers = moe.layers();
  CHECK(moe.gain() < on_device);
  CHECK(moe.gain() < 1.05);
}

TEST_CASE("a device with less arithmetic for its bandwidth gains less from drafting") {
  Bench bench("rtx5090", "qwen3.6-27b");
  const double gain = bench.gain();
  bench.speed().drafting->balance = {3};
  CHECK(bench.gain() < gain);
}

TEST_CASE("drafting costs more on Metal") {
  Bench bench("m3-max-40c-64gb", "qwen3.6-27b");
  const double gain = bench.gain();
  bench.speed().drafting->metal = 1;
  CHECK(bench.gain() > gain);
}

TEST_CASE("more drafts than programs make count as the most they make") {
  Bench bench("rtx3090", "qwen3.6-27b");
  bench.speed().draft_tokens = kMostDrafts;
  const double gain = bench.gain();
  bench.speed().draft_tokens = 12;
  CHECK(bench.gain() == gain);
}

TEST_CASE("the ceiling with drafting is every draft kept in the least time of a step") {
  Bench bench("rtx3090", "qwen3.6-27b");
  const Drafting d = bench.drafting();
  const double floor = decode_floor_s(decode_work(bench.scenario(), bench.placement(), {0, 1, 1}));
  CHECK(d.tokens_per_step / d.floor_s == Approx((1 + bench.speed().draft_tokens) / floor));
  CHECK(d.tokens_per_step / d.seconds < d.tokens_per_step / d.floor_s);
}

TEST_CASE("with drafting too, more users give no less together and none more each") {
  for (const char* model : {"qwen3.6-27b", "qwen3.6-35b-a3b"}) {
    Bench bench("rtx5090", model);
    double each = HUGE_VAL, together = 0;
    for (std::uint32_t users = 1; users <= 64; users *= 2) {
      const Drafting d = bench.drafting(users);
      const double rate = d.tokens_per_step / d.seconds;
      INFO(model << ", users " << users);
      CHECK(rate <= each);
      CHECK(rate * users >= together);
      each = rate;
      together = rate * users;
    }
  }
}

namespace {

/// What one more slot takes, by term, on one large GPU.
struct SlotCost {
  double cache = 0, state = 0, compute = 0, mtp = 0;
};

Estimate with_slots(const RuntimeRow& row, bool mtp, const char* slots) {
  Query query;
  query.gpu = {"h100-80gb"};
  query.model = {"9b"};
  query.quant = {row.paged || row.pools ? "bf16" : "q4_k_m@llama.cpp"};
  query.runtime = row.id;
  query.mtp = mtp;
  query.parallel = slots;
  const auto question = resolve(query, Catalog::builtin());
  REQUIRE(question);
  return sweep(*question).front().estimate;
}

SlotCost slot_cost(const RuntimeRow& row, bool mtp) {
  const Estimate one = with_slots(row, mtp, "1");
  const Estimate two = with_slots(row, mtp, "2");
  const auto more = [&](Term term) {
    return static_cast<double>(two.devices.front().terms[term]) -
           static_cast<double>(one.devices.front().terms[term]);
  };
  return {more(Term::kv_cache), more(Term::recurrent_state), more(Term::compute), more(Term::mtp)};
}

/// Drafted tokens that the memory of a slot has room for.
double counted_drafts(const RuntimeRow& row) {
  const Architecture& a = model_row("9b").architecture;
  const SlotCost cost = slot_cost(row, true);
  // vLLM: logits of the next token and of every drafted one.
  if (row.paged) return cost.compute / slot_cost(row, false).compute - 1;
  // llama.cpp: a copy of the state for every drafted token.
  if (!row.pools) return cost.mtp / cost.state;
  // SGLang: the same beside the states that a request has anyway, and the token that drafts follow.
  const double cache = cost.cache / a.full_attention_layers() * a.mtp_layers;
  return (cost.mtp - cache) / (cost.state / row.pools->states_per_request) - 1;
}

}  // namespace

TEST_CASE("a runtime drafts as many tokens as its memory is counted with") {
  std::size_t checked = 0;
  std::map<std::string_view, Bytes> one_slot;
  for (const RuntimeRow& row : Catalog::builtin().rows().runtimes) {
    if (!row.mtp) continue;
    INFO(row.id);
    const std::uint32_t drafts = drafted_tokens(row);
    CHECK(drafts >= 1);
    one_slot[row.id] = with_slots(row, true, "1").devices.front().terms[Term::mtp];
    if (row.max_sequences == 1) continue;
    // The draft context's buffer grows a little with the slots.
    CHECK(counted_drafts(row) == Approx(drafts).margin(0.1));
    ++checked;
  }
  CHECK(checked == 3);
  // Of one slot nothing can be told apart: Ollama's memory is llama.cpp's, and so are its drafts.
  CHECK(one_slot.at("ollama") == one_slot.at("llama.cpp"));
  CHECK(drafted_tokens(*find_runtime("ollama", Catalog::builtin())) ==
        drafted_tokens(*find_runtime("llama.cpp", Catalog::builtin())));
}

TEST_CASE("the costs of drafting are fitted alike every time, from several sources") {
  const auto rows = read_benchmarks(std::string(QWENFIT_DATA) + "/benchmarks");
  const auto fitted = fit_drafting(rows, Catalog::builtin());
  const auto again = fit_drafting(rows, Catalog::builtin());
  REQUIRE(fitted.size() == 5);
  for (std::size_t i = 0; i < fitted.size(); ++i) {
    CHECK(fitted[i].id == again[i].id);
    CHECK(fitted[i].value == again[i].value);
    CHECK(fitted[i].value > 0);
    CHECK(fitted[i].sources >= 2);
  }
}

TEST_CASE("with a stated acceptance the gain of drafting is met within 14 percent in the median") {
  const auto rows = read_benchmarks(std::string(QWENFIT_DATA) + "/benchmarks");
  const DraftScore score = score_drafting(rows, Catalog::builtin());
  CHECK(score.stated_by_source.rows >= 30);
  CHECK(score.stated_by_source.median <= 0.14);
  CHECK(score.stated_by_cluster.median <= 0.14);
  CHECK(score.stated_by_source.median < score.constant_by_source.median);
}
