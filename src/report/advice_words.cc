#include "report/advice_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "advise/figures.h"
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

/// The device that was named last: the one that a device more is like.
const Device& named_last(const Machine& machine) {
  return *std::max_element(machine.devices.begin(), machine.devices.end(),
                           [](const Device& a, const Device& b) { return a.named < b.named; });
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
      return fmt::format("another {} ({} once more)", clean(named_last(question.machine).name),
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
  if (after.max_context > before.max_context) {
    const std::string now =
        before.max_context > 0 ? fmt::format(" instead of {}", tokens_at_most(before.max_context)) : "";
    gains.push_back(fmt::format("context up to {}{}", tokens_at_most(after.max_context), now));
  }
  if (after.max_context >= before.max_context) return joined(gains);
  // What stays on the devices has only their room for its context.
  const bool left_ram = before.verdict == Verdict::offload && after.verdict != before.verdict;
  return fmt::format("{}, but the context reaches {} instead of {}{}", joined(gains),
                     tokens_at_most(after.max_context), tokens_at_most(before.max_context),
                     left_ram ? " with system RAM" : "");
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

std::size_t recommended_index(const TradeOffs& t) {
  for (const TradeOffs::Row& row : t.rows) {
    if (row.pick == Pick::recommended) return row.choice;
  }
  return 0;
}

/// What is recommended, and why nothing better is.
struct Choice {
  const Build& build;
  const Estimate& estimate;
  const Merit& merit;
  Grounds grounds;

  bool offload() const { return estimate.verdict == Verdict::offload; }
};

std::string_view published_words(const Choice& c) {
  return c.grounds.unpublished ? " that somebody publishes" : "";
}

/// ` of at most 8 bits`, ` of 4-bit files that somebody publishes`.
std::string files_words(const Choice& c) {
  const bool published = c.grounds.unpublished;
  if (c.offload()) return fmt::format(" of {}-bit files{}", c.build.bits, published_words(c));
  const char* files = published ? " of files" : "";
  const AdviceFigures& figures = advice_figures();
  if (c.build.bits > figures.most_useful_bits) return fmt::format("{}{}", files, published_words(c));
  return fmt::format("{} of {} {} bits{}", files,
                     c.grounds.few_bits ? fmt::format("{} to", figures.least_useful_bits) : "at most",
                     figures.most_useful_bits, published_words(c));
}

/// `4 bits or more`.
std::string enough_bits() {
  return fmt::format("{} bits or more", advice_figures().least_useful_bits);
}

/// What reaches no comfortable speed.
std::string none_words(const Choice& c) {
  const std::string_view spare = c.grounds.tight ? " with memory to spare" : "";
  if (c.offload()) return fmt::format("no {}-bit file{}{}", c.build.bits, published_words(c), spare);
  return fmt::format("no file{}{}{}", has_few_bits(c.merit) ? "" : " of " + enough_bits(), published_words(c),
                     spare);
}

std::string_view spare_words(const Choice& c) {
  return c.grounds.tight ? " with memory to spare" : "";
}

std::string_view ram_words(const Choice& c) {
  return c.offload() ? ", as more bits are slower to read from system RAM" : "";
}

std::string why_words(const Choice& c, Tokens context) {
  if (has_few_bits(c.merit)) return "nothing of " + enough_bits() + " fits as well";
  if (c.grounds.others) {
    return fmt::format("nothing{} is better in quality, context and speed at once", published_words(c));
  }
  if (!is_comfortable(c.merit))
    return fmt::format("{} reaches {:.0f} tok/s, so the fastest of them", none_words(c),
                       advice_figures().comfortable_tok_s);
  return fmt::format("the best quality{} that fits {} of context{}{}{}", files_words(c),
                     tokens_exact(context), spare_words(c), c.merit.tok_s ? " at a comfortable speed" : "",
                     ram_words(c));
}

/// ` With --kv f16 it would be better in quality.`; empty where no other cache is better all round.
std::string better_cache_words(const TradeOffs& t, std::size_t index) {
  const auto better = better_cache(t, index);
  if (!better || !t.choices[index].merit.asked) return "";
  std::vector<std::string> gains;
  if (better->quality) gains.emplace_back("quality");
  if (better->context) gains.emplace_back("context");
  if (better->speed) gains.emplace_back("speed");
  const Answer& other = *better->choice->answer;
  const Build& build = *other.build;
  const Build& own = *t.choices[index].answer->build;
  const bool same = same_build(build, own);
  const std::string unpublished = build.obtainable ? "" : ", which nobody is known to publish,";
  return fmt::format(" With --kv {} {} would be better in {}, and no worse otherwise.",
                     tensor_type(other.settings.kv_k).id, same ? "it" : clean(build.quant_name) + unpublished,
                     joined(gains));
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
  const Users& users = *advice.users;
  const Settings& asked = advice.about->settings;
  std::string how;
  if (users.count > 1 && users.count != asked.parallel) {
    const bool shared = users.context != asked.context;
    how =
        fmt::format(" (--parallel {}{})", users.count, shared ? fmt::format(" --ctx {}", users.context) : "");
  }
  return fmt::format("Users at once with {} tokens each: {}{}{}.", tokens_exact(asked.context),
                     users.at_least ? "at least " : "", users.count, how);
}

std::string best_rule(std::span<const Answer* const> answers, const Answer& best) {
  std::vector<Merit> merits;
  std::size_t index = 0;
  for (const Answer* a : answers) {
    if (a->estimate.verdict == Verdict::no_fit) continue;
    if (a == &best) index = merits.size();
    const auto& quality = a->build->quality;
    merits.push_back(merit_of(*a->build, a->estimate, a->max_context.tokens,
                              quality ? std::optional(quality->mean_kld) : std::nullopt));
  }
  const Grounds grounds = grounds_of(merits, index);
  const Choice choice{*best.build, best.estimate, merits[index], grounds};
  const std::string few =
      has_few_bits(merits[index]) || best.estimate.verdict != Verdict::offload
          ? fmt::format("; below {} bits only if nothing else fits", advice_figures().least_useful_bits)
          : "";
  if (grounds.others) return "best: nothing better in quality, context and speed at once" + few;
  if (!is_comfortable(merits[index])) {
    return fmt::format("best: the fastest, as {} reaches {:.0f} tok/s{}", none_words(choice),
                       advice_figures().comfortable_tok_s, few);
  }
  const bool fast = merits[index].tok_s.has_value();
  return fmt::format("best: best quality{} that fits{}{}{}{}", files_words(choice), spare_words(choice),
                     fast ? fmt::format(" at {:.0f} tok/s or more", advice_figures().comfortable_tok_s) : "",
                     ram_words(choice), few);
}

std::string reason_sentence(const TradeOffs& t) {
  const std::size_t index = recommended_index(t);
  const TradeOff& star = t.choices[index];
  std::vector<Merit> merits;
  for (const TradeOff& choice : t.choices) merits.push_back(choice.merit);
  const Choice choice{*star.answer->build, star.answer->estimate, star.merit, grounds_of(merits, index)};
  std::string name = clean(star.answer->build->quant_name);
  if (!star.merit.asked) {
    name += fmt::format(" with --kv {}, as nothing fits with the cache asked for",
                        tensor_type(star.answer->settings.kv_k).id);
  }
  return name + ": " + why_words(choice, star.answer->settings.context) + "." + better_cache_words(t, index);
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

std::string other_runtime_sentence(const OtherRuntime& other) {
  return fmt::format("{} runs {} here{}{}: --runtime {}{}", clean(other.name), clean(other.quant_name),
                     other.in_ram ? " with help from system RAM" : "",
                     other.decode ? fmt::format(" at {} tok/s", rate_point(other.decode)) : "", other.id,
                     other.without_quant ? " without --quant" : "");
}

Grid trade_off_grid(const Question& question, const TradeOffs& t) {
  Grid grid;
  if (t.rows.size() < 2) return grid;
  grid.columns = {
      {.title = "quant", .rank = 0},
      {.title = "KV", .rank = 0},
      {.title = "loss", .unit = "KLD", .right = true, .rank = 2},
      {.title = "reads as", .rank = 3},
      {.title = "max ctx", .unit = "tokens", .right = true, .rank = 0},
      {.title = "tok/s", .unit = decode_point(t.choices.front().answer->settings), .right = true, .rank = 0},
      {.title = "verdict", .rank = 1}};
  for (const TradeOffs::Row& row : t.rows) {
    const TradeOff& choice = t.choices[row.choice];
    const Settings& s = choice.answer->settings;
    std::string kv(tensor_type(s.kv_k).id);
    if (s.kv_v != s.kv_k) kv += fmt::format("/{}", tensor_type(s.kv_v).id);
    grid.rows.push_back({{clean(choice.answer->build->quant_name)},
                         {kv},
                         {kld_cell(choice.quality)},
                         {quality_cell(choice.quality)},
                         {max_context_cell(question, *choice.answer)},
                         {choice.merit.tok_s ? estimated(*choice.merit.tok_s) : std::string(kUnknown)},
                         {verdict_words(*choice.answer), verdict_paint(choice.answer->estimate.verdict)}});
    grid.marked.push_back(row.pick == Pick::recommended);
  }
  return grid;
}

void print_trade_offs(std::ostream& out, const Question& question, const TradeOffs& t, const Style& style) {
  const Grid grid = trade_off_grid(question, t);
  if (grid.rows.empty()) return;
  out << "\nTrade-offs: quality, context, speed\n\n";
  print_grid(out, grid, style);
  out << wrapped("* " + reason_sentence(t), screen_width(style), 2);
}

}  // namespace qwenfit
