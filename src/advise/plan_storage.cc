#include <algorithm>

#include "advise/compare.h"
#include "advise/plan_parts.h"
#include "advise/plan_words.h"
#include "query/sizes.h"

namespace qwenfit {
namespace {

std::optional<double> load_time(const WorkloadCheck& check) {
  return check.answer.estimate.speed ? check.answer.estimate.speed->load_s : std::nullopt;
}

std::string storage_of(const WorkloadCheck& check) {
  return check.answer.speed != nullptr ? check.answer.speed->storage_name : std::string();
}

/// The files of a model that several workloads use are there once.
void add_files(const CheckedPlan& plan, StorageCheck& storage) {
  for (std::size_t i = 0; i < plan.workloads.size(); ++i) {
    const Answer& answer = plan.workloads[i].answer;
    const auto same = [&](const WorkloadCheck& other) {
      return other.answer.subject->model.id == answer.subject->model.id &&
             same_build(*other.answer.build, *answer.build);
    };
    const auto begin = plan.workloads.begin();
    if (std::any_of(begin, begin + static_cast<std::ptrdiff_t>(i), same)) continue;
    storage.files_known = storage.files_known && answer.build->file_bytes;
    storage.files = add(storage.files, answer.build->file_bytes.value_or(0));
  }
}

void report_size(const StorageCheck& storage, std::vector<PlanFinding>& findings) {
  if (!storage.size || *storage.size >= storage.files) return;
  const auto gb = [](Bytes bytes) { return short_number(static_cast<double>(bytes) / 1e9) + " GB"; };
  findings.push_back({"storage_too_small", Severity::error, "/storage/size",
                      "the files of the models are " + gb(storage.files) + ", more than the " +
                          gb(*storage.size) + " of the storage",
                      "storage of " + gb(storage.files) + " or more, beside what else is kept on it", true});
}

/// What the named storage costs against the usual one.
void report_loading(const CheckedPlan& plan, Resolver& resolver, std::vector<PlanFinding>& findings) {
  if (!plan.build.storage) return;
  Blueprint usual = plan.build;
  usual.storage.reset();
  const WorkloadCheck* longest = nullptr;
  for (const WorkloadCheck& check : plan.workloads) {
    const bool counts = check.fits && load_time(check);
    if (counts && (longest == nullptr || *load_time(check) > *load_time(*longest))) longest = &check;
  }
  if (longest == nullptr) return;
  std::deque<Question> questions;
  const auto there = answer_workload(usual, with_same_build(*longest), resolver, questions);
  if (!there || !load_time(*there) || *load_time(*longest) <= *load_time(*there) * kVisiblyFaster) return;
  findings.push_back({"slow_storage", Severity::info, "/storage/id",
                      "loading " + longest->asked->model + " takes " + seconds(*load_time(*longest)) +
                          " from " + storage_of(*longest) + ", and " + seconds(*load_time(*there)) +
                          " from " + storage_of(*there),
                      storage_of(*there)});
}

}  // namespace

PlannedWorkload with_same_build(const WorkloadCheck& check) {
  PlannedWorkload workload = *check.asked;
  const Build& build = *check.answer.build;
  workload.quant = build.quant_id + (build.publisher.empty() ? "" : "@" + build.publisher);
  return workload;
}

StorageCheck check_storage(const CheckedPlan& plan, Resolver& resolver, std::vector<PlanFinding>& findings) {
  StorageCheck storage;
  storage.name = storage_of(plan.workloads.front());
  if (plan.build.storage && !plan.build.storage->size.empty()) {
    if (const auto size = parse_size(plan.build.storage->size, "size")) storage.size = *size;
  }
  add_files(plan, storage);
  report_size(storage, findings);
  report_loading(plan, resolver, findings);
  return storage;
}

}  // namespace qwenfit
