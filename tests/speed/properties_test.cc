#include <cmath>
#include <string>

#include "advise/sweep.h"
#include "catch.h"
#include "qwenfit/query.h"
#include "support/sampling.h"

using namespace qwenfit;

namespace {

std::vector<Answer> answers_to(const Query& query, Question& question) {
  static Resolver resolver(Catalog::builtin());
  auto resolved = resolver(query);
  REQUIRE(resolved);
  question = std::move(*resolved);
  return sweep(question);
}

Answer answer_to(const Query& query, Question& question) {
  auto answers = answers_to(query, question);
  REQUIRE(answers.size() == 1);
  return answers.front();
}

double decode(const Query& query) {
  Question question;
  const Answer answer = answer_to(query, question);
  REQUIRE(answer.estimate.speed);
  return answer.estimate.speed->decode->tok_s;
}

std::string custom(double gb_per_s) {
  return "custom:memory=80GiB,backend=cuda,bandwidth=" + std::to_string(gb_per_s);
}

Query on(const std::string& gpu, const std::string& model, const std::string& quant) {
  Query q;
  q.gpu = {gpu};
  q.model = {model};
  q.quant = {quant};
  return q;
}

void check_rate(const std::optional<Rate>& rate) {
  REQUIRE(rate);
  CHECK(std::isfinite(rate->tok_s));
  CHECK(rate->low > 0);
  CHECK(rate->low <= rate->tok_s);
  CHECK(rate->tok_s <= rate->high);
  CHECK(rate->coverage == Approx(0.8));
  if (rate->ceiling_tok_s > 0) CHECK(rate->high <= rate->ceiling_tok_s * (1 + 1e-12));
}

}  // namespace

TEST_CASE("every device with a known bandwidth gives a speed for every model and quant that fits") {
  const auto& devices = Catalog::builtin().rows().devices;
  std::size_t fits = 0;
  for (std::size_t i = 0; i < devices.size(); i += sample_stride()) {
    const DeviceRow& row = devices[i];
    if (row.device_class == DeviceClass::cpu || !row.capacity) continue;
    INFO(row.id);
    Query query;
    query.gpu = {std::string(row.id)};
    Question question;
    for (const Answer& answer : answers_to(query, question)) {
      INFO(answer.build->quant_id);
      const auto& speed = answer.estimate.speed;
      if (answer.estimate.verdict == Verdict::no_fit || !row.bandwidth_bytes_per_s) {
        CHECK_FALSE(speed);
        continue;
      }
      ++fits;
      REQUIRE(speed);
      check_rate(speed->decode);
      check_rate(speed->decode_at_context);
      CHECK(speed->decode_at_context->tok_s <= speed->decode->tok_s);
      if (row.fp32_tflops) check_rate(speed->prefill);
      CHECK(speed->load_s > 0);
    }
  }
  CHECK(fits > 500 / sample_stride());
}

TEST_CASE("CPUs give a decode speed") {
  for (const DeviceRow& row : Catalog::builtin().rows().devices) {
    if (row.device_class != DeviceClass::cpu) continue;
    INFO(row.id);
    Query query = on("none", "9b", "q4_k_m");
    query.cpu = row.id;
    query.ram = "64GB";
    Question question;
    const Answer answer = answer_to(query, question);
    REQUIRE(answer.estimate.speed);
    check_rate(answer.estimate.speed->decode);
  }
}

TEST_CASE("faster memory never makes decode slower") {
  for (const char* model : {"0.8b", "27b", "35b-a3b"}) {
    double before = 0;
    for (const double gb_per_s : {50.0, 100.0, 300.0, 900.0, 1800.0, 8000.0}) {
      const double now = decode(on(custom(gb_per_s), model, "q4_k_m"));
      CHECK(now > before);
      before = now;
    }
  }
}

TEST_CASE("more context before it never makes decode faster, nor fewer bits of the same kind slower") {
  double before = HUGE_VAL;
  for (const char* depth : {"0", "1k", "16k", "64k", "128k", "256k"}) {
    Query query = on(custom(900), "27b", "q4_k_m");
    query.ctx = "256k";
    query.depth = depth;
    const double now = decode(query);
    CHECK(now < before);
    before = now;
  }
  CHECK(decode(on(custom(900), "27b", "q4_0")) > decode(on(custom(900), "27b", "q8_0")));
}

TEST_CASE("experts in system RAM are slower, and faster RAM helps them") {
  Query query = on("rtx3090", "35b-a3b", "q4_k_m");
  query.ram = "64GB";
  const double whole = decode(query);
  query.cpu_moe = "all";
  query.cpu = "ddr4-2400";
  const double slow = decode(query);
  query.cpu = "ddr5-6400";
  const double fast = decode(query);
  CHECK(slow < fast);
  CHECK(fast < whole);
}

TEST_CASE("tensor parallelism over two cards is faster than taking turns") {
  Query query = on("2xrtx3090", "27b", "q8_0");
  const double turns = decode(query);
  query.split_mode = "tensor";
  CHECK(decode(query) > 1.2 * turns);
}

TEST_CASE(
    "cards that take turns are not faster than one at decode, nor faster than their number at prefill") {
  for (const char* card : {"rtx3090", "rtx4090", "rx7900xtx", "tesla-p40"}) {
    const auto speed = [&](unsigned count) {
      Question question;
      Query query = on(std::to_string(count) + "x" + card, "9b", "q4_k_m");
      // Of its own accord the solver would take one card for so small a model.
      query.tensor_split = "1";
      for (unsigned i = 1; i < count; ++i) query.tensor_split += ",1";
      const Answer answer = answer_to(query, question);
      return *answer.estimate.speed;
    };
    const Speed one = speed(1);
    for (const unsigned count : {2U, 3U, 4U, 8U}) {
      INFO(count << "x " << card);
      const Speed several = speed(count);
      CHECK(several.decode->tok_s < one.decode->tok_s);
      CHECK(several.prefill->tok_s < count * one.prefill->tok_s);
    }
  }
}

TEST_CASE("more users never get less together, nor more each") {
  for (const char* card : {"rtx3090", "2xrtx3090", "m4-max-40c-128gb"}) {
    double together = 0, each = HUGE_VAL;
    for (const char* users : {"1", "2", "4", "8", "16", "64"}) {
      Query query = on(card, "9b", "q4_k_m");
      query.parallel = users;
      Question question;
      const Answer answer = answer_to(query, question);
      INFO(card << " " << users);
      const Speed& speed = *answer.estimate.speed;
      CHECK(speed.decode->tok_s <= each * (1 + 1e-9));
      each = speed.decode->tok_s;
      if (!speed.decode_all_users) continue;
      CHECK(speed.decode_all_users->tok_s >= together * (1 - 1e-9));
      together = speed.decode_all_users->tok_s;
    }
  }
}

TEST_CASE("a device without a bandwidth gives no speed and says so") {
  Question question;
  const Answer answer = answer_to(on("custom:memory=24GiB", "9b", "q4_k_m"), question);
  CHECK_FALSE(answer.estimate.speed);
  const auto& notes = answer.estimate.notes;
  CHECK(std::find(notes.begin(), notes.end(), Note::speed_unknown) != notes.end());
}

TEST_CASE("70B at 30 to 50 tok/s on an M3 Max is above its ceiling") {
  Question question;
  for (const Answer& answer : answers_to(on("m3-max-40c-128gb", "70b", "q4_k_m"), question)) {
    REQUIRE(answer.estimate.speed);
    CHECK(answer.estimate.speed->decode->ceiling_tok_s < 15);
    CHECK(answer.estimate.speed->decode->high < 15);
  }
}

TEST_CASE("rows of the very combination are shown and rested on") {
  Question question;
  const Answer answer = answer_to(on("rtx3090", "qwen3.6-27b", "q4_k_m"), question);
  REQUIRE(answer.estimate.speed);
  const Rate& decode = *answer.estimate.speed->decode;
  CHECK(decode.basis == SpeedBasis::measured);
  REQUIRE(answer.speed->measured_decode);
  const MeasuredSpeed& measured = *answer.speed->measured_decode;
  CHECK(measured.rows >= 1);
  CHECK_FALSE(measured.urls.empty());
  CHECK(decode.low <= measured.high_tok_s);
  CHECK(measured.low_tok_s <= decode.high);

  const Answer unknown = answer_to(on("rtx3090", "qwen3.6-27b", "iq3_xxs@llama.cpp"), question);
  CHECK(unknown.estimate.speed->decode->basis == SpeedBasis::device);
  // The range is narrower than the device's, unless the very rows spread more.
  const Catalog& catalog = Catalog::builtin();
  std::size_t all = 0, narrower = 0;
  for (const MeasuredSpeedRow& row : catalog.rows().measured_speeds) {
    if (row.phase != SpeedPhase::decode || row.count != 1) continue;
    ++all;
    if (row.half_width < catalog.speed_interval(row.phase, SpeedBasis::device, MachineKind::gpu)->half_width)
      ++narrower;
  }
  CHECK(narrower > all * 3 / 4);
}

TEST_CASE("the less is known of a device the wider the interval") {
  const auto width = [](const std::string& gpu) {
    Question question;
    const Answer answer = answer_to(on(gpu, "9b", "q5_0@llama.cpp"), question);
    const Rate& r = *answer.estimate.speed->decode;
    return std::pair(r.basis, std::log(r.tok_s / r.low));
  };
  const auto device = width("rtx3090");
  const auto architecture = width("rtx3070ti");
  CHECK(device.first == SpeedBasis::device);
  CHECK(architecture.first == SpeedBasis::architecture);
  CHECK(device.second < architecture.second);
}
