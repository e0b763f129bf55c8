#include "report/advice_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "report/format.h"
#include "report/grid.h"
#include "report/speed_view.h"
#include "report/words.h"

namespace qwenfit {
namespace {

std::string speed_limit_words(const Question& question, const Limits& limits) {
  const auto& devices = question.machine.devices;
  const std::string share = percent(limits.speed_share);
  switch (*limits.speed) {
    case SpeedLimit::device_bandwidth: {
      const std::string device =
          limits.speed_row < devices.size() ? clean(devices[limits.speed_row].name) : "the device";
      return fmt::format("the memory bandwidth of {} ({} % of a token's time)", device, share);
    }
    case SpeedLimit::ram_bandwidth:
      return fmt::format("the bandwidth of system RAM ({} % of a token's time)", share);
    case SpeedLimit::links:
      return fmt::format("the links of the devices ({} % of a token's time)", share);
    default:
      return fmt::format("fixed times per layer and token ({} % of its time)", share);
  }
}

/// What the change is, with the option that asks for it.
std::string change_words(const Question& question, const Change& change) {
  switch (change.kind) {
    case ChangeKind::smaller_kv:
      return fmt::format("a smaller KV cache ({})", change.option);
    case ChangeKind::half_context:
      return fmt::format("less context ({})", change.option);
    case ChangeKind::smaller_quant:
      return fmt::format("a smaller file ({})", clean(change.option));
    case ChangeKind::headless:
      return fmt::format("no desktop on the GPU ({})", change.option);
    case ChangeKind::wired_limit:
      return fmt::format("a higher Metal limit ({})", change.option);
    case ChangeKind::split_by_tensor:
      return fmt::format("every layer on all cards at once, experimental ({})", change.option);
    case ChangeKind::faster_ram:
      return fmt::format("faster system RAM ({})", change.option);
    case ChangeKind::more_ram:
      return fmt::format("{}system RAM ({})", question.machine.host.capacity ? "more " : "", change.option);
    default:
      return fmt::format("another {} ({} once more)", clean(question.machine.devices.back().name),
                         clean(change.option));
  }
}

std::string_view verdict_outcome(Verdict verdict) {
  switch (verdict) {
    case Verdict::fits:
      return "it fits";
    case Verdict::tight:
      return "it just fits";
    case Verdict::offload:
      return "it runs with a part in system RAM";
    case Verdict::no_fit:
      break;
  }
  return "it still does not fit";
}

/// What changes by it: the verdict where it is another, the speed, the context.
std::string outcome_words(const Outcome& before, const Outcome& after) {
  std::vector<std::string> gains;
  if (after.verdict != before.verdict) gains.emplace_back(verdict_outcome(after.verdict));
  if (after.tok_s) {
    const std::string now = before.tok_s ? fmt::format(" instead of {}", estimated(*before.tok_s)) : "";
    const bool same = before.tok_s && estimated(*before.tok_s) == estimated(*after.tok_s);
    if (!same) gains.push_back(fmt::format("{}{} tok/s", estimated(*after.tok_s), now));
  }
  if (after.max_context != before.max_context) {
    const std::string now =
        before.max_context > 0 ? fmt::format(" instead of {}", tokens_at_most(before.max_context)) : "";
    gains.push_back(fmt::format("context up to {}{}", tokens_at_most(after.max_context), now));
  }
  return joined(gains);
}

/// The next larger build and what it lacks.
std::string larger_words(const Question& question, const ModelAnswers& group, const Answer& about) {
  if (&about == group.begin) return "";
  const Answer& larger = *(&about - 1);
  const DeviceMemory* place = shortest(larger.estimate);
  const WeightTable* weights = larger.build->weights;
  const WeightTable* own = about.build->weights;
  // Builds of several formats come one format after the other.
  if (place == nullptr || weights == nullptr || own == nullptr || weights->tensor_bytes <= own->tensor_bytes)
    return "";
  const bool only_one = question.machine.devices.size() <= 1 && place->kind != DeviceKind::host;
  const std::string where = only_one ? "" : " " + clean(at_place(question.machine, *place));
  return fmt::format("the next larger, {}, is short by {} GiB{}", clean(larger.build->quant_name),
                     short_gib(*place->free()), where);
}

const TradeOff& recommended_choice(const TradeOffs& t) {
  for (const TradeOffs::Row& row : t.rows) {
    if (row.pick == Pick::recommended) return t.choices[row.choice];
  }
  return t.choices.front();
}

}  // namespace

std::string limits_sentence(const Question& question, const ModelAnswers& group, const ModelAdvice& advice) {
  const Limits& limits = advice.limits;
  const Answer& about = *advice.about;
  std::vector<std::string> parts;
  if (limits.memory) {
    const DeviceMemory& place = about.estimate.devices[limits.row];
    const std::string name = clean(place_name(question.machine, place));
    const std::string larger = limits.free < 0 ? "" : larger_words(question, group, about);
    const std::string why = limits.free < 0 ? fmt::format("short by {} GiB", short_gib(limits.free)) : larger;
    parts.push_back((place.kind == DeviceKind::host ? "the size of " : "the memory of ") + name +
                    (why.empty() ? "" : " (" + why + ")"));
  }
  if (limits.speed) parts.push_back("for speed by " + speed_limit_words(question, limits));
  if (parts.empty()) return "";
  if (!limits.memory) return "Speed is limited by " + speed_limit_words(question, limits) + ".";
  return "Limited by " + (parts.size() == 2 ? parts[0] + "; " + parts[1] : parts[0]) + ".";
}

std::vector<std::string> change_sentences(const Question& question, const ModelAdvice& advice) {
  std::vector<std::string> sentences;
  const Outcome before = outcome_of(*advice.about);
  const auto say = [&](const char* lead, std::size_t index) {
    const Change& change = advice.changes[index];
    sentences.push_back(fmt::format("{}{}: {}.", lead, change_words(question, change),
                                    outcome_words(before, change.outcome)));
  };
  if (!advice.most_helpful) return sentences;
  say("Would help most: ", *advice.most_helpful);
  if (advice.most_helpful_free && *advice.most_helpful_free != *advice.most_helpful)
    say("Without buying: ", *advice.most_helpful_free);
  return sentences;
}

std::string users_sentence(const ModelAdvice& advice) {
  if (!advice.users || advice.users->count == 0) return "";
  const Answer& about = *advice.about;
  return fmt::format("Users at once with {} tokens each: {}{}.", tokens_exact(about.settings.context),
                     advice.users->at_least ? "at least " : "", advice.users->count);
}

std::string reason_sentence(const TradeOffs& t) {
  const TradeOff& choice = recommended_choice(t);
  const Estimate& e = choice.answer.estimate;
  const std::string name = clean(choice.answer.build->quant_name);
  const bool asked_fits = std::any_of(t.choices.begin(), t.choices.end(),
                                      [](const TradeOff& other) { return other.merit.asked; });
  if (asked_fits && !choice.merit.asked) {
    return fmt::format("{} with --kv {}: better in quality, context and speed than with the cache asked for.",
                       name, tensor_type(choice.answer.settings.kv_k).id);
  }
  if (choice.merit.tier[0] % 2 == 1) return name + ": nothing of 4 bits or more fits as well.";
  if (e.verdict == Verdict::offload)
    return name +
           ": fewest bits from 4 on, as nothing of 4 bits fits on the devices and system RAM is slow to "
           "read.";
  if (!is_comfortable(choice.merit))
    return fmt::format("{}: nothing reaches {:.0f} tok/s, so the fastest of 4 bits or more.", name,
                       kComfortableTokS);
  const char* speed = choice.merit.tok_s ? " at a comfortable speed" : "";
  return fmt::format("{}: the best quality{} that fits {} of context{}.", name,
                     choice.answer.build->bits <= 8 ? " (8 bits at most)" : "",
                     tokens_exact(choice.answer.settings.context), speed);
}

std::string kld_words(double mean_kld) {
  constexpr int kMostDigits = 6;
  if (mean_kld <= 0) return "0";
  const int digits = std::max(0, 1 - static_cast<int>(std::floor(std::log10(mean_kld))));
  return fmt::format("{:.{}f}", mean_kld, std::min(digits, kMostDigits));
}

std::string kld_cell(const std::optional<Quality>& quality) {
  return quality ? kld_words(quality->mean_kld) : std::string(kUnknown);
}

std::string quality_cell(const std::optional<Quality>& quality) {
  return quality ? clean(quality->words) : std::string(kUnknown);
}

void print_trade_offs(std::ostream& out, const Question& question, const TradeOffs& t, const Style& style) {
  if (t.rows.size() < 2) return;
  Grid grid;
  grid.columns = {
      {.title = "quant", .rank = 0},
      {.title = "KV", .rank = 0},
      {.title = "loss", .unit = "KLD", .right = true, .rank = 2},
      {.title = "reads as", .rank = 3},
      {.title = "max ctx", .unit = "tokens", .right = true, .rank = 0},
      {.title = "tok/s", .unit = decode_point(t.choices.front().answer.settings), .right = true, .rank = 0},
      {.title = "verdict", .rank = 1}};
  for (const TradeOffs::Row& row : t.rows) {
    const TradeOff& choice = t.choices[row.choice];
    const Settings& s = choice.answer.settings;
    std::string kv(tensor_type(s.kv_k).id);
    if (s.kv_v != s.kv_k) kv += fmt::format("/{}", tensor_type(s.kv_v).id);
    grid.rows.push_back({{clean(choice.answer.build->quant_name)},
                         {kv},
                         {kld_cell(choice.quality)},
                         {quality_cell(choice.quality)},
                         {max_context_cell(question, choice.answer)},
                         {choice.merit.tok_s ? estimated(*choice.merit.tok_s) : std::string(kUnknown)},
                         {verdict_words(choice.answer), verdict_paint(choice.answer.estimate.verdict)}});
    grid.marked.push_back(row.pick == Pick::recommended);
  }
  out << "\nTrade-offs: quality, context, speed\n\n";
  print_grid(out, grid, style);
  out << wrapped("* " + reason_sentence(t), screen_width(style), 2);
}

}  // namespace qwenfit
