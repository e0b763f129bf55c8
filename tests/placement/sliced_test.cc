// llama.cpp's split by tensor.

#include "placement/sliced.h"

#include <cmath>

#include "advise/sweep.h"
#include "memory/tensor_slices.h"
#include "placement/answer_of.h"
#include "qwenfit/query.h"
#include "support/models.h"

using namespace qwenfit;

namespace {

Query sliced_query(const char* gpu, const char* model, const char* quant) {
  Query q;
  q.gpu = {gpu};
  q.model = {model};
  q.quant = {quant};
  q.split_mode = "tensor";
  q.headless = true;
  return q;
}

Bytes over_devices(const Answer& a, Term term) {
  Bytes sum = 0;
  for (std::size_t row = 0; row + 1 < a.estimate.devices.size(); ++row)
    sum += a.estimate.devices[row].terms[term];
  return sum;
}

double share_of_first(const Answer& a, Term term) {
  return static_cast<double>(a.estimate.devices[0].terms[term]) / static_cast<double>(over_devices(a, term));
}

}  // namespace

TEST_CASE("a cut is in whole granules, and devices take turns") {
  const std::vector<double> shares = {0.6828, 0.3172};
  CHECK(cut_axis(2048, 256, 0, shares).elements == std::vector<Bytes>{1280, 768});
  CHECK(cut_axis(2048, 256, 1, shares).elements == std::vector<Bytes>{1536, 512});
  CHECK(cut_axis(512, 256, 1, shares).elements == std::vector<Bytes>{512, 0});
  const std::vector<double> three = {1, 1, 1};
  CHECK(cut_axis(17408, 256, 0, three).elements == std::vector<Bytes>{5632, 5888, 5888});
}

TEST_CASE("the parts of a cut sum to the whole, whatever the bytes") {
  const std::vector<double> shares = {3, 2, 2};
  for (std::size_t turn = 0; turn < shares.size(); ++turn) {
    const Cut cut = cut_axis(1024, 128, turn, shares);
    for (const Bytes bytes : {Bytes{0}, Bytes{1}, Bytes{1000003}, Bytes{1} << 40})
      CHECK(cut.part(bytes, 0) + cut.part(bytes, 1) + cut.part(bytes, 2) == bytes);
  }
}

TEST_CASE("35B-A3B in 68 to 32 shares lies as llama.cpp logged it") {
  // A Qwen3.5-35B-A3B fine-tune in Q4_K_M with -sm tensor -ts 0.6828, RTX 5070 Ti and RTX 4060: model buffer
  // of the first 14901.13 MiB, KV 31.88 of 42.50 MiB, recurrent state 172.73 of 251.25 MiB.
  Query q = sliced_query("2xrtx3090", "35b-a3b", "q4_k_m@llama.cpp");
  q.tensor_split = "0.6828,0.3172";
  q.parallel = "4";
  const Answer a = answer_of(q);
  CHECK(share_of_first(a, Term::kv_cache) == Approx(31.88 / 42.50).epsilon(0.001));
  CHECK(share_of_first(a, Term::recurrent_state) == Approx(172.73 / 251.25).epsilon(0.001));
  CHECK(over_devices(a, Term::recurrent_state) == Approx(251.25 * 1048576).epsilon(0.0001));
  CHECK(a.estimate.devices[0].terms[Term::weights] == Approx(14901.13 * 1048576).epsilon(1e-5));
}

TEST_CASE("every device takes the buffers of the whole graph") {
  for (const char* model : {"9b", "27b", "35b-a3b"}) {
    CAPTURE(model);
    const Answer sliced = answer_of(sliced_query("2xrtx5090", model, "q4_k_m"));
    Query one = sliced_query("rtx5090", model, "q4_k_m");
    one.split_mode.clear();
    const Answer alone = answer_of(one);
    for (std::size_t row = 0; row < 2; ++row) {
      CHECK(sliced.estimate.devices[row].terms[Term::compute] ==
            alone.estimate.devices[0].terms[Term::compute]);
    }
    CHECK(over_devices(sliced, Term::kv_cache) == over_devices(alone, Term::kv_cache));
    CHECK(over_devices(sliced, Term::recurrent_state) == over_devices(alone, Term::recurrent_state));
    const Bytes weights = over_devices(sliced, Term::weights);
    CHECK(weights >= over_devices(alone, Term::weights) - (Bytes{1} << 20));
    CHECK(static_cast<double>(weights) < 1.02 * static_cast<double>(over_devices(alone, Term::weights)));
  }
}

TEST_CASE("equal shares are nearly equal, more context never needs less, and parts sum to terms") {
  for (const char* model : {"0.8b", "27b", "122b-a10b"}) {
    Bytes before = 0;
    for (const char* ctx : {"4k", "32k", "128k"}) {
      CAPTURE(model, ctx);
      Query q = sliced_query(std::string(model) == "27b" ? "4xrtx3090" : "2xrtx3090", model, "q4_k_m");
      q.ctx = ctx;
      q.mtp = true;
      const Answer a = answer_of(q);
      const auto& devices = a.estimate.devices;
      CHECK(devices[0].total() >= before);
      before = devices[0].total();
      for (std::size_t row = 0; row + 1 < devices.size(); ++row) {
        const auto weights = static_cast<double>(devices[row].terms[Term::weights]);
        CHECK(weights == Approx(static_cast<double>(devices[0].terms[Term::weights])).epsilon(0.03));
        Bytes sum = 0;
        for (const Part& part : a.estimate.parts) {
          if (part.row == row) sum += part.bytes;
        }
        CHECK(sum == devices[row].total());
      }
    }
  }
}

TEST_CASE("a split by tensor keeps everything on the devices") {
  Query q = sliced_query("2xrtx3060-12gb", "27b", "q8_0");
  q.ram = "64GB";
  const Answer a = answer_of(q);
  CHECK(a.estimate.verdict == Verdict::no_fit);
  CHECK(std::count(a.estimate.notes.begin(), a.estimate.notes.end(), Note::no_sliced_offload) == 1);
  q.split_mode = "layer";
  CHECK(answer_of(q).estimate.verdict == Verdict::offload);
}

TEST_CASE("the slower of two cards sets the pace of a split by tensor") {
  Query q = sliced_query("rtx3090", "9b", "q4_k_m");
  q.gpu = {"rtx3090", "rtx3060-12gb"};
  const auto speed = [&](const char* shares) {
    q.tensor_split = shares;
    return answer_of(q).estimate.speed->decode->tok_s;
  };
  // 936 and 360 GB/s: even shares wait for the slower card.
  CHECK(speed("2.6,1") > 1.2 * speed("1,1"));
  CHECK(speed("1,2.6") < speed("1,1"));
}

TEST_CASE("experts that are cut in two at most do not follow the shares") {
  // 512 columns of an expert in blocks of 256: at any share above a half, the first card gets half or all of
  // them.
  const std::vector<double> some = {0.6, 0.4};
  const std::vector<double> more = {0.9, 0.1};
  for (std::size_t turn = 0; turn < 2; ++turn)
    CHECK(cut_axis(512, 256, turn, some).elements == cut_axis(512, 256, turn, more).elements);
  Query q = sliced_query("2xrtx3090", "35b-a3b", "q4_k_m");
  const double even = answer_of(q).estimate.speed->decode->tok_s;
  q.tensor_split = "9,1";
  CHECK(answer_of(q).estimate.speed->decode->tok_s < 0.95 * even);
}

TEST_CASE("what a split by tensor cannot be combined with") {
  const auto refused = [](auto change, const char* where) {
    Query q = sliced_query("2xrtx3090", "35b-a3b", "q4_k_m");
    change(q);
    const auto question = resolve(q, Catalog::builtin());
    REQUIRE_FALSE(question);
    CHECK(question.error().where == where);
  };
  refused([](Query& q) { q.gpu_layers = "20"; }, "--gpu-layers");
  refused([](Query& q) { q.cpu_moe = "20"; }, "--cpu-moe");
  refused([](Query& q) { q.flash_attn = "off"; }, "--split-mode");
  refused([](Query& q) { q.kv = "iq4_nl"; }, "--split-mode");
  refused([](Query& q) { q.kv_v = "q8_0"; }, "--split-mode");
  // Two KV heads cannot be shared by four cards: nothing repeats them.
  refused([](Query& q) { q.gpu = {"4xrtx3090"}; }, "--split-mode");
}
