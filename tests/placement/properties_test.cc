// Properties that hold for every scenario, on random grids.

#include <algorithm>
#include <random>

#include "advise/sweep.h"
#include "memory/llama_rules.h"
#include "placement/plan.h"
#include "placement/search.h"
#include "qwenfit/estimate.h"
#include "qwenfit/query.h"
#include "support/models.h"
#include "support/sampling.h"

using namespace qwenfit;

namespace {

int cases(int usual) {
  constexpr int kDeepTimes = 20;
  return random_cases(usual, kDeepTimes);
}

Bytes all_bytes(const Estimate& e) {
  Bytes sum = 0;
  for (const DeviceMemory& d : e.devices) sum = add(sum, d.total());
  return sum;
}

/// All layers on the devices, shared evenly: which devices are used is not to change.
void share_evenly(Scenario& s) {
  s.settings.forced.tensor_split.assign(s.machine->devices.size(), 1.0);
}

/// Random questions over released models, builds and machines.
class SettingDice {
 public:
  explicit SettingDice(unsigned seed) : random_(seed) {}

  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[std::uniform_int_distribution<std::size_t>(0, from.size() - 1)(random_)];
  }
  std::uint64_t from_to(std::uint64_t low, std::uint64_t high) {
    return std::uniform_int_distribution<std::uint64_t>(low, high)(random_);
  }

  Query query() {
    Query q;
    q.gpu = {
        pick<std::string>({"rtx3090", "2xrtx3090", "rtx5090", "4xrtx4090", "m4-max-40c-128gb", "rx7900xtx",
                           "arc-b580", "m1-8c-16gb", "strix-halo-395-128gb", "custom:memory=48GiB"})};
    if (q.gpu[0] == "rtx5090" && from_to(0, 1) == 1) q.gpu.push_back("rtx3060-12gb");
    q.model = {pick<std::string>({"0.8b", "2b", "4b", "9b", "27b", "35b-a3b", "122b-a10b", "397b-a17b",
                                  "qwen3.6-27b", "qwen3-8b", "qwen3-30b-a3b"})};
    q.quant = {pick<std::string>({"q4_k_m", "q8_0", "iq4_xs@llama.cpp", "q2_k@llama.cpp", "bf16", "q6_k"})};
    q.kv = pick<std::string>({"f16", "q8_0", "q4_0"});
    q.ubatch = pick<std::string>({"128", "512", "2048"});
    q.headless = from_to(0, 1) == 1;
    return q;
  }

 private:
  std::mt19937 random_;
};

Question ask(const Query& query) {
  const auto question = resolve(query, Catalog::builtin());
  INFO((question ? std::string() : question.error().message));
  REQUIRE(question);
  return std::move(const_cast<Question&>(*question));
}

Scenario scenario_of(const Question& q) {
  Scenario s{&q.models[0].model, &q.models[0].builds[0], &q.machine, q.models[0].projector, q.settings};
  if (s.settings.context == 0) s.settings.context = 8192;
  return s;
}

}  // namespace

TEST_CASE("more context never needs less") {
  SettingDice dice(1);
  for (int i = 0; i < cases(400); ++i) {
    const Question q = ask(dice.query());
    Scenario s = scenario_of(q);
    share_evenly(s);
    const Tokens most = q.models[0].model.max_context;
    s.settings.context = dice.from_to(1, most);
    const Estimate less = estimate(s);
    s.settings.context = dice.from_to(s.settings.context, most);
    const Estimate more = estimate(s);
    INFO(q.models[0].model.id << ' ' << q.machine.name << " context " << s.settings.context);
    for (std::size_t row = 0; row < more.devices.size(); ++row)
      CHECK(more.devices[row].total() >= less.devices[row].total());
  }
}

TEST_CASE("more slots never need less in all") {
  SettingDice dice(2);
  for (int i = 0; i < cases(300); ++i) {
    const Question q = ask(dice.query());
    Scenario s = scenario_of(q);
    share_evenly(s);
    s.settings.parallel = static_cast<std::uint32_t>(dice.from_to(1, 16));
    const Bytes less = all_bytes(estimate(s));
    // llama.cpp rounds the micro-batch up to a multiple of the slots, so 3 slots can take a few hundred kB
    // more than 4. A hybrid model's state outweighs that; without one only counts that divide the micro-batch
    // compare.
    const bool hybrid = q.models[0].model.architecture.linear_attention_layers() > 0;
    if (hybrid) {
      s.settings.parallel += static_cast<std::uint32_t>(dice.from_to(1, 16));
    } else {
      s.settings.parallel *= 2;
    }
    INFO(q.models[0].model.id << " slots " << s.settings.parallel);
    CHECK(all_bytes(estimate(s)) >= less);
  }
}

// A quantized cache reserves F16 copies of one layer per device, so at short contexts or over several devices
// it can save nothing; on one device at a working context it does.
TEST_CASE("a larger quant never needs less, and neither does a KV cache of more bits at a working context") {
  SettingDice dice(3);
  for (int i = 0; i < cases(150); ++i) {
    Query query = dice.query();
    Bytes last = 0;
    for (const char* quant :
         {"q2_k@llama.cpp", "q4_k_m@llama.cpp", "q6_k@llama.cpp", "q8_0@llama.cpp", "bf16@llama.cpp"}) {
      query.quant = {quant};
      const Question q = ask(query);
      Scenario s = scenario_of(q);
      share_evenly(s);
      const Bytes bytes = all_bytes(estimate(s));
      CHECK(bytes > last);
      last = bytes;
    }
    if (query.gpu[0][0] == '2' || query.gpu[0][0] == '4') continue;
    last = 0;
    for (const char* kv : {"q4_0", "q8_0", "f16"}) {
      query.kv = kv;
      const Question q = ask(query);
      Scenario s = scenario_of(q);
      share_evenly(s);
      s.settings.context = std::min<Tokens>(65536, q.models[0].model.max_context);
      const Bytes bytes = all_bytes(estimate(s));
      INFO(q.models[0].model.id << " kv " << kv << " on " << q.machine.name);
      CHECK(bytes >= last);
      last = bytes;
    }
  }
}

TEST_CASE("parts sum to terms and terms to totals") {
  SettingDice dice(4);
  for (int i = 0; i < cases(300); ++i) {
    Query query = dice.query();
    const bool hybrid = query.model[0].rfind("qwen3-", 0) != 0;
    query.vision = hybrid && dice.from_to(0, 1) == 1;
    query.ram = query.gpu[0].rfind("m", 0) == 0 || query.gpu[0].rfind("strix", 0) == 0 ? "" : "256GB";
    const Question q = ask(query);
    const Estimate e = estimate(scenario_of(q), Explain::yes);
    for (std::size_t d = 0; d < e.devices.size(); ++d) {
      std::array<Bytes, kTermCount> sums{};
      for (const Part& part : e.parts) {
        if (part.row == d) sums[static_cast<std::size_t>(part.term)] += part.bytes;
      }
      Bytes total = 0;
      for (std::size_t t = 0; t < kTermCount; ++t) {
        CHECK(sums[t] == e.devices[d].terms[static_cast<Term>(t)]);
        total += sums[t];
      }
      CHECK(total == e.devices[d].total());
      if (e.devices[d].usable) {
        CHECK(*e.devices[d].free() ==
              static_cast<SignedBytes>(*e.devices[d].usable) - static_cast<SignedBytes>(total));
      }
    }
  }
}

TEST_CASE("an explanation changes nothing") {
  SettingDice dice(5);
  for (int i = 0; i < cases(100); ++i) {
    const Question q = ask(dice.query());
    const Scenario s = scenario_of(q);
    const Estimate plain = estimate(s);
    const Estimate explained = estimate(s, Explain::yes);
    CHECK(plain.verdict == explained.verdict);
    CHECK(all_bytes(plain) == all_bytes(explained));
    CHECK(plain.parts.empty());
    CHECK_FALSE(explained.parts.empty());
  }
}

TEST_CASE("the largest context fits and the next step does not") {
  SettingDice dice(6);
  int bounded = 0;
  for (int i = 0; i < cases(300); ++i) {
    Query query = dice.query();
    const bool unified = query.gpu[0][0] == 'm' || query.gpu[0][0] == 's';
    if (!unified && dice.from_to(0, 2) == 0) query.ram = "64GB";
    const Question q = ask(query);
    Scenario s = scenario_of(q);
    const Estimate answer = estimate(s);
    const MaxContext most = max_context(s, answer);
    // What fits on the devices is asked how far it goes there, even if RAM would take it further.
    const bool on_devices = is_on_devices(answer.verdict);
    const auto beyond = [&](Verdict v) {
      return v == Verdict::no_fit || (on_devices && v == Verdict::offload);
    };
    INFO(q.models[0].model.id << ' ' << q.models[0].builds[0].quant_id << " on " << q.machine.name);
    if (most.tokens > 0) {
      s.settings.context = most.tokens;
      CHECK_FALSE(beyond(estimate(s).verdict));
    }
    if (most.limited_by == ContextLimit::memory) {
      s.settings.context = most.tokens + llama_rules::kCellPadding;
      CHECK(beyond(estimate(s).verdict));
      ++bounded;
    } else {
      CHECK(most.tokens == q.models[0].model.max_context);
    }
  }
  CHECK(bounded > 0);
}

TEST_CASE("the order of equal GPUs does not matter") {
  Query query;
  query.model = {"122b-a10b"};
  query.quant = {"q4_k_m"};
  query.headless = true;
  query.gpu = {"2xrtx3090", "2xrtx3090"};
  const Question pairs = ask(query);
  query.gpu = {"4xrtx3090"};
  const Question four = ask(query);
  const Estimate a = estimate(scenario_of(pairs));
  const Estimate b = estimate(scenario_of(four));
  CHECK(a.verdict == b.verdict);
  REQUIRE(a.devices.size() == b.devices.size());
  for (std::size_t d = 0; d < a.devices.size(); ++d) CHECK(a.devices[d].total() == b.devices[d].total());
}

TEST_CASE("devices of unknown speed share the layers evenly") {
  Query query;
  query.model = {"27b"};
  query.quant = {"q4_k_m"};
  query.gpu = {"2xcustom:memory=24GiB"};
  const Question q = ask(query);
  const Estimate e = estimate(scenario_of(q));
  const Bytes first = e.devices[0].total(), second = e.devices[1].total();
  CHECK(std::max(first, second) < 2 * std::min(first, second));
}

TEST_CASE("the last layers go to the last device, in shares of the split") {
  Query query;
  query.model = {"27b"};
  query.quant = {"q4_k_m"};
  query.gpu = {"2xrtx3090"};
  query.tensor_split = "3,1";
  const Question q = ask(query);
  const Estimate e = estimate(scenario_of(q));
  CHECK(e.devices[0].terms[Term::kv_cache] == 3 * e.devices[1].terms[Term::kv_cache]);
  CHECK(e.placement.tensor_split == std::vector<double>{3, 1});
}

TEST_CASE(
    "a placement in system RAM is found only when there is RAM, and keeps as much as fits on the device") {
  Query query;
  query.model = {"35b-a3b"};
  query.quant = {"q4_k_m"};
  query.gpu = {"rtx3060-12gb"};
  const Question without = ask(query);
  CHECK(estimate(scenario_of(without)).verdict == Verdict::no_fit);
  query.ram = "64GB";
  const Question with = ask(query);
  Scenario s = scenario_of(with);
  const Estimate e = estimate(s);
  CHECK(e.verdict == Verdict::offload);
  CHECK(e.placement.cpu_moe_layers > 0);
  // One layer less in RAM would eat into the margin that is kept where buffers are approximate.
  s.settings.forced.cpu_moe_layers = e.placement.cpu_moe_layers - 1;
  const DeviceMemory fuller = estimate(s).devices[0];
  CHECK(*e.devices[0].free() >= static_cast<SignedBytes>(fit_margin(*e.devices[0].usable)));
  CHECK(*fuller.free() < static_cast<SignedBytes>(fit_margin(*fuller.usable)));
  query.ram = "8GB";
  const Question little = ask(query);
  CHECK(estimate(scenario_of(little)).verdict == Verdict::no_fit);
}

TEST_CASE("what a search counts with at the least is hardly ever more than what a placement takes") {
  constexpr int kCases = 300, kOneIn = 100;
  SettingDice dice(17);
  int rows = 0, above = 0;
  for (int i = 0; i < cases(kCases); ++i) {
    Query query = dice.query();
    const auto question = resolve(query, Catalog::builtin());
    if (!question || question->machine.devices.front().kind == DeviceKind::unified) continue;
    const Scenario s = scenario_of(*question);
    Placement placement = default_placement(s);
    const auto layers = static_cast<std::uint32_t>(dice.from_to(0, placement.gpu_layers));
    if (dice.from_to(0, 1) == 1 && s.model->architecture.is_moe()) {
      placement.cpu_moe_layers = std::min(layers, s.model->architecture.layers);
    } else {
      placement.gpu_layers -= layers;
    }
    const Estimate least = measured(s, placement, Effort::least), exact = measured(s, placement);
    for (std::size_t row = 0; row < exact.devices.size(); ++row) {
      ++rows;
      if (least.devices[row].total() > exact.devices[row].total()) ++above;
    }
  }
  INFO(above << " of " << rows);
  CHECK(rows > cases(kCases));
  CHECK(above <= 1 + rows / kOneIn);
}

TEST_CASE("several cards and system RAM together hold what each alone does not") {
  Query query;
  query.model = {"122b-a10b"};
  query.quant = {"q4_k_m"};
  query.gpu = {"2xrtx3090"};
  query.ram = "64GB";
  const Question two = ask(query);
  const Estimate e = estimate(scenario_of(two));
  CHECK(e.verdict == Verdict::offload);
  // Blocks without experts are small, so the first card takes more of them than the second.
  CHECK(e.placement.tensor_split[0] > e.placement.tensor_split[1]);
  query.gpu = {"rtx3060-12gb", "rtx3090"};
  query.ram = "";
  query.model = {"27b"};
  const Question mixed = ask(query);
  const Estimate shared = estimate(scenario_of(mixed));
  CHECK(shared.verdict == Verdict::fits);
  // The larger card is the faster one, so it comes first.
  CHECK(shared.devices[0].total() > shared.devices[1].total());
}

TEST_CASE("figures a person can check by hand") {
  Query query;
  query.gpu = {"custom:memory=640GiB"};
  query.quant = {"q4_k_m"};
  query.ctx = "262144";
  query.model = {"27b"};
  const Question dense = ask(query);
  CHECK(estimate(scenario_of(dense)).devices[0].terms[Term::kv_cache] == 16 * kGiB);
  query.model = {"35b-a3b"};
  const Question moe = ask(query);
  CHECK(estimate(scenario_of(moe)).devices[0].terms[Term::kv_cache] == 5 * kGiB);

  query = {};
  query.model = {"27b"};
  query.quant = {"q4_k_m"};
  query.gpu = {"rtx5080"};
  const Question small = ask(query);
  CHECK(estimate(scenario_of(small)).verdict == Verdict::no_fit);

  query.gpu = {"m4-max-40c-128gb"};
  query.model = {"122b-a10b"};
  const Question mac = ask(query);
  CHECK(estimate(scenario_of(mac)).verdict == Verdict::fits);

  query.gpu = {"rtx3090"};
  query.model = {"14b"};
  const Question guide = ask(query);
  const Estimate never = estimate(scenario_of(guide));
  CHECK(never.guide_only);
  CHECK(never.devices[0].total() == 8'200'000'000);
  CHECK(never.verdict == Verdict::fits);
  CHECK(guide.models[0].model.nearest_released == "Qwen3.5-9B");
}
