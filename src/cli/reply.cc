#include "cli/reply.h"

#include <iterator>
#include <utility>

#include "query/text.h"

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

Reply answered(Question question, Explain explain) {
  Reply reply{std::move(question), {}};
  reply.answers = sweep(reply.question, explain);
  return reply;
}

}  // namespace

const Answer& best_or_smallest(const std::vector<Answer>& answers) {
  return answers[best_answer(answers).value_or(answers.size() - 1)];
}

Result<Reply> reply_to(const Query& query, Resolver& resolver, Explain explain) {
  auto question = resolver(query);
  if (!question) return question.error();
  Reply reply = answered(std::move(*question), explain);
  if (query.model.empty()) reply.answers = best_per_model(std::move(reply.answers));
  return reply;
}

Result<Reply> reply_about_one(const Query& query, Resolver& resolver, const std::string& who,
                              Explain explain) {
  auto question = resolver(query);
  if (!question) return question.error();
  if (question->models.size() > 1)
    return usage_error("--model", who + " takes one model; name one, such as --model 27b");
  return answered(std::move(*question), explain);
}

}  // namespace qwenfit
