#include "report/speed_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/format.h"
#include "report/speed_view.h"

namespace qwenfit {
namespace {

/// `1 row`, `12 rows`.
std::string counted(std::uint32_t count, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(count), noun, count == 1 ? "" : "s");
}

struct Measurements {
  std::string some;  ///< `34 measurements`, `measurements` where their number is not known
  std::string by;    ///< ` by 5 sources`
};

Measurements measurements(const SpeedSupport* support) {
  if (support == nullptr || support->rows == 0) return {"measurements", ""};
  return {counted(support->rows, "measurement"),
          support->sources == 0 ? "" : " by " + counted(support->sources, "source")};
}

std::string this_hardware(const Machine& machine) {
  if (machine.devices.empty()) return "this processor";
  if (machine.devices.front().kind == DeviceKind::unified) return "this chip";
  return machine.devices.size() > 1 ? "these cards" : "this card";
}

/// `36 tok/s (31-41) per user and 121 (104-140) for all 4 together, as fast as you read`.
std::string decode_words(const Speed& speed, const Settings& settings, std::string_view feel) {
  const Rate& rate = *speed.decode;
  std::string text =
      fmt::format("{} tok/s ({}-{})", estimated(rate.tok_s), estimated(rate.low), estimated(rate.high));
  if (settings.parallel > 1) text += " per user";
  if (speed.decode_all_users) {
    text += fmt::format(" and {} for all {} together", rate_cell(speed.decode_all_users), settings.parallel);
  }
  if (settings.depth > 0) text += fmt::format(" at {} tokens in context", tokens_exact(settings.depth));
  if (!feel.empty()) text += ", " + clean(feel);
  return text;
}

std::string first_token_words(const Speed& speed, const Settings& settings) {
  if (!speed.ttft_s) return "";
  const std::string time = speed.ttft_low_s && speed.ttft_high_s
                               ? duration(*speed.ttft_s, *speed.ttft_low_s, *speed.ttft_high_s)
                               : duration(*speed.ttft_s);
  return fmt::format("the first token of a {} takes {}", prompt_words(settings), time);
}

std::string load_words(const Speed& speed, const SpeedModel* model) {
  if (!speed.load_s) return "";
  const std::string from =
      model == nullptr || model->storage_name.empty() ? "" : " from " + clean(model->storage_name);
  return fmt::format("loading takes {}{}", duration(*speed.load_s), from);
}

std::string gain_words(const Speed& speed, const SpeedModel* model) {
  if (!speed.mtp_gain) return "";
  const char* effect =
      *speed.mtp_gain >= 1 ? "makes decode {} times as fast" : "slows decode to {} of the speed without";
  return drafting_words(model) + " " + fmt::format(fmt::runtime(effect), three_digits(*speed.mtp_gain));
}

}  // namespace

std::string drafting_words(const SpeedModel* model) {
  if (model == nullptr || model->draft_tokens == 0) return "MTP drafting";
  return fmt::format("MTP drafting ({}, {} % accepted)", counted(model->draft_tokens, "token"),
                     percent(model->draft_acceptance));
}

std::string measured_words(const MeasuredSpeed& measured) {
  const std::string low = three_digits(measured.low_tok_s);
  const std::string high = three_digits(measured.high_tok_s);
  return fmt::format("{} by {}, {} tok/s", counted(measured.rows, "row"), counted(measured.sources, "source"),
                     low == high ? low : low + "-" + high);
}

std::string rests_on_words(const Machine& machine, SpeedBasis basis, const SpeedModel* model,
                           const SpeedSupport* support, const MeasuredSpeed* measured) {
  const std::string hardware = this_hardware(machine);
  const auto [some, by] = measurements(support);
  const std::string combination =
      measured == nullptr
          ? ""
          : "easured on this hardware, quant and shape of model: " + measured_words(*measured);
  const std::string also = combination.empty() ? "" : "; m" + combination;
  if (model != nullptr && model->own_measurement) return "Calibrated with your own measurements" + also;
  switch (basis) {
    case SpeedBasis::measured:
      return combination.empty() ? "Estimated from measurements of this very combination" : "M" + combination;
    case SpeedBasis::device:
      return fmt::format("Estimated from {} of {}{}{}", some, hardware, by, also);
    case SpeedBasis::architecture:
      return fmt::format(
          "No measurements of {}: estimated from {} of its architecture{}, so the range is wide{}", hardware,
          some, by, also);
    case SpeedBasis::backend:
      return fmt::format(
          "No measurements of {} or its architecture: estimated from {} of other hardware{}, so the range is "
          "wide{}",
          hardware, some, by, also);
    case SpeedBasis::ceiling:
    case SpeedBasis::count:
      break;
  }
  return "No measurements: estimated from specified figures alone, so the range is wide" + also;
}

std::string speed_sentence(const Question& question, const Answer& answer,
                           std::span<const SpeedWordsRow> words) {
  const Speed* speed = shown_speed(answer);
  if (speed == nullptr || !speed->decode) return "";
  const SpeedModel* model = answer.speed;
  const Settings& s = answer.settings;
  std::vector<std::string> parts = {decode_words(*speed, s, decode_feel(*speed, words))};
  if (speed->decode_at_context && s.context > s.depth) {
    parts.push_back(fmt::format("{} with the context of {} full", rate_cell(speed->decode_at_context),
                                tokens_exact(s.context)));
  }
  parts.push_back(first_token_words(*speed, s));
  parts.push_back(load_words(*speed, model));
  parts.push_back(gain_words(*speed, model));
  std::erase(parts, std::string());
  std::string text = "Speed: ";
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i > 0 ? "; " : "") + parts[i];
  const bool rests_on_rows =
      model != nullptr && model->measured_decode && speed->decode->basis == SpeedBasis::measured;
  const MeasuredSpeed* measured = rests_on_rows ? &*model->measured_decode : nullptr;
  return text + ". " +
         rests_on_words(question.machine, speed->decode->basis, model, &speed->decode_rests_on, measured) +
         ".";
}

}  // namespace qwenfit
