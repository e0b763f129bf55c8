#include <algorithm>

#include "advise/figures.h"
#include "advise/merit.h"
#include "advise/plan_parts.h"
#include "advise/plan_words.h"
#include "advise/trade_offs.h"
#include "placement/served.h"

namespace qwenfit {
namespace {

/// With weights in system RAM a larger context can be faster, by the margin that is given up then: never
/// twice as fast.
constexpr double kFasterAtMost = 2;

bool runs(const Answer& answer) {
  const Verdict verdict = answer.estimate.verdict;
  if (verdict == Verdict::offload) return host_is_checked(answer.estimate);
  return verdict != Verdict::no_fit;
}

std::optional<double> rate_of(const Answer& answer) {
  const auto& speed = answer.estimate.speed;
  return speed && speed->decode ? std::optional(speed->decode->tok_s) : std::nullopt;
}

bool is_fast_enough(const Answer& answer, const PlannedWorkload& workload) {
  const auto rate = rate_of(answer);
  return !workload.min_tok_s || (rate && *rate >= *workload.min_tok_s);
}

/// A pool that holds as many requests of the whole context as there are users.
bool holds_all_users(const Answer& answer, const PlannedWorkload& workload) {
  return !answer.estimate.concurrency || *answer.estimate.concurrency >= workload.users;
}

/// Runtimes with memory rules of their own hold the context of each user by itself; of others all users share
/// one.
bool shares_context(const Question& question, const Answer& answer) {
  return !is_served(scenario_of(question, answer));
}

/// The context of one user.
Tokens context_of_one(const Question& question, const Answer& answer, const PlannedWorkload& workload) {
  const Tokens context = answer.settings.context;
  return shares_context(question, answer) ? context / workload.users : context;
}

/// The answer to take: among those that do what is asked, if one of them has no few bits, else among all.
const Answer& chosen(const std::vector<Answer>& answers, const PlannedWorkload& workload) {
  std::vector<Answer> good;
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Answer& a = answers[i];
    if (!does(a, workload)) continue;
    if (has_few_bits(*a.build) && answers.size() > 1) continue;
    good.push_back(a);
    at.push_back(i);
  }
  if (const auto best = best_answer(good)) return answers[at[*best]];
  return answers[best_answer(answers).value_or(answers.size() - 1)];
}

/// The question with the context of all users together, where they share one.
Result<Question> whole_question(const Blueprint& build, const PlannedWorkload& workload, Resolver& resolver) {
  Query query = query_for(build, workload);
  auto question = resolver(query);
  if (!question || workload.users < 2 || question->context_is_max) return question;
  const Answer first = answer_without_context(*question, question->models.front(), 0);
  const Tokens each = first.settings.context;
  if (!shares_context(*question, first)) return question;
  const Tokens all = mul(each, workload.users);
  const Tokens most = question->models.front().model.max_context;
  if (all > most) {
    const Tokens fits = most / workload.users;
    return Error{ErrorCode::usage,
                 std::to_string(workload.users) + " users with " + std::to_string(each) +
                     " tokens each share one context of " + std::to_string(all) + "; " +
                     question->models.front().model.name + " takes " + std::to_string(most) +
                     " in all: ask for a context of " + std::to_string(fits) +
                     ", fewer users, or runtime vllm",
                 "--parallel",
                 {}};
  }
  query.ctx = std::to_string(all);
  return resolver(query);
}

/// Whether a workload for the largest context may do, by the answer at the smallest, which is found sooner:
/// what is short of memory there always is. Its speed counts only where system RAM is used already, or never
/// can be: a model that is turned out of the devices for a larger context alone may be faster in system RAM.
bool may_do_with_largest(const Question& question, std::size_t build, PlannedWorkload workload) {
  const Answer smallest = answer_at_first_context(question, question.models.front(), build);
  const bool alike = smallest.estimate.verdict == Verdict::offload || !question.machine.host.capacity;
  if (!alike) workload.min_tok_s.reset();
  if (workload.min_tok_s) *workload.min_tok_s /= kFasterAtMost;
  return does(smallest, workload);
}

const char* outcome_words(const WorkloadCheck& check) {
  switch (check.answer.estimate.verdict) {
    case Verdict::offload:
      return "needs system RAM";
    default:
      return "does not fit";
  }
}

/// By how much memory is short, on the device or in system RAM that is short by most.
std::string short_by(const Answer& answer) {
  SignedBytes least = 0;
  for (const DeviceMemory& row : answer.estimate.devices) least = std::min(least, row.free().value_or(0));
  if (least >= 0) return "";
  return ": short by " + short_amount(static_cast<double>(-least) / static_cast<double>(kGiB)) + " GiB";
}

/// `250-300 USD more`, or `up to 50 USD more` where it may also cost less.
std::string more_usd_words(const UsdRange& usd) {
  if (usd.high <= 0) return usd_words(-usd.high, -usd.low) + " less";
  return usd.low < 0 ? "up to " + usd_words(usd.high, usd.high) + " more"
                     : usd_words(usd.low, usd.high) + " more";
}

std::string budget_words(const PlanFix& fix) {
  if (!fix.within || *fix.within == Within::surely) return "";
  return *fix.within == Within::no ? ", above the budget" : ", at its upper end above the budget";
}

std::string fix_words(const PlanFix& fix) {
  std::string out = fix.words;
  if (!fix.free && !fix.usd) out += " (price not known)";
  if (fix.usd) out += " (" + more_usd_words(*fix.usd) + budget_words(fix) + ")";
  if (fix.few_bits) out += " (fewer than " + std::to_string(advice_figures().least_useful_bits) + " bits)";
  if (fix.needs_supply_w) out += " with a supply of " + watts(*fix.needs_supply_w);
  return out;
}

/// The first few changes that make it do.
std::string first_fixes(const WorkloadCheck& check) {
  constexpr std::size_t kMostShown = 4;
  if (check.fixes.empty()) return "no single change that was tried makes it do: a smaller model";
  return fixes_words(check.fixes, kMostShown);
}

/// `27b` or the name that the file gives.
std::string name_of(const WorkloadCheck& check) {
  return check.asked->name.empty() ? check.asked->model : check.asked->name;
}

void report_speed(const WorkloadCheck& check, const std::string& at, std::vector<PlanFinding>& findings) {
  if (!check.asked->min_tok_s) return;
  const double least = *check.asked->min_tok_s;
  const std::string wish = "the " + short_number(least) + " tok/s asked for";
  const auto& speed = check.answer.estimate.speed;
  if (!check.tok_s) {
    findings.push_back({"speed_unknown", Severity::error, at + "/min_tok_s",
                        name_of(check) + ": the speed is not known, so " + wish + " are not certain",
                        "add the bandwidth in GB/s to its id, as in custom:memory=SIZE,bandwidth=N"});
  } else if (!check.fast_enough) {
    findings.push_back({"workload_too_slow", Severity::error, at + "/min_tok_s",
                        name_of(check) + " runs at " + below(*check.tok_s, least) + " instead of " + wish,
                        first_fixes(check)});
  } else if (speed->decode_at_context && speed->decode_at_context->tok_s < least) {
    findings.push_back({"slow_when_full", Severity::warning, at + "/context",
                        name_of(check) + " falls to " + below(speed->decode_at_context->tok_s, least) +
                            " tok/s with its context full, below " + wish,
                        "a smaller quant, or less context"});
  } else if (speed->decode->low < least) {
    findings.push_back({"speed_unsure", Severity::info, at + "/min_tok_s",
                        name_of(check) + ": " + short_number(*check.tok_s) + " tok/s are estimated, but " +
                            below(speed->decode->low, least) + " are possible, below " + wish,
                        ""});
  }
}

}  // namespace

std::string fixes_words(const std::vector<PlanFix>& fixes, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < fixes.size() && i < most; ++i)
    out += (i == 0 ? "" : "; or ") + fix_words(fixes[i]);
  return out;
}

bool does(const Answer& answer, const PlannedWorkload& workload) {
  return !answer.estimate.guide_only && runs(answer) && is_fast_enough(answer, workload) &&
         holds_all_users(answer, workload);
}

bool may_do(const Blueprint& build, const PlannedWorkload& workload, Resolver& resolver) {
  const auto question = whole_question(build, workload, resolver);
  if (!question) return false;
  const Question::Answerable& subject = question->models.front();
  for (std::size_t i = 0; i < subject.builds.size(); ++i) {
    if (question->context_is_max && !may_do_with_largest(*question, i, workload)) continue;
    if (does(answer_without_context(*question, subject, i), workload)) return true;
  }
  return false;
}

Result<WorkloadCheck> answer_workload(const Blueprint& build, const PlannedWorkload& workload,
                                      Resolver& resolver, std::deque<Question>& questions) {
  auto question = whole_question(build, workload, resolver);
  if (!question) return question.error();
  const Question& kept = questions.emplace_back(std::move(*question));
  if (kept.models.size() > 1)
    return Error{ErrorCode::usage, "a workload has one model; write one workload for each", "--model", {}};
  WorkloadCheck check;
  check.asked = &workload;
  check.question = questions.size() - 1;
  const std::vector<Answer> answers = sweep(kept);
  check.answer = chosen(answers, workload);
  check.tok_s = rate_of(check.answer);
  check.fits =
      !check.answer.estimate.guide_only && runs(check.answer) && holds_all_users(check.answer, workload);
  check.fast_enough = is_fast_enough(check.answer, workload);
  check.context = context_of_one(kept, check.answer, workload);
  Answer alone = check.answer;
  alone.settings.context = check.context;
  alone.settings.parallel = 1;
  alone.estimate = estimate(scenario_of(kept, alone));
  check.most_users = users_at_context(kept, alone, resolver.catalog().rows());
  return check;
}

Result<WorkloadCheck> answer_or_refuse(const Blueprint& build, const PlannedWorkload& workload,
                                       Resolver& resolver, std::deque<Question>& questions) {
  constexpr std::string_view kUsers = "--parallel";
  auto check = answer_workload(build, workload, resolver, questions);
  if (check || workload.users < 2 || check.error().where != kUsers) return check;
  PlannedWorkload alone = workload;
  alone.users = 1;
  auto one = answer_workload(build, alone, resolver, questions);
  if (!one) return check;
  one->asked = &workload;
  one->fits = false;
  one->refused = with_keys(check.error().message);
  return one;
}

void report_workload(const WorkloadCheck& check, std::size_t index, std::vector<PlanFinding>& findings) {
  const std::string at = "/workloads/" + std::to_string(index);
  const Verdict verdict = check.answer.estimate.verdict;
  if (check.answer.estimate.guide_only)
    findings.push_back(
        {"not_released", Severity::error, at + "/model",
         check.answer.subject->model.name +
             " is only in a buying guide: nobody can download it, and its memory is the guide's",
         "a released model: qwenfit models lists them"});
  if (check.answer.estimate.guide_only) return;
  if (!check.refused.empty()) {
    findings.push_back({"users_not_possible", Severity::error, at + "/users",
                        name_of(check) + ": " + check.refused, first_fixes(check)});
    return;
  }
  if (!check.fits) {
    const bool many = check.asked->users > 1;
    findings.push_back({many ? "users_do_not_fit" : "workload_does_not_fit", Severity::error,
                        at + (many ? "/users" : ""),
                        name_of(check) + " " + outcome_words(check) +
                            (many ? " with " + std::to_string(check.asked->users) + " users" : "") +
                            (verdict == Verdict::offload ? ", and none is named" : short_by(check.answer)),
                        first_fixes(check)});
    return;
  }
  report_speed(check, at, findings);
  if (has_few_bits(*check.answer.build))
    findings.push_back({"few_bits", Severity::warning, at + "/quant",
                        name_of(check) + " runs with fewer than " +
                            std::to_string(advice_figures().least_useful_bits) +
                            " bits, which loses quality that people notice",
                        "more memory, or a smaller model"});
  if (verdict == Verdict::tight)
    findings.push_back({"tight", Severity::info, at, name_of(check) + " fits with next to nothing free",
                        "less context, or kv q8_0"});
}

}  // namespace qwenfit
