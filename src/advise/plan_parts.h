#pragma once

#include <vector>

#include "advise/plan.h"

/// The checks of a plan, part by part. Each adds to `findings` what it finds.
namespace qwenfit {

/// Cards, processor and the rest against the supply.
PowerCheck check_power(const Blueprint& build, const CatalogRows& rows, std::vector<PlanFinding>& findings);
/// Cards against slots of the board and of the case. How much narrow slots cost is not looked at.
std::vector<SlotCheck> check_slots(const Blueprint& build, std::vector<PlanFinding>& findings);
/// Cards beside that of a laptop.
void report_laptop(const Blueprint& build, std::vector<PlanFinding>& findings);
/// Cards that no driver runs together.
void report_drivers(const Blueprint& build, std::vector<PlanFinding>& findings);
/// What is not checked of a computer that is bought as a whole.
void report_computer(const Blueprint& build, std::vector<PlanFinding>& findings);
/// Memory modules against channels; `used` when a workload has a part in system RAM.
std::optional<MemoryCheck> check_memory(const Blueprint& build, bool used,
                                        std::vector<PlanFinding>& findings);
/// Prices of all parts against the budget. `today` is the catalog's date.
PriceCheck check_price(const Blueprint& build, std::string_view today, std::vector<PlanFinding>& findings);
/// What all cards of an entry cost.
std::optional<UsdRange> price_of_gpus(const PlannedGpu& gpu, std::string_view today);

/// The answer fits, for all users, and is as fast as is asked.
bool does(const Answer& answer, const PlannedWorkload& workload);
/// Some quant of those asked for does; found out faster than the answer.
bool may_do(const Blueprint& build, const PlannedWorkload& workload, Resolver& resolver);
/// A workload put to a build; `questions` keeps what the answer points into.
Result<WorkloadCheck> answer_workload(const Blueprint& build, const PlannedWorkload& workload,
                                      Resolver& resolver, std::deque<Question>& questions);
/// The same, but where it cannot be asked for so many users answered for one and refused.
Result<WorkloadCheck> answer_or_refuse(const Blueprint& build, const PlannedWorkload& workload,
                                       Resolver& resolver, std::deque<Question>& questions);
/// The parts of a workload that are not as they should be.
void report_workload(const WorkloadCheck& check, std::size_t index, std::vector<PlanFinding>& findings);
/// The changes that make a workload do, each really answered, the preferred first: what costs nothing, then
/// what is not above the budget; of each the least known price, then what has no known price, and what needs
/// fewer than 4 bits last. They do not depend on the order in which cards are written.
std::vector<PlanFix> fixes_for(const Blueprint& build, const WorkloadCheck& check, std::size_t index,
                               Resolver& resolver);
/// The first changes of `fixes` in words; empty where there are none.
std::string fixes_words(const std::vector<PlanFix>& fixes, std::size_t most);
/// The files of all workloads against the storage, and how long the largest takes to load.
StorageCheck check_storage(const CheckedPlan& plan, Resolver& resolver, std::vector<PlanFinding>& findings);
/// The workload with the very build it is answered with.
PlannedWorkload with_same_build(const WorkloadCheck& check);
/// What the answers do with several cards: those that hold nothing, and those that differ.
void report_cards(const CheckedPlan& plan, std::vector<PlanFinding>& findings);
/// Narrow slots and several cards: what they cost the workloads.
void report_machine(const CheckedPlan& plan, Resolver& resolver, std::vector<PlanFinding>& findings);
/// The findings are in order of severity.
std::optional<WeakestPart> weakest_part(const CheckedPlan& plan);

/// `RTX 3090` of an entry, with its count.
std::string gpu_name(const PlannedGpu& gpu);

}  // namespace qwenfit
