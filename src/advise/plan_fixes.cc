#include <algorithm>
#include <array>
#include <tuple>

#include "advise/figures.h"
#include "advise/merit.h"
#include "advise/plan_parts.h"
#include "advise/plan_swaps.h"
#include "advise/quality.h"
#include "catalog/prices.h"
#include "catalog/segments.h"
#include "query/gpu_spec.h"
#include "query/memory_spec.h"
#include "query/sizes.h"
#include "query/text.h"

namespace qwenfit {
namespace {

constexpr std::array<TensorType, 2> kSmallerCaches = {TensorType::q8_0, TensorType::q4_0};
/// More cards or modules than this is another machine.
constexpr std::uint32_t kMostMoreCards = 3;
/// Takes the memory of desktops: a named processor is one of them, and none is taken for one.
bool is_desktop(const Blueprint& build) {
  return !build.cpu || build.cpu->row == nullptr || build.cpu->row->segment == kDesktopSegment;
}

/// Cards that find no room, or that no driver runs together.
std::size_t card_errors(const Blueprint& build) {
  std::vector<PlanFinding> findings;
  check_slots(build, findings);
  report_drivers(build, findings);
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(), [](const PlanFinding& f) { return f.severity == Severity::error; }));
}

std::string counted(const PlannedGpu& gpu) {
  return (gpu.count > 1 ? std::to_string(gpu.count) + "x " : "") + gpu_name(gpu);
}

/// What fixes are ordered by: see fixes_for.
auto cost_of(const PlanFix& fix) {
  const Within within = fix.within.value_or(Within::surely);
  return std::tuple(!fix.free, within, fix.few_bits, !fix.free && !fix.usd,
                    fix.usd ? fix.usd->middle() : 0.0);
}

/// For fixes of one kind: of equally cheap ones the faster, then that with more context, then by name, then
/// that which needs the smaller supply.
bool is_better_fix(const PlanFix& a, const PlanFix& b) {
  if (cost_of(a) != cost_of(b)) return cost_of(a) < cost_of(b);
  const auto gain = [](const PlanFix& fix) {
    return std::tuple(fix.outcome.tok_s.value_or(0), fix.outcome.max_context);
  };
  if (gain(a) != gain(b)) return gain(a) > gain(b);
  return std::tuple(a.words, a.needs_supply_w) < std::tuple(b.words, b.needs_supply_w);
}

void take_better(std::optional<PlanFix> fix, std::optional<PlanFix>& best) {
  if (fix && (!best || is_better_fix(*fix, *best))) best = std::move(fix);
}

/// Tries one change after the other, each alone, by answering the workload on the changed build.
class Fixer {
 public:
  Fixer(const Blueprint& build, const WorkloadCheck& check, std::size_t index, Resolver& resolver)
      : build_(build),
        check_(check),
        asked_(*check.asked),
        index_(index),
        resolver_(resolver),
        card_errors_(card_errors(build)) {}

  std::vector<PlanFix> find() {
    try_quant();
    try_cache();
    try_context();
    try_users();
    if (build_.is_one_piece()) {
      try_other_device();
    } else {
      try_channels();
      try_faster_ram();
      try_ram();
      if (!build_.is_laptop()) try_another_card();
      if (!build_.is_laptop()) try_other_device();
    }
    std::stable_sort(fixes_.begin(), fixes_.end(),
                     [](const PlanFix& a, const PlanFix& b) { return cost_of(a) < cost_of(b); });
    return std::move(fixes_);
  }

 private:
  /// The change as a fix, if it makes the workload do.
  std::optional<PlanFix> attempt(const Blueprint& build, const PlannedWorkload& workload) {
    if (!may_do(build, workload, resolver_)) return std::nullopt;
    std::deque<Question> questions;
    const auto result = answer_workload(build, workload, resolver_, questions);
    if (!result || !result->met()) return std::nullopt;
    PlanFix fix;
    fix.outcome = outcome_of(result->answer);
    fix.pointer = "/workloads/" + std::to_string(index_);
    fix.few_bits = has_few_bits(*result->answer.build);
    const Build& now = *result->answer.build;
    const Build& before = *check_.answer.build;
    if (workload.quant.empty() && now.quant_id != before.quant_id)
      also_ = ", at " + now.quant_name;
    else
      also_.clear();
    return fix;
  }
  bool add_free(std::string_view kind, const PlannedWorkload& changed, const char* key,
                const std::string& words) {
    auto fix = attempt(build_, changed);
    if (!fix) return false;
    fix->kind = kind;
    fix->pointer += std::string("/") + key;
    fix->words = words + also_;
    fixes_.push_back(std::move(*fix));
    return true;
  }
  PlanFix bought(PlanFix fix, std::string_view kind, std::string pointer, const std::string& words,
                 const Blueprint& changed) const {
    fix.kind = kind;
    fix.pointer = std::move(pointer);
    fix.words = words + also_;
    fix.free = false;
    set_supply(changed, fix);
    set_budget(changed, fix);
    return fix;
  }
  void add_bought(PlanFix fix, std::string_view kind, std::string pointer, const std::string& words,
                  const Blueprint& changed) {
    fixes_.push_back(bought(std::move(fix), kind, std::move(pointer), words, changed));
  }
  /// What the parts with a known price cost then, against the budget.
  void set_budget(const Blueprint& changed, PlanFix& fix) const {
    if (!build_.budget_usd || !fix.usd) return;
    std::vector<PlanFinding> unused;
    const PriceCheck price = check_price(changed, resolver_.catalog().rows().date, unused);
    fix.within = within_budget(price.known, *build_.budget_usd);
  }
  /// A supply that did, and no longer does.
  void set_supply(const Blueprint& changed, PlanFix& fix) const {
    std::vector<PlanFinding> unused;
    const CatalogRows& rows = resolver_.catalog().rows();
    const PowerCheck before = check_power(build_, rows, unused);
    const PowerCheck after = check_power(changed, rows, unused);
    if (after.rated_w && after.verdict < before.verdict) fix.needs_supply_w = after.headroom_w;
  }

  /// Another quant than the one asked for; where none was asked for, one below 4 bits, the largest first.
  void try_quant() {
    PlannedWorkload changed = asked_;
    if (!asked_.quant.empty()) {
      changed.quant.clear();
      std::deque<Question> questions;
      const auto result = answer_workload(build_, changed, resolver_, questions);
      if (!result || !result->met()) return;
      changed.quant = result->answer.build->quant_id;
      add_free("quant", changed, "quant", "quant " + changed.quant + " instead of " + asked_.quant);
      return;
    }
    const Question::Answerable& subject = *check_.answer.subject;
    for (std::size_t i = 0; i < subject.builds.size(); ++i) {
      if (subject.builds[i].bits >= check_.answer.build->bits) continue;
      changed.quant = subject.builds[i].quant_id;
      if (add_free("quant", changed, "quant", "quant " + changed.quant)) return;
    }
  }

  void try_cache() {
    for (const TensorType type : kSmallerCaches) {
      if (bytes_per_value(type) >= bytes_per_value(check_.answer.settings.kv_k)) continue;
      PlannedWorkload changed = asked_;
      changed.kv = tensor_type(type).id;
      if (add_free("kv", changed, "kv", "kv " + changed.kv)) return;
    }
  }

  void try_context() {
    if (asked_.context == "max") return;
    for (Tokens context = check_.context / 2; context >= advice_figures().shortest_context; context /= 2) {
      PlannedWorkload changed = asked_;
      changed.context = std::to_string(context);
      const std::string words =
          "a context of " + changed.context + " instead of " + std::to_string(check_.context);
      if (add_free("context", changed, "context", words)) return;
    }
  }

  /// The most users for whom it does.
  void try_users() {
    std::uint32_t good = 0, bad = asked_.users;
    while (bad - good > 1) {
      const std::uint32_t middle = good + (bad - good) / 2;
      PlannedWorkload changed = asked_;
      changed.users = middle;
      (attempt(build_, changed) ? good : bad) = middle;
    }
    if (good == 0) return;
    PlannedWorkload changed = asked_;
    changed.users = good;
    add_free("users", changed, "users",
             std::to_string(good) + (good == 1 ? " user" : " users") + " instead of " +
                 std::to_string(asked_.users));
  }

  void try_channels() {
    const MemoryInUse use = memory_in_use(build_);
    if (!build_.memory || use.channels == use.available) return;
    Blueprint changed = build_;
    changed.memory->modules = use.available;
    if (auto fix = attempt(changed, asked_))
      add_bought(std::move(*fix), "channels", "/memory/modules",
                 "the same memory as " + std::to_string(use.available) + " modules", changed);
  }

  void try_ram() {
    const auto size = build_.memory ? parse_size(build_.memory->size, "size") : Result<Bytes>(Bytes{0});
    if (!size) return;
    const AdviceFigures& figures = advice_figures();
    const auto of_desktops = larger_ram(figures.desktop_ram, *size);
    if (try_totals(of_desktops)) return;
    // A computer that has more than desktops take, or a processor of servers, takes what servers do.
    if (of_desktops.empty() || !is_desktop(build_)) try_totals(larger_ram(figures.server_ram, *size));
  }
  /// The least of `totals` with which it does; false where none is.
  bool try_totals(const std::vector<std::string_view>& totals) {
    for (const std::string_view total : totals) {
      Blueprint changed = build_;
      if (!changed.memory) changed.memory.emplace();
      changed.memory->size = total;
      auto fix = attempt(changed, asked_);
      if (!fix) continue;
      const std::string instead = build_.memory ? " instead of " + build_.memory->size : "";
      add_bought(std::move(*fix), "more_ram", "/memory/size", std::string(total) + " of system RAM" + instead,
                 changed);
      return true;
    }
    return false;
  }

  /// The fastest memory that is usual, on as many channels.
  void try_faster_ram() {
    const auto fast = parse_memory_spec(advice_figures().fast_ram);
    const MemoryInUse use = memory_in_use(build_);
    if (!build_.memory || !fast || !*fast || !is_desktop(build_)) return;
    const std::string_view words = (*fast)->id;
    const std::size_t dash = words.find('-');
    // Boards take one kind of memory.
    const std::string now = memory_type(build_);
    if (!now.empty() && now != words.substr(0, dash)) return;
    const auto mts = parse_unsigned(words.substr(dash + 1));
    if (!mts) return;
    Blueprint changed = build_;
    changed.memory->type = words.substr(0, dash);
    changed.memory->speed_mts = static_cast<std::uint32_t>(*mts);
    if (changed.cpu && changed.cpu->row == nullptr) changed.cpu->id.clear();
    if (memory_in_use(changed).bandwidth_bytes_per_s <= use.bandwidth_bytes_per_s) return;
    if (auto fix = attempt(changed, asked_))
      add_bought(std::move(*fix), "faster_ram", "/memory/speed_mts", std::string(words) + " memory", changed);
  }

  /// Of the fewest more of some entry's cards the best.
  void try_another_card() {
    std::optional<PlanFix> best;
    for (const std::size_t entry : unlike_entries(build_)) take_better(more_of(entry), best);
    if (best) fixes_.push_back(std::move(*best));
  }
  /// The fewest more of an entry's cards.
  std::optional<PlanFix> more_of(std::size_t i) {
    for (std::uint32_t more = 1; more <= kMostMoreCards; ++more) {
      Blueprint changed = build_;
      PlannedGpu& gpu = changed.gpus[i];
      gpu.count += more * (gpu.row != nullptr ? gpu.row->gpus_per_board : 1);
      if (!has_room(changed)) break;
      auto fix = attempt(changed, asked_);
      if (!fix) continue;
      const std::string_view today = resolver_.catalog().rows().date;
      fix->usd = usd_more(price_of_gpus(gpu, today), price_of_gpus(build_.gpus[i], today));
      return bought(std::move(*fix), "another_card", "/gpus/" + std::to_string(i) + "/count",
                    counted(gpu) + " instead of " + counted(build_.gpus[i]), changed);
    }
    return std::nullopt;
  }
  bool has_room(const Blueprint& changed) const {
    return card_slots(changed).size() <= kMostDevices && card_errors(changed) <= card_errors_;
  }

  /// The first of the swaps that does; of those that are as good as it before they are answered the best.
  void try_other_device() {
    std::optional<PlanFix> best;
    std::optional<SwapRank> rank;
    for (const EntrySwap& swap : entry_swaps(build_, resolver_.catalog())) {
      if (rank && *rank < swap.rank) break;
      Blueprint changed = swapped(build_, swap);
      if (!has_room(changed)) continue;
      auto fix = attempt(changed, asked_);
      if (!fix) continue;
      rank = swap.rank;
      fix->usd = swap.usd;
      const std::string instead =
          build_.gpus.empty() ? "" : " instead of " + counted(build_.gpus[swap.entry]);
      take_better(bought(std::move(*fix), "other_card", "/gpus/" + std::to_string(swap.entry) + "/id",
                         counted(swap.gpu) + instead, changed),
                  best);
    }
    if (best) fixes_.push_back(std::move(*best));
  }

  const Blueprint& build_;
  const WorkloadCheck& check_;
  const PlannedWorkload& asked_;
  std::size_t index_;
  Resolver& resolver_;
  std::size_t card_errors_;  ///< of the build as planned
  std::string also_;         ///< of the last attempt: that the recommended quant is another one
  std::vector<PlanFix> fixes_;
};

}  // namespace

std::vector<PlanFix> fixes_for(const Blueprint& build, const WorkloadCheck& check, std::size_t index,
                               Resolver& resolver) {
  if (check.met() || check.answer.estimate.guide_only) return {};
  return Fixer(build, check, index, resolver).find();
}

}  // namespace qwenfit
