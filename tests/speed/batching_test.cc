#include "speed/batching.h"

#include <cmath>

#include "catch.h"
#include "qwenfit/query.h"
#include "speed/fit/users.h"
#include "speed/speed.h"
#include "support/models.h"

using namespace qwenfit;

namespace {

/// A scenario wholly on its devices, with the growth by users set by the test.
struct Shared {
  explicit Shared(const std::string& gpu, const std::string& model, const std::string& split = "layer") {
    Query query;
    query.gpu = {gpu};
    if (gpu == "none") query.ram = "128GB";
    query.model = {model};
    query.quant = {"q4_k_m"};
    query.split_mode = split;
    auto resolved = resolve(query, Catalog::builtin());
    REQUIRE(resolved);
    question = std::move(*resolved);
    const auto& subject = question.models.front();
    speed = subject.speeds.front();
    speed.batching = BatchCosts{0.24, 0.5};
    placement.gpu_layers = layer_count(subject.model.architecture, subject.builds.front().has_mtp_block);
    placement.tensor_split.assign(question.machine.devices.size(), 1.0);
    scenario.model = &subject.model;
    scenario.build = &subject.builds.front();
    scenario.machine = &question.machine;
    scenario.settings = subject.settings.front();
    scenario.speed = &speed;
  }
  double seconds(std::uint32_t users, Tokens depth = 0) const {
    return batched_s(scenario, placement, {depth, users, 1});
  }

  Question question;
  SpeedModel speed;
  Placement placement;
  Scenario scenario;
};

}  // namespace

TEST_CASE("what a step of several users takes is explained to the end") {
  for (const char* gpu : {"rtx3090", "2xrtx3090", "4xrtx3090", "m4-max-40c-128gb", "none"}) {
    for (const double split_power : {0.0, 0.5, 0.9, 1.5}) {
      for (const std::uint32_t users : {1U, 4U, 64U}) {
        Shared shared(gpu, "27b");
        shared.speed.batching->layer_split_power = split_power;
        shared.scenario.settings.parallel = users;
        const auto speed = estimate_speed(shared.scenario, shared.placement, Explain::yes);
        REQUIRE(speed);
        double parts_s = 0;
        for (const SpeedPart& part : speed->parts) {
          if (speed_phase(part.term) == SpeedPhase::decode) parts_s += part.seconds();
        }
        INFO(gpu << ", power " << split_power << ", users " << users);
        CHECK(parts_s == Approx(1 / speed->decode->tok_s));
      }
    }
  }
}

TEST_CASE("more users give no less together and none more each") {
  for (const char* gpu : {"rtx3090", "4xrtx3090", "m4-max-40c-128gb", "none"}) {
    for (const char* model : {"27b", "35b-a3b"}) {
      for (const Tokens depth : {Tokens{0}, Tokens{32768}}) {
        const Shared shared(gpu, model);
        double each = HUGE_VAL, together = 0;
        for (std::uint32_t users = 1; users <= 256; users *= 2) {
          const double rate = 1 / shared.seconds(users, depth);
          INFO(gpu << ", " << model << ", users " << users << ", depth " << depth);
          CHECK(rate <= each);
          CHECK(rate * users >= together * (1 - 1e-12));
          each = rate;
          together = rate * users;
        }
      }
    }
  }
}

TEST_CASE("one user is the plain estimate") {
  const Shared shared("rtx3090", "27b");
  const Work work = decode_work(shared.scenario, shared.placement, {4096, 1, 1});
  CHECK(shared.seconds(1, 4096) == calibrated_s(work, shared.speed));
}

TEST_CASE("a MoE model keeps less of its speed than a dense one, as users touch other experts") {
  const Shared dense("rtx3090", "27b"), moe("rtx3090", "35b-a3b");
  CHECK(moe.seconds(4) / moe.seconds(1) > dense.seconds(4) / dense.seconds(1));
}

TEST_CASE("users with long contexts keep less of their speed") {
  const Shared shared("rtx3090", "27b");
  CHECK(shared.seconds(8, 32768) / shared.seconds(1, 32768) > shared.seconds(8) / shared.seconds(1));
}

TEST_CASE("devices that take turns serve users less well than devices that share layers") {
  const Shared turns("4xrtx3090", "27b", "layer"), together("4xrtx3090", "27b", "tensor");
  CHECK(turns.seconds(4) / turns.seconds(1) > together.seconds(4) / together.seconds(1));
}

TEST_CASE("without rows on several users they take turns") {
  Shared shared("rtx3090", "27b");
  shared.speed.batching.reset();
  CHECK(shared.seconds(4) == Approx(4 * shared.seconds(1)));
}

TEST_CASE("arithmetic bounds how many users share a step for nothing") {
  Shared shared("rtx3090", "27b");
  for (TermFactors& factors : shared.speed.devices)
    factors[static_cast<std::size_t>(SpeedTerm::prompt_matmul)] = 2;
  CHECK(shared.seconds(256) > 4 * shared.seconds(1));
  CHECK(shared.seconds(256) == Approx(2 * shared.seconds(128)).epsilon(0.2));
}

TEST_CASE("the growth by users is fitted alike every time") {
  const auto rows = read_benchmarks(std::string(QWENFIT_DATA) + "/benchmarks");
  const auto fitted = fit_users(rows, Catalog::builtin());
  const auto again = fit_users(rows, Catalog::builtin());
  REQUIRE(fitted.size() == 5);
  for (std::size_t i = 0; i < fitted.size(); ++i) {
    CHECK(fitted[i].id == again[i].id);
    CHECK(fitted[i].value == again[i].value);
    CHECK(fitted[i].value > 0);
  }
  const UserScore score = score_users(rows, Catalog::builtin());
  CHECK(score.by_source.median < score.fixed_once.median);
}
