#include "report/speed_fixture.h"

#include <cmath>
#include <limits>

namespace qwenfit {
namespace {

Rate rate(double tok_s, double half_width, SpeedBasis basis, double ceiling = 60) {
  return {tok_s, tok_s * std::exp(-half_width), tok_s * std::exp(half_width), 0.8, ceiling, basis};
}

Speed speed_of(double decode, double prefill, double half_width, SpeedBasis basis) {
  Speed s;
  s.decode = rate(decode, half_width, basis);
  s.decode_at_context = rate(decode * 0.85, half_width, basis);
  s.prefill = rate(prefill, half_width * 2, basis, prefill * 3);
  s.ttft_s = 4096 / prefill;
  s.ttft_low_s = 4096 / s.prefill->high;
  s.ttft_high_s = 4096 / s.prefill->low;
  s.load_s = 8.4;
  return s;
}

SpeedModel model_of(SpeedBasis basis, double half_width, std::uint32_t rows, std::uint32_t sources) {
  SpeedModel m;
  m.stack = "cuda";
  m.decode = {basis, half_width, 0.8, rows, rows / 2, sources};
  m.prefill = {basis, half_width * 2, 0.8, rows / 2, rows / 3, sources};
  m.storage_bytes_per_s = 3.5e9;
  m.storage_name = "an NVMe drive";
  return m;
}

/// Gives every answer that fits a speed, slower with every one before it.
void give_speeds(Case& c, const Speed& best, const SpeedModel* model) {
  for (Answer& answer : c.answers) {
    answer.speed = model;
    if (answer.estimate.verdict == Verdict::no_fit) continue;
    answer.estimate.speed = best;
    if (model == nullptr) continue;
    answer.estimate.speed->decode_rests_on = model->decode;
    answer.estimate.speed->prefill_rests_on = model->prefill;
  }
}

SpeedPart part(SpeedTerm term, std::size_t row, double specified_s, double factor) {
  return {term,        row,   std::string(speed_term_id(term)), "bytes / bandwidth", "16.3 GB / 936 GB/s",
          specified_s, factor};
}

}  // namespace

Case speed_of_device() {
  static const SpeedModel model = model_of(SpeedBasis::device, 0.14, 34, 5);
  Case c = single_gpu();
  give_speeds(c, speed_of(36.4, 1236, 0.14, SpeedBasis::device), &model);
  c.answers[2].estimate.speed = speed_of(8.4, 996, 0.15, SpeedBasis::device);
  c.answers[4].estimate.speed = speed_of(121, 1420, 0.15, SpeedBasis::device);
  return c;
}

Case speed_measured() {
  static const SpeedModel model = [] {
    SpeedModel m = model_of(SpeedBasis::measured, 0.05, 12, 3);
    m.measured_decode = {
        12, 3, 24.1, 27.34, 0, 8192, {"https://example.org/rows", "https://example.org/more"}};
    m.measured_prefill = {1, 1, 1180, 1180, 512, 512, {"https://example.org/rows"}};
    return m;
  }();
  Case c = single_gpu();
  give_speeds(c, speed_of(25.7, 1190, 0.05, SpeedBasis::measured), &model);
  return c;
}

Case speed_of_architecture() {
  static const SpeedModel model = model_of(SpeedBasis::architecture, 0.43, 1, 1);
  Case c = unified();
  give_speeds(c, speed_of(14.2, 210, 0.43, SpeedBasis::architecture), &model);
  for (Answer& answer : c.answers) answer.estimate.notes = {Note::speed_from_architecture};
  return c;
}

Case speed_of_users() {
  static const SpeedModel model = [] {
    SpeedModel m = model_of(SpeedBasis::ceiling, 0.5, 0, 0);
    m.users_half_width = 0.2;
    return m;
  }();
  Case c = offload();
  Speed speed = speed_of(9.96, 340, 0.54, SpeedBasis::ceiling);
  speed.decode_all_users = rate(39.84, 0.54, SpeedBasis::ceiling, 240);
  give_speeds(c, speed, &model);
  c.answers.front().estimate.notes = {Note::ram_speed_assumed, Note::users_widen};
  return c;
}

Case speed_with_mtp() {
  static const SpeedModel model = [] {
    SpeedModel m = model_of(SpeedBasis::backend, 0.45, 120, 1);
    m.stack = "cpu";
    m.storage_name.clear();
    m.mtp_half_width = 0.15;
    m.draft_tokens = 3;
    m.draft_acceptance = 0.6;
    return m;
  }();
  Case c = cpu_only();
  Speed speed = speed_of(3.12, 20, 0.45, SpeedBasis::backend);
  speed.mtp_gain = 0.87;
  speed.prefill.reset();
  speed.ttft_s = speed.ttft_low_s = speed.ttft_high_s = std::nullopt;
  speed.load_s = 300;
  give_speeds(c, speed, &model);
  c.answers.front().settings.mtp = true;
  c.answers.front().settings.depth = 4096;
  c.answers.front().estimate.notes = {Note::mtp_may_slow};
  return c;
}

Case speed_of_models() {
  static const SpeedModel model = model_of(SpeedBasis::device, 0.2, 34, 5);
  Case c = several_models();
  c.question.context_is_max = true;
  give_speeds(c, speed_of(36.4, 1236, 0.2, SpeedBasis::device), &model);
  for (Answer& answer : c.answers) answer.settings.context = answer.max_context.tokens;
  c.answers.back().estimate.speed = Speed{};
  return c;
}

Case speed_hostile() {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  static const SpeedModel model = [] {
    SpeedModel m = model_of(SpeedBasis::measured, 1e300, 4'000'000'000, 4'000'000'000);
    static const std::string url = "https://\x1b[31m" + std::string(300, 'u') + "\xff";
    m.measured_decode = {4'000'000'000, 1, 1e-300, 1e300, 0, 1'000'000'000'000'000, {url}};
    m.storage_name = "\x1b[31mdrive";
    m.draft_tokens = 1;
    m.draft_acceptance = 1e9;
    return m;
  }();
  Case c = single_gpu();
  Speed speed;
  speed.decode = {kNaN, 1e-300, kInfinity, kNaN, 0, SpeedBasis::measured};
  speed.decode_at_context = {1e300, 0, 1e301, 0.8, 0, SpeedBasis::measured};
  speed.prefill = {1e-9, 1e-12, 1e300, 0.8, kInfinity, SpeedBasis::measured};
  speed.ttft_s = 1e300;
  speed.ttft_low_s = kNaN;
  speed.ttft_high_s = kInfinity;
  speed.load_s = kInfinity;
  speed.mtp_gain = kNaN;
  speed.parts = {part(SpeedTerm::weights, 0, 1e300, 1e-300), part(SpeedTerm::host_weights, 7, 1e-300, 1e300),
                 part(SpeedTerm::prompt_matmul, 0, 1e9, 1e9)};
  give_speeds(c, speed, &model);
  std::swap(c.answers[0], c.answers[3]);
  return c;
}

Case speed_explained() {
  Case c = speed_measured();
  std::swap(c.answers[0], c.answers[3]);
  c.answers.resize(1);
  Device& device = c.question.machine.devices.front();
  device.bandwidth_bytes_per_s = 936'000'000'000;
  device.peak_flops = 142e12;
  Speed& speed = *c.answers.front().estimate.speed;
  speed.parts = {part(SpeedTerm::weights, 0, 0.0248, 1.39),
                 part(SpeedTerm::kv, 0, 0.0004, 1.8),
                 part(SpeedTerm::layers, 0, 0.0037, 1),
                 part(SpeedTerm::host_layers, 1, 1e-7, 1),
                 part(SpeedTerm::prompt_matmul, 0, 2.1, 1.53),
                 part(SpeedTerm::prompt_attention, 0, 0.1, 2),
                 part(SpeedTerm::prompt_request, 0, 0.0000001, 0.5)};
  double decode = 0;
  double prefill = 0;
  for (const SpeedPart& p : speed.parts)
    (speed_phase(p.term) == SpeedPhase::decode ? decode : prefill) += p.seconds();
  speed.decode->tok_s = 1 / decode;
  speed.prefill->tok_s = 4096 / prefill;
  return c;
}

std::vector<std::pair<std::string, Case>> speed_cases() {
  std::vector<std::pair<std::string, Case>> cases;
  cases.emplace_back("speed_device", speed_of_device());
  cases.emplace_back("speed_measured", speed_measured());
  cases.emplace_back("speed_architecture", speed_of_architecture());
  cases.emplace_back("speed_users", speed_of_users());
  cases.emplace_back("speed_mtp", speed_with_mtp());
  cases.emplace_back("speed_models", speed_of_models());
  cases.emplace_back("speed_hostile", speed_hostile());
  cases.emplace_back("speed_explained", speed_explained());
  return cases;
}

}  // namespace qwenfit
