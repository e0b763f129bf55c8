#include "report/launch.h"

#include <algorithm>
#include <optional>
#include <ostream>
#include <utility>

#include "cli/commands.h"
#include "cli/reply.h"
#include "query/text.h"

namespace qwenfit {
namespace {

constexpr std::string_view kWhere = "--launch";

/// The query with the runtime that the command is for.
Result<Query> query_for(const Invocation& call) {
  const std::string runtime = lower_case(trimmed(call.line.launch));
  std::vector<std::string_view> known;
  for (const RuntimeRow& row : call.catalog.rows().runtimes) known.push_back(row.id);
  if (std::find(known.begin(), known.end(), runtime) == known.end())
    return value_error(kWhere, call.line.launch, known);
  Query query = call.line.query;
  if (!query.runtime.empty() && lower_case(trimmed(query.runtime)) != runtime) {
    return combination_error(kWhere, "--launch " + runtime + " answers for " + runtime +
                                         ", not for --runtime " + in_quotes(query.runtime) +
                                         "; drop one of them");
  }
  if (query.model.empty()) return usage_error("--model", "--launch needs one model, such as --model 27b");
  query.runtime = runtime;
  return query;
}

/// The runtime was named with --launch: advice names another in the same way.
Error as_typed(Error error) {
  constexpr std::string_view kRuntime = "--runtime";
  for (auto at = error.message.find(kRuntime); at != std::string::npos; at = error.message.find(kRuntime))
    error.message.replace(at, kRuntime.size(), kWhere);
  if (error.where == kRuntime) error.where = kWhere;
  return error;
}

/// The best of the answers that fit and have a command.
std::optional<Launch> best_command(const Invocation& call, const Question& question,
                                   std::vector<Answer> answers, std::string& quant_id) {
  while (const auto best = best_answer(answers)) {
    const Answer& answer = answers[*best];
    Launch run = launch(question, answer, answer.settings.runtime, call.info);
    quant_id = answer.build->quant_id;
    if (!run.command.empty()) return run;
    answers.erase(answers.begin() + static_cast<std::ptrdiff_t>(*best));
  }
  return std::nullopt;
}

int nothing_fits(const Invocation& call, const Answer& smallest) {
  const bool unchecked = smallest.estimate.verdict == Verdict::offload;
  const std::string why = unchecked ? " without system RAM, whose size is not known: give --ram SIZE"
                                    : "; the same question without --launch says what is short";
  print_error(call.err, {ErrorCode::usage, "nothing fits" + why, std::string(kWhere), {}});
  return 1;
}

}  // namespace

Result<int> run_launch(const Invocation& call) {
  const auto query = query_for(call);
  if (!query) return query.error();
  Resolver resolver(call.catalog);
  if (const auto read = read_own(call.line, resolver); !read) return read.error();
  const auto reply = reply_to(*query, resolver);
  if (!reply) return as_typed(reply.error());
  const Question& question = reply->question;
  if (question.models.size() > 1) return usage_error("--model", "--launch takes one model");
  const Answer& best = best_or_smallest(reply->answers);
  if (!anything_fits(reply->answers)) return nothing_fits(call, best);
  Launch run = launch(question, best, best.settings.runtime, call.info);
  if (run.command.empty()) {
    const std::string why =
        "no command for " + best.subject->model.name + " " + best.build->quant_name + ": " + run.why_not;
    std::string quant_id;
    auto other = best_command(call, question, reply->answers, quant_id);
    // A quant that was named is not replaced by another.
    if (!other || !query->quant.empty()) {
      Error error = combination_error(kWhere, why);
      if (other) error.did_you_mean = {quant_id};
      return error;
    }
    call.err << "qwenfit: " << why << "; this is for --quant " << quant_id << '\n';
    run = std::move(*other);
  }
  call.out << run.command << '\n';
  return 0;
}

}  // namespace qwenfit
