#include "report/explain_speed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "report/explain_lines.h"
#include "report/format.h"
#include "report/speed_view.h"
#include "report/speed_words.h"

namespace qwenfit {
namespace {

/// Smaller shares of a step than this are rounding, not time that is missing.
constexpr double kRoundingShare = 1e-6;

std::string ms(double seconds) {
  const double value = seconds * 1e3;
  if (!std::isfinite(value)) return std::string(kUnknown);
  if (value > 0 && value < 0.0005) return "<0.001";
  if (std::abs(value) >= 1e7) return fmt::format("{:.1e}", value);
  return fmt::format("{:.{}f}", value, std::abs(value) >= 1e4 ? 0 : 3);
}

std::string times_factor(const SpeedPart& part) {
  return fmt::format("{} x {}", ms(part.specified_s), three_digits(part.factor));
}

/// One phase of an answer: its rate and what the calibration knows about it.
struct Phase {
  SpeedPhase phase = SpeedPhase::decode;
  const Rate* rate = nullptr;
  const SpeedSupport* support = nullptr;
  const MeasuredSpeed* measured = nullptr;
};

Phase phase_of(const Answer& answer, SpeedPhase phase) {
  const Speed& speed = *answer.estimate.speed;
  const SpeedModel* model = answer.speed;
  const bool decode = phase == SpeedPhase::decode;
  const std::optional<Rate>& rate = decode ? speed.decode : speed.prefill;
  Phase p{phase, rate ? &*rate : nullptr, nullptr, nullptr};
  p.support = decode ? &speed.decode_rests_on : &speed.prefill_rests_on;
  if (model == nullptr) return p;
  const std::optional<MeasuredSpeed>& measured = decode ? model->measured_decode : model->measured_prefill;
  const bool rests_on_rows = measured && rate && rate->basis == SpeedBasis::measured;
  p.measured = rests_on_rows ? &*measured : nullptr;
  return p;
}

/// Tokens that one step of a phase is worth.
double tokens_of(const Answer& answer, SpeedPhase phase) {
  return phase == SpeedPhase::decode ? 1 : static_cast<double>(answer.settings.prompt);
}

std::string row_name(const Machine& machine, std::size_t row) {
  if (row >= machine.devices.size())
    return machine.devices.empty() ? "system RAM" : "system RAM, and all together";
  const std::string name = clean(machine.devices[row].name);
  return machine.devices.size() > 1 ? fmt::format("{} (GPU {})", name, row) : name;
}

void print_parts(std::ostream& out, const Question& question, const Rate& rate, const PhaseParts& phase,
                 std::size_t width) {
  const bool places = std::any_of(phase.parts.begin(), phase.parts.end(), [&](const SpeedPart* part) {
    return part->row != phase.parts.front()->row;
  });
  const SpeedPart* before = nullptr;
  for (const SpeedPart* part : phase.parts) {
    if (places && (before == nullptr || before->row != part->row))
      out << wrapped("  " + row_name(question.machine, part->row), width, 4);
    before = part;
    print_amount(out, clean(part->label), 4, times_factor(*part), ms(part->seconds()), width);
    print_derivation(out, "=", part->formula, width);
    print_derivation(out, "=", part->inputs, width);
  }
  if (phase.parts.empty()) return;
  if (std::abs(phase.unaccounted_s) > kRoundingShare * phase.total_s) {
    const bool held = phase.unaccounted_s > 0 && rate.ceiling_tok_s > 0 && rate.tok_s >= rate.ceiling_tok_s;
    print_amount(out, held ? "held back by the ceiling" : "not accounted for", 4, "", ms(phase.unaccounted_s),
                 width);
  }
  print_amount(out, "total", 2, "", ms(phase.total_s), width);
}

/// How the total becomes the rate.
std::string rate_line(const Answer& answer, const Phase& phase, const PhaseParts& parts) {
  const double tokens = tokens_of(answer, phase.phase);
  std::string text =
      fmt::format("{} {} / {} ms = {} tok/s", grouped(static_cast<std::uint64_t>(tokens)),
                  tokens == 1 ? "token" : "tokens", ms(parts.total_s), three_digits(tokens / parts.total_s));
  const std::optional<double>& gain = answer.estimate.speed->mtp_gain;
  if (phase.phase == SpeedPhase::decode && gain) {
    text += fmt::format("; with {} times {} = {} tok/s", drafting_words(answer.speed), three_digits(*gain),
                        three_digits(phase.rate->tok_s));
  }
  return text;
}

/// Name and bandwidth of every device; RAM where a part lies there.
std::string specified_figures(const Machine& machine, const PhaseParts& parts, SpeedPhase phase) {
  std::vector<std::string> figures;
  for (const DeviceGroup& group : device_groups(machine)) {
    const Device& d = *group.device;
    const std::string name = (group.count > 1 ? fmt::format("{}x ", group.count) : "") + clean(d.name);
    if (phase == SpeedPhase::decode && d.bandwidth_bytes_per_s)
      figures.push_back(
          fmt::format("{} {} GB/s", name, three_digits(static_cast<double>(*d.bandwidth_bytes_per_s) / 1e9)));
    if (phase == SpeedPhase::prefill && d.peak_flops)
      figures.push_back(fmt::format("{} {} TFLOPS", name, three_digits(*d.peak_flops / 1e12)));
  }
  const bool ram = std::any_of(parts.parts.begin(), parts.parts.end(),
                               [&](const SpeedPart* part) { return part->row >= machine.devices.size(); });
  if (ram && machine.host.bandwidth_bytes_per_s > 0) {
    figures.push_back(fmt::format("system RAM {} GB/s{}",
                                  three_digits(machine.host.bandwidth_bytes_per_s / 1e9),
                                  machine.host.bandwidth_assumed ? " (assumed)" : ""));
  }
  return figures.empty() ? "" : " (" + joined(figures) + ")";
}

std::string ceiling_line(const Question& question, const Phase& phase, const PhaseParts& parts) {
  if (phase.rate->ceiling_tok_s <= 0) return "ceiling: unknown, as the specified figures are not known";
  const char* what = phase.phase == SpeedPhase::decode
                         ? "the bytes of a token over the specified bandwidth"
                         : "the arithmetic of the prompt over the highest specified rate";
  return fmt::format("ceiling {} tok/s: {}{} and no time for anything else; no estimate exceeds it",
                     three_digits(phase.rate->ceiling_tok_s), what,
                     specified_figures(question.machine, parts, phase.phase));
}

std::string interval_line(const Answer& answer, const Phase& phase) {
  const Rate& rate = *phase.rate;
  std::string text = fmt::format("range {}-{} tok/s holds {} % of measured speeds", three_digits(rate.low),
                                 three_digits(rate.high), percent(rate.coverage));
  const SpeedModel* model = answer.speed;
  if (model == nullptr || phase.support == nullptr) return text;
  std::string widths = fmt::format("+-{} of ln(tok/s)", three_digits(phase.support->half_width));
  const bool decode = phase.phase == SpeedPhase::decode;
  if (decode && answer.settings.parallel > 1 && model->users_half_width > 0)
    widths += fmt::format(", {} for several users", three_digits(model->users_half_width));
  if (decode && answer.settings.mtp && model->mtp_half_width > 0)
    widths += fmt::format(", {} for drafting", three_digits(model->mtp_half_width));
  return fmt::format("{}; {}{}", text, widths,
                     widths.find(',') == std::string::npos ? "" : " (root of the sum of squares)");
}

std::string basis_line(const Question& question, const Answer& answer, const Phase& phase) {
  const Rate& rate = *phase.rate;
  std::string text =
      rests_on_words(question.machine, rate.basis, answer.speed, phase.support, phase.measured);
  text += fmt::format(" (basis {}", speed_basis_id(rate.basis));
  if (phase.support != nullptr && phase.support->rows > 0) {
    text += fmt::format("; rows: {}, clusters: {}, sources: {}", grouped(phase.support->rows),
                        grouped(phase.support->clusters), grouped(phase.support->sources));
  }
  return text + ")";
}

void print_measured(std::ostream& out, const Phase& phase, std::size_t width) {
  if (phase.measured == nullptr) return;
  const MeasuredSpeed& m = *phase.measured;
  const char* what = phase.phase == SpeedPhase::decode ? "tokens in context" : "tokens of prompt";
  const std::string depths = m.least_depth == m.most_depth
                                 ? tokens_exact(m.most_depth)
                                 : tokens_exact(m.least_depth) + " to " + tokens_exact(m.most_depth);
  out << wrapped(fmt::format("  measured: {} at {} {}", measured_words(m), depths, what), width, 4);
  for (const std::string_view url : m.urls) out << wrapped("    " + clean(url), width, 4);
}

void print_phase(std::ostream& out, const Question& question, const Answer& answer, SpeedPhase which,
                 std::size_t width) {
  const Phase phase = phase_of(answer, which);
  if (phase.rate == nullptr) return;
  const PhaseParts parts = phase_parts(answer, which);
  out << '\n';
  const std::string step = which == SpeedPhase::decode ? "one token" : "a " + prompt_words(answer.settings);
  const std::string heading = fmt::format("{}, {}", which == SpeedPhase::decode ? "Decode" : "Prefill", step);
  if (parts.parts.empty()) {
    out << wrapped(heading, width);
  } else {
    print_amount(out, heading, 0, "specified x factor", "ms", width);
  }
  print_parts(out, question, *phase.rate, parts, width);
  for (const std::string& line :
       {rate_line(answer, phase, parts), interval_line(answer, phase), basis_line(question, answer, phase),
        ceiling_line(question, phase, parts)}) {
    out << wrapped("  " + line, width, 4);
  }
  print_measured(out, phase, width);
}

}  // namespace

PhaseParts phase_parts(const Answer& answer, SpeedPhase phase) {
  PhaseParts result;
  if (!answer.estimate.speed) return result;
  const Speed& speed = *answer.estimate.speed;
  double sum = 0;
  for (const SpeedPart& part : speed.parts) {
    if (speed_phase(part.term) != phase) continue;
    result.parts.push_back(&part);
    sum += part.seconds();
  }
  const Rate* rate = phase_of(answer, phase).rate;
  if (rate == nullptr) return result;
  const double gain = phase == SpeedPhase::decode ? speed.mtp_gain.value_or(1) : 1;
  result.total_s = gain * tokens_of(answer, phase) / rate->tok_s;
  result.unaccounted_s = result.total_s - sum;
  return result;
}

void print_speed(std::ostream& out, const Question& question, const Answer& answer,
                 std::span<const SpeedWordsRow> words, std::size_t width) {
  if (!answer.estimate.speed) {
    out << "\nSpeed: not estimated\n";
    return;
  }
  print_phase(out, question, answer, SpeedPhase::decode, width);
  print_phase(out, question, answer, SpeedPhase::prefill, width);
  const std::string sentence = speed_sentence(question, answer, words);
  if (!sentence.empty()) out << '\n' << wrapped(sentence, width, 2);
}

}  // namespace qwenfit
