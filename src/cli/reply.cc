#include "cli/reply.h"

#include <iterator>
#include <utility>

namespace qwenfit {
namespace {

/// One answer per model: the best, else the smallest.
std::vector<Answer> best_per_model(std::vector<Answer> answers) {
  std::vector<Answer> best;
  std::vector<Answer> group;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const bool last = i + 1 == answers.size() || answers[i + 1].subject != answers[i].subject;
    group.push_back(std::move(answers[i]));
    if (!last) continue;
    best.push_back(best_or_smallest(group));
    group.clear();
  }
  return best;
}

}  // namespace

const Answer& best_or_smallest(const std::vector<Answer>& answers) {
  return answers[best_answer(answers).value_or(answers.size() - 1)];
}

std::optional<OtherRuntime> other_runtime_that_fits(const Query& query, const Reply& reply,
                                                    Resolver& resolver) {
  if (reply.question.models.size() != 1 || anything_fits(reply.answers)) return std::nullopt;
  Query changed = query;
  changed.quant.clear();
  for (const RuntimeRow& row : resolver.catalog().rows().runtimes) {
    if (row.id == reply.answers.front().settings.runtime) continue;
    changed.runtime = row.id;
    const auto other = reply_to(changed, resolver);
    if (!other || !anything_fits(other->answers)) continue;
    const Answer& best = best_or_smallest(other->answers);
    OtherRuntime found{std::string(row.id), std::string(row.name), best.build->quant_name,
                       best.estimate.verdict == Verdict::offload, std::nullopt};
    if (best.estimate.speed) found.decode = best.estimate.speed->decode;
    return found;
  }
  return std::nullopt;
}

Result<Reply> reply_to(const Query& query, Resolver& resolver, Explain explain) {
  auto question = resolver(query);
  if (!question) return question.error();
  Reply reply{std::move(*question), {}};
  reply.answers = sweep(reply.question, explain);
  if (query.model.empty()) reply.answers = best_per_model(std::move(reply.answers));
  return reply;
}

}  // namespace qwenfit
