#include <algorithm>
#include <array>
#include <tuple>

#include "advise/figures.h"
#include "advise/merit.h"
#include "advise/offers.h"
#include "advise/plan_parts.h"
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
/// Devices without a price that are tried, the smallest first.
constexpr std::size_t kMostUnpriced = 12;

bool is_card(const DeviceRow& row) {
  return row.device_class == DeviceClass::gpu &&
         (row.segment == kDesktopSegment || row.segment == kWorkstationSegment);
}

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

/// Tries one change after the other, each alone, by answering the workload on the changed build.
class Fixer {
 public:
  Fixer(const Blueprint& build, const WorkloadCheck& check, std::size_t index, Resolver& resolver)
      : build_(build), check_(check), asked_(*check.asked), index_(index), resolver_(resolver) {}

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
    const auto cost = [](const PlanFix& fix) {
      return std::tuple(!fix.free, fix.few_bits, !fix.free && !fix.usd, fix.usd ? fix.usd->middle() : 0.0);
    };
    std::stable_sort(fixes_.begin(), fixes_.end(),
                     [&](const PlanFix& a, const PlanFix& b) { return cost(a) < cost(b); });
    return std::move(fixes_);
  }

 private:
  /// The change as a fix, if it makes the workload do.
  std::optional<PlanFix> attempt(const Blueprint& build, const PlannedWorkload& workload) {
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
  void add_bought(PlanFix fix, std::string_view kind, std::string pointer, const std::string& words,
                  const Blueprint& changed) {
    fix.kind = kind;
    fix.pointer = std::move(pointer);
    fix.words = words + also_;
    fix.free = false;
    set_supply(changed, fix);
    fixes_.push_back(std::move(fix));
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

  void try_another_card() {
    if (build_.gpus.empty()) return;
    const std::size_t last = build_.gpus.size() - 1;
    for (std::uint32_t more = 1; more <= kMostMoreCards; ++more) {
      Blueprint changed = build_;
      PlannedGpu& gpu = changed.gpus[last];
      gpu.count += more * (gpu.row != nullptr ? gpu.row->gpus_per_board : 1);
      if (card_slots(changed).size() > kMostDevices) return;
      if (card_errors(changed) > card_errors(build_)) return;
      auto fix = attempt(changed, asked_);
      if (!fix) continue;
      fix->usd = difference(price(gpu), price(build_.gpus[last]));
      return add_bought(std::move(*fix), "another_card", "/gpus/" + std::to_string(last) + "/count",
                        counted(gpu) + " instead of " + counted(build_.gpus[last]), changed);
    }
  }

  std::optional<UsdRange> price(const PlannedGpu& gpu) const {
    return price_of_gpus(gpu, resolver_.catalog().rows().date);
  }
  static std::optional<UsdRange> difference(const std::optional<UsdRange>& more,
                                            const std::optional<UsdRange>& less) {
    if (!more || !less) return std::nullopt;
    const double low = more->low - less->low, high = more->high - less->high;
    return UsdRange{std::min(low, high), std::max(low, high)};
  }

  /// Devices that could stand in the place of `old`: of its kind, and larger or faster.
  bool may_replace(const DeviceRow& row, const DeviceRow* old) const {
    if (!row.capacity || !row.bandwidth_bytes_per_s) return false;
    if (old == nullptr) return is_card(row);
    const bool kind = old->unified ? row.unified && row.device_class == old->device_class
                                   : is_card(row) && row.default_backend == old->default_backend;
    const bool better = *row.capacity > old->capacity.value_or(0) ||
                        *row.bandwidth_bytes_per_s > old->bandwidth_bytes_per_s.value_or(0);
    return kind && better && row.id != old->id;
  }

  /// What is sold, the cheapest first; then a few of those without a price, the smallest first.
  std::vector<const DeviceRow*> candidates(const DeviceRow* old) const {
    std::vector<Offer> found = offers(resolver_.catalog(), {});
    std::erase_if(found, [&](const Offer& o) { return o.boards() > 1 || !may_replace(*o.device, old); });
    const auto unpriced = std::find_if(found.begin(), found.end(), [](const Offer& o) { return !o.price; });
    std::stable_sort(unpriced, found.end(), [](const Offer& a, const Offer& b) {
      return *a.device->capacity < *b.device->capacity;
    });
    const auto left = static_cast<std::size_t>(found.end() - unpriced);
    found.erase(unpriced + static_cast<std::ptrdiff_t>(std::min(left, kMostUnpriced)), found.end());
    std::vector<const DeviceRow*> devices;
    devices.reserve(found.size());
    for (const Offer& offer : found) devices.push_back(offer.device);
    return devices;
  }

  /// The cheapest other device in the place of the last entry; without one, a card.
  void try_other_device() {
    Blueprint changed = build_;
    if (changed.gpus.empty()) changed.gpus.emplace_back();
    const std::size_t last = changed.gpus.size() - 1;
    const DeviceRow* old = changed.gpus[last].row;
    if (old == nullptr && !build_.gpus.empty()) return;
    PlannedGpu& gpu = changed.gpus[last];
    gpu.price_usd.reset();
    gpu.power_limit_w.reset();
    const std::uint32_t boards = old != nullptr ? boards_of(*old, gpu.count) : gpu.count;
    for (const DeviceRow* row : candidates(old)) {
      gpu.row = row;
      gpu.count = std::min(boards * row->gpus_per_board, kMostDevices);
      gpu.id = row->id;
      gpu.link_gen = gpu.link_lanes = std::nullopt;
      if (card_errors(changed) > card_errors(build_)) continue;
      auto fix = attempt(changed, asked_);
      if (!fix) continue;
      const bool added = build_.gpus.empty();
      fix->usd = added ? price(gpu) : difference(price(gpu), price(build_.gpus[last]));
      return add_bought(std::move(*fix), "other_card", "/gpus/" + std::to_string(last) + "/id",
                        counted(gpu) + (added ? "" : " instead of " + counted(build_.gpus[last])), changed);
    }
  }

  const Blueprint& build_;
  const WorkloadCheck& check_;
  const PlannedWorkload& asked_;
  std::size_t index_;
  Resolver& resolver_;
  std::string also_;  ///< of the last attempt: that the recommended quant is another one
  std::vector<PlanFix> fixes_;
};

}  // namespace

std::vector<PlanFix> fixes_for(const Blueprint& build, const WorkloadCheck& check, std::size_t index,
                               Resolver& resolver) {
  if (check.met() || check.answer.estimate.guide_only) return {};
  return Fixer(build, check, index, resolver).find();
}

}  // namespace qwenfit
