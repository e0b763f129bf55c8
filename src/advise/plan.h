#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advise/changes.h"
#include "advise/prices.h"
#include "advise/sweep.h"
#include "advise/trade_offs.h"
#include "query/blueprint.h"

/// `qwenfit plan`: a planned build checked before it is bought.
namespace qwenfit {

enum class Severity : std::uint8_t { error, warning, info };
std::string_view severity_id(Severity severity);

/// What the check of a build found. With an error it does not do what it is planned for.
struct PlanFinding {
  std::string_view code;
  Severity severity = Severity::info;
  std::string pointer;  ///< into the build file
  std::string text;
  std::string fix;            ///< what to do; empty: nothing needs doing
  bool part_is_weak = false;  ///< the part at `pointer` is what the build suffers from
};

/// One part of the price.
struct PricedPart {
  std::string pointer;  ///< into the build file, whether it is there or not
  std::string name;
  std::uint32_t count = 1;
  std::optional<Price> each;  ///< none: not known

  /// Of all of the part.
  std::optional<UsdRange> usd() const;
};

struct PriceCheck {
  std::vector<PricedPart> parts;
  UsdRange known;  ///< of the parts whose price is known
  bool complete = false;
};

enum class SupplyVerdict : std::uint8_t { none, unknown, too_small, tight, enough };
std::string_view supply_verdict_id(SupplyVerdict verdict);

/// What the power supply must give. Of a build of one piece there is nothing to check: `none`.
struct PowerCheck {
  std::uint32_t cards = 0;
  double cards_w = 0, cpu_w = 0, rest_w = 0;
  bool cards_known = true;    ///< else some card's rating is not known and counts as nothing
  bool cpu_known = true;      ///< else the usual
  double needed_w = 0;        ///< for hours
  double headroom_w = 0;      ///< rating that also bears excursions of microseconds, or what is recommended
  double excursion_w = 0;     ///< what the cards may draw for microseconds, with the rest
  double promised_times = 1;  ///< of its rating that the supply bears for so long
  double recommended_w = 0;   ///< for a computer with such cards; 0: not known
  std::optional<double> rated_w;
  SupplyVerdict verdict = SupplyVerdict::none;
};

/// One card and where it sits.
struct SlotCheck {
  std::size_t gpu = 0;  ///< index into Blueprint::gpus
  std::optional<std::size_t> board_slot;
  std::uint32_t width = 0;           ///< slots of the case; 0 not known
  std::uint32_t gen = 0, lanes = 0;  ///< of the slot; 0 not known
  std::uint32_t card_gen = 0, card_lanes = 0;
  bool own_link = false;  ///< the slot is that which stands with the card, not that of the board
};

struct MemoryCheck {
  MemoryInUse use;
  bool full_channels = true;
};

/// The files of the models and where they are kept.
struct StorageCheck {
  std::string name;           ///< in words; the usual one where none is named, empty where that is not known
  Bytes files = 0;            ///< of all workloads, each file once
  bool files_known = true;    ///< else some file's size is not known and counts as nothing
  std::optional<Bytes> size;  ///< as the build file says
};

/// A change of the build or of what is asked, and what really answering it gave.
struct PlanFix {
  std::string_view
      kind;  ///< quant, kv, context, users, channels, faster_ram, more_ram, another_card, other_card
  std::string pointer;  ///< what to change in the file
  std::string words;    ///< the change: `quant q4_k_m instead of q6_k`
  Outcome outcome;
  bool free = true;                      ///< nothing is bought
  bool few_bits = false;                 ///< it runs with fewer than 4 bits then
  std::optional<UsdRange> usd;           ///< more than the build as planned; none: not known
  std::optional<Within> within;          ///< the budget, with it; none without a budget or a known price
  std::optional<double> needs_supply_w;  ///< the supply no longer does: what it must be rated
};

/// The answer for one workload.
struct WorkloadCheck {
  const PlannedWorkload* asked = nullptr;
  std::size_t question = 0;         ///< index into CheckedPlan::questions
  Answer answer;                    ///< with the quant asked for, else the recommended one
  Tokens context = 0;               ///< of one user
  std::optional<Users> most_users;  ///< that have it each, on the devices; none: not counted
  bool fits = false;
  std::string refused;  ///< why it cannot be asked for so many users: the answer is for one; empty: it can
  bool fast_enough = true;
  std::optional<double> tok_s;  ///< of each user with all at work
  std::vector<PlanFix> fixes;   ///< that make it do, the preferred first
  bool met() const { return fits && fast_enough; }
};

/// What has to be changed first; where nothing has, what keeps the worst workload from being better.
struct WeakestPart {
  std::optional<std::size_t> workload;  ///< none: a part by itself
  std::string pointer;
  std::string name;
  std::string reason;
  std::string_view code;  ///< of the finding that says more; empty: none
  std::string change;     ///< the cheapest that fixes it; empty: nothing needs fixing, or nothing is known to
};

/// A build with everything that was found out about it. Owns what the answers point into; not to be copied.
struct CheckedPlan {
  Blueprint build;
  std::deque<Question> questions;
  std::vector<WorkloadCheck> workloads;
  PowerCheck power;
  std::vector<SlotCheck> slots;
  std::optional<MemoryCheck> memory;
  StorageCheck storage;
  PriceCheck price;
  std::vector<PlanFinding> findings;  ///< errors first
  std::optional<WeakestPart> weakest;

  /// Every workload is met and nothing else is an error: exit code 0.
  bool works() const;
  std::size_t met() const;
};

/// Checks a build. Faults are names and values of the file that nothing can be answered for.
std::optional<CheckedPlan> check_plan(const BuildFile& file, Resolver& resolver,
                                      std::vector<BuildFault>& faults);

}  // namespace qwenfit
