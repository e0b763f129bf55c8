#include "report/speed_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/format.h"

namespace qwenfit {
namespace {

constexpr const char* kNoSpeed = "-";

}  // namespace

const Speed* shown_speed(const Answer& answer) {
  const Estimate& e = answer.estimate;
  return e.verdict != Verdict::no_fit && e.speed ? &*e.speed : nullptr;
}

bool any_speed(const std::vector<const Answer*>& answers) {
  return std::any_of(answers.begin(), answers.end(), [](const Answer* a) {
    const Speed* speed = shown_speed(*a);
    return speed != nullptr && speed->decode.has_value();
  });
}

std::string rate_cell(const std::optional<Rate>& rate) {
  if (!rate) return kNoSpeed;
  return fmt::format("{} ({}-{})", estimated(rate->tok_s), estimated(rate->low), estimated(rate->high));
}

std::string rate_point(const std::optional<Rate>& rate) {
  return rate ? estimated(rate->tok_s) : kNoSpeed;
}

std::string seconds_cell(const std::optional<double>& seconds) {
  return seconds ? estimated(*seconds) : kNoSpeed;
}

std::string decode_point(const Settings& settings) {
  if (settings.parallel > 1) return "per user";
  return settings.depth == 0 ? "short ctx" : "at " + tokens_exact(settings.depth);
}

std::string context_title(const std::vector<const Answer*>& answers) {
  const bool same = std::all_of(answers.begin(), answers.end(), [&](const Answer* a) {
    return a->settings.context == answers.front()->settings.context;
  });
  return same && !answers.empty() ? "at " + tokens_exact(answers.front()->settings.context) : "at ctx";
}

std::string prompt_words(const Settings& settings) {
  return tokens_exact(settings.prompt) + " prompt";
}

std::string_view decode_feel(const Speed& speed, std::span<const SpeedWordsRow> words) {
  if (!speed.decode) return "";
  const SpeedWordsRow* found = nullptr;
  for (const SpeedWordsRow& row : words) {
    const bool reached = row.phase == SpeedPhase::decode && row.least_tok_s <= speed.decode->tok_s;
    if (reached && (found == nullptr || row.least_tok_s > found->least_tok_s)) found = &row;
  }
  return found == nullptr ? std::string_view() : found->words;
}

}  // namespace qwenfit
