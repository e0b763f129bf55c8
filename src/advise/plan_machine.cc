#include <algorithm>

#include "advise/compare.h"
#include "advise/figures.h"
#include "advise/plan_parts.h"
#include "advise/plan_words.h"

namespace qwenfit {
namespace {

bool is_narrow(const SlotCheck& card) {
  const bool known = card.lanes > 0 && card.card_lanes > 0;
  return known && (card.lanes < card.card_lanes || (card.gen > 0 && card.gen < card.card_gen));
}

/// The same build with every card in a slot of its own width.
Blueprint with_wide_slots(Blueprint build) {
  for (PlannedGpu& gpu : build.gpus) forget_slot(gpu);
  build.board.reset();
  return build;
}

struct Loss {
  double decode = 1, prefill = 1, load = 1;  ///< times as fast without
  std::string words;

  double most() const { return std::max({decode, prefill, load}); }
};

double times(const std::optional<Rate>& fast, const std::optional<Rate>& slow) {
  return fast && slow && slow->tok_s > 0 ? fast->tok_s / slow->tok_s : 1;
}

std::string percent_slower(double factor) {
  const std::string percent = whole((1 - 1 / factor) * 100);
  return percent == "0" ? "as fast" : percent + " % slower";
}

/// What slots cost the workload that they cost most.
Loss loss_by_slots(const CheckedPlan& plan, Resolver& resolver) {
  Loss worst;
  const Blueprint wide = with_wide_slots(plan.build);
  for (const WorkloadCheck& check : plan.workloads) {
    if (!check.fits || !check.answer.estimate.speed) continue;
    const PlannedWorkload same = with_same_build(check);
    std::deque<Question> questions;
    const auto there = answer_workload(wide, same, resolver, questions);
    if (!there || !there->fits || !there->answer.estimate.speed) continue;
    const Speed& now = *check.answer.estimate.speed;
    const Speed& then = *there->answer.estimate.speed;
    Loss loss{times(then.decode, now.decode), times(then.prefill, now.prefill), 1, ""};
    if (now.load_s && then.load_s && *then.load_s > 0) loss.load = *now.load_s / *then.load_s;
    if (loss.most() <= worst.most() && !worst.words.empty()) continue;
    worst = loss;
    const bool visible = std::max(loss.decode, loss.prefill) >= kVisiblyFaster;
    worst.words = !visible ? check.asked->model + " runs about as fast as in a wide slot"
                           : check.asked->model + " decodes " + percent_slower(loss.decode) +
                                 " and reads prompts " + percent_slower(loss.prefill);
    if (loss.load >= kVisiblyFaster)
      worst.words += ", loading takes " + seconds(*now.load_s) + " instead of " + seconds(*then.load_s);
  }
  return worst;
}

void report_slots(const CheckedPlan& plan, Resolver& resolver, std::vector<PlanFinding>& findings) {
  std::string cards;
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < plan.slots.size(); ++i) {
    const SlotCheck& card = plan.slots[i];
    if (!is_narrow(card)) continue;
    if (!first) first = i;
    cards += (cards.empty() ? "card " : ", card ") + std::to_string(i + 1) + " for " +
             link_words(card.card_gen, card.card_lanes) + " sits in " + link_words(card.gen, card.lanes);
  }
  if (!first) return;
  const Loss loss = loss_by_slots(plan, resolver);
  if (!loss.words.empty() && loss.most() < kVisiblyFaster) return;
  const bool visible = loss.decode >= kVisiblyFaster || loss.prefill >= kVisiblyFaster;
  const SlotCheck& card = plan.slots[*first];
  const std::string pointer = card.own_link || !card.board_slot
                                  ? "/gpus/" + std::to_string(card.gpu)
                                  : "/motherboard/slots/" + std::to_string(*card.board_slot);
  findings.push_back({"narrow_slot", visible ? Severity::warning : Severity::info, pointer,
                      cards + (loss.words.empty() ? "" : ": " + loss.words),
                      visible ? "a board that gives its slots more lanes" : "", true});
}

/// Smaller is worse.
double standing(const WorkloadCheck& check) {
  if (!check.fits) return -1;
  const double least = check.asked->min_tok_s.value_or(advice_figures().comfortable_tok_s);
  const double ratio = check.tok_s.value_or(0) / least;
  return check.met() ? 1 + ratio : std::min(ratio, 1.0);
}

/// `index` counts the machine's devices, then system RAM.
WeakestPart device_part(const CheckedPlan& plan, std::size_t workload, std::size_t index,
                        std::string reason) {
  WeakestPart part{workload, "/memory", "system RAM", std::move(reason), {}, {}};
  const auto& devices = plan.questions[plan.workloads[workload].question].machine.devices;
  if (index >= devices.size()) return part;
  part.name = devices[index].name;
  const auto order = device_order(plan.build);
  const auto slots = card_slots(plan.build);
  const std::size_t named = devices[index].named;
  part.pointer = "/gpus/" + std::to_string(named < order.size() ? slots[order[named]].gpu : 0);
  return part;
}

/// The part that is short of memory.
WeakestPart short_part(const CheckedPlan& plan, std::size_t index) {
  const WorkloadCheck& check = plan.workloads[index];
  const Question& question = plan.questions[check.question];
  const Limits limits = limits_of(question, check.answer);
  const std::size_t host = question.machine.devices.size();
  const bool ram = limits.row >= host || check.answer.estimate.verdict == Verdict::offload;
  const double missing =
      static_cast<double>(std::max<SignedBytes>(-limits.free, 0)) / static_cast<double>(kGiB);
  return device_part(
      plan, index, ram ? host : limits.row,
      limits.free < 0 ? "its memory is short by " + short_amount(missing) + " GiB" : "it is not there");
}

/// What of a workload nothing can be answered for, whatever the parts; none where there is no such thing.
std::optional<WeakestPart> impossible_wish(const CheckedPlan& plan, std::size_t index) {
  const WorkloadCheck& check = plan.workloads[index];
  const std::string at = "/workloads/" + std::to_string(index);
  if (check.answer.estimate.guide_only)
    return WeakestPart{
        index, at + "/model", check.answer.subject->model.name, "it was never released", "not_released", {}};
  if (check.refused.empty()) return std::nullopt;
  return WeakestPart{index,         at + "/users",        std::to_string(check.asked->users) + " users",
                     check.refused, "users_not_possible", {}};
}

/// The part that most of a token's time goes to.
std::optional<WeakestPart> slow_part(const CheckedPlan& plan, std::size_t index) {
  const WorkloadCheck& check = plan.workloads[index];
  const Question& question = plan.questions[check.question];
  const Limits limits = limits_of(question, check.answer);
  if (!limits.speed) return std::nullopt;
  const std::string share = whole(limits.speed_share * 100) + " % of a token's time";
  switch (*limits.speed) {
    case SpeedLimit::device_bandwidth:
      return device_part(plan, index, limits.speed_row, "its memory bandwidth takes " + share);
    case SpeedLimit::ram_bandwidth:
      return device_part(plan, index, question.machine.devices.size(), "its bandwidth takes " + share);
    case SpeedLimit::links:
      return WeakestPart{index, "/gpus", "the links between the cards", "they take " + share, {}, {}};
    default:
      return device_part(plan, index, 0, "fixed times for each layer take " + share);
  }
}

/// The part of a pointer into the build file, in words.
std::string part_name(const CheckedPlan& plan, std::string_view pointer) {
  constexpr std::pair<std::string_view, std::string_view> kParts[] = {{"/power_supply", "power supply"},
                                                                      {"/motherboard", "motherboard"},
                                                                      {"/case", "case"},
                                                                      {"/memory", "memory"},
                                                                      {"/storage", "storage"},
                                                                      {"/budget_usd", "budget"}};
  for (const auto& [start, name] : kParts) {
    if (pointer.starts_with(start)) return std::string(name);
  }
  for (std::size_t i = 0; i < plan.build.gpus.size(); ++i) {
    const std::string gpu = "/gpus/" + std::to_string(i);
    if (pointer == gpu || pointer.starts_with(gpu + "/")) return gpu_name(plan.build.gpus[i]);
  }
  return "the cards";
}

/// The part of the most severe finding that is about no workload.
std::optional<WeakestPart> faulty_part(const CheckedPlan& plan) {
  const auto found = std::find_if(plan.findings.begin(), plan.findings.end(), [](const PlanFinding& f) {
    return f.part_is_weak && f.severity != Severity::info;
  });
  if (found == plan.findings.end()) return std::nullopt;
  return WeakestPart{std::nullopt, found->pointer, part_name(plan, found->pointer),
                     found->text,  found->code,    found->fix};
}

}  // namespace

void report_machine(const CheckedPlan& plan, Resolver& resolver, std::vector<PlanFinding>& findings) {
  report_slots(plan, resolver, findings);
  report_cards(plan, findings);
}

std::optional<WeakestPart> weakest_part(const CheckedPlan& plan) {
  const auto worst = std::min_element(
      plan.workloads.begin(), plan.workloads.end(),
      [](const WorkloadCheck& a, const WorkloadCheck& b) { return standing(a) < standing(b); });
  const auto index = static_cast<std::size_t>(worst - plan.workloads.begin());
  if (worst->met()) {
    const auto faulty = faulty_part(plan);
    return faulty ? faulty : slow_part(plan, index);
  }
  auto part = impossible_wish(plan, index);
  if (!part) part = worst->fits ? slow_part(plan, index) : std::optional(short_part(plan, index));
  if (part) part->change = fixes_words(worst->fixes, 1);
  return part;
}

}  // namespace qwenfit
