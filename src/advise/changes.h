#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "advise/sweep.h"

namespace qwenfit {

/// What most of a token's time is spent on.
enum class SpeedLimit : std::uint8_t { device_bandwidth, ram_bandwidth, fixed_times, links, count };
std::string_view speed_limit_id(SpeedLimit limit);

/// What keeps an answer from being better.
struct Limits {
  bool memory = false;   ///< memory is short, or limits the context
  std::size_t row = 0;   ///< index into Estimate::devices: what is short, else fullest
  SignedBytes free = 0;  ///< of that device or of system RAM
  std::optional<SpeedLimit> speed;
  std::size_t speed_row = 0;  ///< for bandwidths: index into Machine::devices, their number for the host
  double speed_share = 0;     ///< of the time per token
};
Limits limits_of(const Question& question, const Answer& answer);

/// A single thing to do otherwise.
enum class ChangeKind : std::uint8_t {
  smaller_kv,
  half_context,
  smaller_quant,
  headless,
  wired_limit,
  split_by_tensor,
  faster_ram,
  more_ram,
  another_card,
  count
};
std::string_view change_kind_id(ChangeKind kind);
/// It has to be bought.
bool is_hardware(ChangeKind kind);

/// What an answer comes to.
struct Outcome {
  Verdict verdict = Verdict::no_fit;
  std::optional<double> tok_s;
  Tokens max_context = 0;
  Tokens context = 0;
};
Outcome outcome_of(const Answer& answer);

struct Change {
  ChangeKind kind = ChangeKind::smaller_kv;
  std::string option;  ///< what to type: `--kv q8_0`
  Outcome outcome;
};

/// A better verdict; or at the same one at least a tenth more speed; or at no less speed at least a quarter
/// more context. Nothing that makes the context shorter than the one in question.
bool helps(const Outcome& before, const Outcome& after);

/// The change that helps most: the best verdict first, then more speed, then more context; of those that give
/// the same kind of gain, what costs nothing comes before hardware, and where nothing fits, what keeps file,
/// cache and context as asked for before what does not. None helps: none. `free_only`: among those that cost
/// nothing.
std::optional<std::size_t> most_helpful(const Outcome& before, const std::vector<Change>& changes,
                                        bool free_only = false);

}  // namespace qwenfit
