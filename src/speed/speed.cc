#include "speed/speed.h"

#include <algorithm>
#include <cmath>

#include "placement/served.h"
#include "speed/batching.h"
#include "speed/speculation.h"
#include "speed/text.h"

namespace qwenfit {
namespace {

/// `tokens` in `seconds`, with an interval of `half_width` on the logarithm, never above the ceiling.
Rate rate(double tokens, double seconds, double floor_s, double half_width, const SpeedSupport& support) {
  Rate r;
  r.ceiling_tok_s = floor_s > 0 ? tokens / floor_s : 0;
  const double most = floor_s > 0 ? r.ceiling_tok_s : HUGE_VAL;
  const double tok_s = tokens / seconds;
  r.tok_s = std::min(tok_s, most);
  r.low = std::min(tok_s * std::exp(-half_width), most);
  r.high = std::min(tok_s * std::exp(half_width), most);
  r.coverage = support.coverage;
  r.basis = support.basis;
  return r;
}

double root_of_squares(double a, double b) {
  return std::sqrt(a * a + b * b);
}

/// How far beyond the deepest measured row its deviation is still trusted to hold, and the least depth
/// trusted.
constexpr Tokens kTrustedTimes = 2, kTrustedDepth = 8192;

/// What an estimate at this depth rests on, and what rows of the very combination make of its time.
struct Basis {
  const SpeedSupport& support;
  double factor = 1;
};

/// Rows of the very combination are of one user without drafting: with others they bear on the estimate,
/// which then rests on what is known of the device.
Basis decode_basis(const Scenario& s, const Places& places, Tokens depth) {
  const SpeedModel& m = *s.speed;
  if (places.in_ram) return {m.decode_in_ram, m.decode_in_ram_factor};
  const bool beyond =
      s.settings.mtp || s.settings.parallel > 1 ||
      (m.measured_decode && depth > std::max(kTrustedTimes * m.measured_decode->most_depth, kTrustedDepth));
  return {beyond ? m.decode_beyond : m.decode, m.measured_decode_factor};
}

Basis prefill_basis(const Scenario& s, const Places& places) {
  const SpeedModel& m = *s.speed;
  if (places.in_ram) return {m.prefill_in_ram, m.prefill_in_ram_factor};
  return {m.prefill, m.measured_prefill_factor};
}

/// Decode of every slot at once, each `depth` tokens deep; per stream.
Rate decode_rate(const Scenario& s, const Placement& placement, const Places& places, Tokens depth,
                 std::uint32_t sequences) {
  const SpeedModel& model = *s.speed;
  const DecodeStep step{depth, sequences, 1};
  const Work work = decode_work(s, places, step);
  const Basis basis = decode_basis(s, places, depth);
  double half_width = basis.support.half_width;
  double seconds = calibrated_s(work, model);
  double tokens = 1;
  double floor_s = decode_floor_s(work);
  if (sequences > 1) {
    half_width = root_of_squares(half_width, model.users_half_width);
    seconds = batched_s(s, placement, step);
  }
  if (s.settings.mtp) {
    const Drafting drafting = draft(s, placement, step, seconds);
    tokens = drafting.tokens_per_step;
    seconds = drafting.seconds;
    floor_s = drafting.floor_s;
    half_width = root_of_squares(half_width, model.mtp_half_width);
  }
  return rate(tokens, seconds * basis.factor, floor_s, half_width, basis.support);
}

Rate scaled(Rate r, double factor) {
  for (double* value : {&r.tok_s, &r.low, &r.high, &r.ceiling_tok_s}) *value *= factor;
  return r;
}

Prompt prompt_of(const Scenario& s) {
  const Tokens pass = s.speed->prompt_pass > 0 ? s.speed->prompt_pass : s.settings.ubatch;
  return {s.settings.prompt, s.settings.depth, pass};
}

void add_prefill(const Scenario& s, const Places& places, Speed& speed) {
  const SpeedModel& model = *s.speed;
  const bool known = std::all_of(s.machine->devices.begin(), s.machine->devices.end(),
                                 [](const Device& d) { return d.matmul_flops.value_or(0) > 0; });
  if (!known) return;
  const double tokens = static_cast<double>(s.settings.prompt);
  const Work work = prefill_work(s, places, prompt_of(s));
  const Basis basis = prefill_basis(s, places);
  speed.prefill = rate(tokens, calibrated_s(work, model) * basis.factor, prefill_floor_s(s, work),
                       basis.support.half_width, basis.support);
  speed.prefill_rests_on = basis.support;
  // The first token comes with the last pass over the prompt and one decode step after it.
  const auto after = [&](double prefill_tok_s, double decode_tok_s) {
    return tokens / prefill_tok_s + 1 / decode_tok_s;
  };
  const Rate& prefill = *speed.prefill;
  const Rate& decode = *speed.decode;
  speed.ttft_s = after(prefill.tok_s, decode.tok_s);
  speed.ttft_low_s = after(prefill.high, decode.high);
  speed.ttft_high_s = after(prefill.low, decode.low);
}

/// Reading the file, and where a device's link is slower than storage, sending it its part: llama.cpp one
/// device after the other, servers to all at once.
void add_load(const Scenario& s, const Places& places, Speed& speed) {
  const double storage = s.speed->storage_bytes_per_s;
  if (storage <= 0) return;
  const Build& build = *s.build;
  const Bytes bytes = build.weights != nullptr ? build.weights->tensor_bytes : build.guide_weights;
  const bool at_once = is_served(s);
  double seconds = static_cast<double>(bytes) / storage;
  for (std::size_t row = 0; row < s.machine->devices.size(); ++row) {
    const double link = s.machine->devices[row].host_link_bytes_per_s.value_or(storage);
    const double part = places.held[row].dense + places.held[row].experts;
    if (link <= 0) continue;
    if (at_once) seconds = std::max(seconds, part / link);
    if (!at_once && link < storage) seconds += part * (1 / link - 1 / storage);
  }
  speed.load_s = seconds;
}

void explain_work(const Scenario& s, const Work& work, double factor, Speed& speed) {
  for (const SpecifiedTime& t : work)
    speed.parts.push_back(speed_part(t, term_factor(*s.speed, t.term, t.row) * factor));
}

/// Of all slots at once.
void explain_decode(const Scenario& s, const Placement& placement, double factor, Speed& speed) {
  const DecodeStep step{s.settings.depth, s.settings.parallel, 1};
  const Work work = batched_work(s, placement, step);
  explain_work(s, work, factor, speed);
  const BatchedTime time = batched_time(s, placement, step);
  if (time.rule != nullptr)
    speed.parts.push_back(
        waiting_part(s.machine->devices.size(), time, calibrated_s(work, *s.speed), factor));
}

}  // namespace

bool speed_is_known(const Scenario& s) {
  const auto& devices = s.machine->devices;
  return s.speed != nullptr && std::all_of(devices.begin(), devices.end(), [](const Device& d) {
           return d.bandwidth_bytes_per_s.has_value() && *d.bandwidth_bytes_per_s > 0;
         });
}

double term_factor(const SpeedModel& model, SpeedTerm term, std::size_t row) {
  const TermFactors& factors = row < model.devices.size() ? model.devices[row] : model.host;
  return factors[static_cast<std::size_t>(term)];
}

double calibrated_s(const Work& work, const SpeedModel& model) {
  double seconds = 0;
  for (const SpecifiedTime& t : work) seconds += t.seconds * term_factor(model, t.term, t.row);
  return seconds;
}

std::optional<Speed> estimate_speed(const Scenario& s, const Placement& placement, Explain explain) {
  if (!speed_is_known(s)) return std::nullopt;
  const Settings& set = s.settings;
  const Places places = places_of(s, placement);
  Speed speed;
  speed.decode = decode_rate(s, placement, places, set.depth, set.parallel);
  speed.decode_rests_on = decode_basis(s, places, set.depth).support;
  // The slots share one cache: with all of them busy each has its part of the context.
  const Tokens filled = std::max(set.depth, set.context / set.parallel);
  speed.decode_at_context = decode_rate(s, placement, places, filled, set.parallel);
  if (set.parallel > 1) speed.decode_all_users = scaled(*speed.decode, set.parallel);
  if (set.mtp) {
    Scenario plain = s;
    plain.settings.mtp = false;
    speed.mtp_gain =
        speed.decode->tok_s / decode_rate(plain, placement, places, set.depth, set.parallel).tok_s;
  }
  add_prefill(s, places, speed);
  add_load(s, places, speed);
  if (explain == Explain::yes) {
    explain_decode(s, placement, decode_basis(s, places, set.depth).factor, speed);
    if (speed.prefill)
      explain_work(s, prefill_work(s, places, prompt_of(s)), prefill_basis(s, places).factor, speed);
  }
  return speed;
}

}  // namespace qwenfit
