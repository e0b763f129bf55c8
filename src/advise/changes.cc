#include "advise/changes.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "speed/speed.h"

namespace qwenfit {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(SpeedLimit::count)> kSpeedLimits = {
    "device_bandwidth", "ram_bandwidth", "fixed_times", "links"};
constexpr std::array<std::string_view, static_cast<std::size_t>(ChangeKind::count)> kChangeKinds = {
    "smaller_kv",      "half_context", "smaller_quant", "headless",    "wired_limit",
    "split_by_tensor", "faster_ram",   "more_ram",      "another_card"};

/// Gains below these are not worth a change.
constexpr double kSpeedGain = 1.1;
constexpr double kSameSpeed = 0.97;
constexpr double kContextGain = 1.25;

SpeedLimit limit_of(const SpeedPart& part, std::size_t host) {
  switch (part.term) {
    case SpeedTerm::weights:
    case SpeedTerm::state:
    case SpeedTerm::kv:
      return part.row == host ? SpeedLimit::ram_bandwidth : SpeedLimit::device_bandwidth;
    case SpeedTerm::host_weights:
    case SpeedTerm::host_experts:
      return SpeedLimit::ram_bandwidth;
    case SpeedTerm::all_reduce:
    case SpeedTerm::exchange:
    case SpeedTerm::hop:
    case SpeedTerm::host_cache:
      return SpeedLimit::links;
    default:
      return SpeedLimit::fixed_times;
  }
}

/// Times of a token by what they are spent on; of bandwidths the device that takes longest.
void find_speed_limit(const Question& question, const Answer& answer, Limits& limits) {
  const Scenario scenario = scenario_of(question, answer);
  const auto speed = estimate_speed(scenario, answer.estimate.placement, Explain::yes);
  if (!speed || !speed->decode) return;
  const std::size_t host = question.machine.devices.size();
  std::array<double, static_cast<std::size_t>(SpeedLimit::count)> seconds{};
  std::vector<double> by_row(host + 1);
  double all = 0;
  for (const SpeedPart& part : speed->parts) {
    if (speed_phase(part.term) != SpeedPhase::decode) continue;
    const SpeedLimit limit = limit_of(part, host);
    seconds[static_cast<std::size_t>(limit)] += part.seconds();
    all += part.seconds();
    if (limit == SpeedLimit::device_bandwidth) by_row[std::min(part.row, host)] += part.seconds();
  }
  if (all <= 0) return;
  const auto most = std::max_element(seconds.begin(), seconds.end());
  limits.speed = static_cast<SpeedLimit>(most - seconds.begin());
  limits.speed_share = *most / all;
  limits.speed_row =
      *limits.speed == SpeedLimit::device_bandwidth
          ? static_cast<std::size_t>(std::max_element(by_row.begin(), by_row.end()) - by_row.begin())
          : host;
}

/// What is lost of what was asked for: nothing, next to nothing, or some.
int loss_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::smaller_kv:
      return 1;
    case ChangeKind::half_context:
    case ChangeKind::smaller_quant:
      return 2;
    default:
      return 0;
  }
}

/// 2: more speed, 1: more context, 0: neither.
int gain(const Outcome& before, const Outcome& after) {
  if (before.tok_s && after.tok_s) {
    if (*after.tok_s >= *before.tok_s * kSpeedGain) return 2;
    if (*after.tok_s < *before.tok_s * kSameSpeed) return 0;
  }
  const auto grown =
      static_cast<double>(after.max_context) >= static_cast<double>(before.max_context) * kContextGain;
  return grown && after.max_context > before.max_context ? 1 : 0;
}

}  // namespace

std::string_view speed_limit_id(SpeedLimit limit) {
  return kSpeedLimits[static_cast<std::size_t>(limit)];
}

std::string_view change_kind_id(ChangeKind kind) {
  return kChangeKinds[static_cast<std::size_t>(kind)];
}

bool is_hardware(ChangeKind kind) {
  return kind == ChangeKind::faster_ram || kind == ChangeKind::more_ram || kind == ChangeKind::another_card;
}

Limits limits_of(const Question& question, const Answer& answer) {
  Limits limits;
  const Estimate& e = answer.estimate;
  const auto free = [&](std::size_t row) { return e.devices[row].free(); };
  std::optional<std::size_t> fullest;
  for (std::size_t row = 0; row < e.devices.size(); ++row) {
    // System RAM limits where it is short, or where there is nothing else.
    const bool host = row + 1 == e.devices.size() && e.devices.size() > 1;
    if (!free(row) || !e.devices[row].in_use || (host && *free(row) >= 0)) continue;
    if (!fullest || *free(row) < *free(*fullest)) fullest = row;
  }
  const bool full_context = answer.max_context.limited_by == ContextLimit::model;
  if (fullest) {
    limits.row = *fullest;
    limits.free = *free(*fullest);
    limits.memory = limits.free < 0 || e.verdict == Verdict::offload || !full_context;
  }
  if (!e.guide_only && e.verdict != Verdict::no_fit) find_speed_limit(question, answer, limits);
  return limits;
}

Outcome outcome_of(const Answer& answer) {
  const Estimate& e = answer.estimate;
  std::optional<double> tok_s;
  if (e.speed && e.speed->decode) tok_s = e.speed->decode->tok_s;
  return {e.verdict, tok_s, answer.max_context.tokens, answer.settings.context};
}

bool helps(const Outcome& before, const Outcome& after) {
  if (after.max_context < std::min(before.max_context, before.context)) return false;
  if (after.verdict != before.verdict) return after.verdict < before.verdict;
  return after.verdict != Verdict::no_fit && gain(before, after) > 0;
}

std::optional<std::size_t> most_helpful(const Outcome& before, const std::vector<Change>& changes,
                                        bool free_only) {
  std::optional<std::size_t> best;
  const auto key = [&](const Change& c) {
    const int gained = gain(before, c.outcome);
    const double speed = c.outcome.tok_s.value_or(0);
    return std::tuple(c.outcome.verdict, -gained, is_hardware(c.kind), gained == 2 ? 0 : loss_of(c.kind),
                      gained == 1 ? 0.0 : -speed, -static_cast<double>(c.outcome.max_context), c.kind);
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (!helps(before, changes[i].outcome) || (free_only && is_hardware(changes[i].kind))) continue;
    if (!best || key(changes[i]) < key(changes[*best])) best = i;
  }
  return best;
}

}  // namespace qwenfit
