#include <ostream>

#include "cli/commands.h"
#include "cli/reply.h"
#include "query/text.h"

namespace qwenfit {
namespace {

int exit_code(const std::vector<Answer>& answers) {
  return anything_fits(answers) ? 0 : 1;
}

}  // namespace

Result<int> run_fit(const Invocation& call) {
  Resolver resolver(call.catalog);
  const auto reply = reply_to(call.line.query, resolver);
  if (!reply) return reply.error();
  const Question& question = reply->question;
  const auto& answers = reply->answers;
  if (call.line.quiet) {
    print_quiet(call.out, question, answers);
    return exit_code(answers);
  }
  switch (call.line.format) {
    case Format::table:
      print_table(call.out, question, answers, call.style);
      break;
    case Format::json:
      print_json(call.out, question, answers, call.info);
      break;
    case Format::csv:
      print_csv(call.out, question, answers);
      break;
    case Format::markdown:
      print_markdown(call.out, question, answers);
      break;
  }
  return exit_code(answers);
}

Result<int> run_explain(const Invocation& call) {
  const Format format = call.line.format;
  if (call.line.quiet || (format != Format::table && format != Format::json)) {
    return combination_error("explain", "explain prints text, or one document with --json");
  }
  if (call.line.query.model.empty())
    return usage_error("--model", "explain needs one model, such as --model 27b");
  Resolver resolver(call.catalog);
  const auto reply = reply_to(call.line.query, resolver, Explain::yes);
  if (!reply) return reply.error();
  if (reply->question.models.size() > 1) return usage_error("--model", "explain takes one model");
  const Answer& answer = best_or_smallest(reply->answers);
  if (format == Format::json) {
    print_explain_json(call.out, reply->question, answer, call.catalog, call.info);
  } else {
    print_explain(call.out, reply->question, answer, call.catalog, call.style);
  }
  return answer.estimate.verdict == Verdict::no_fit ? 1 : 0;
}

}  // namespace qwenfit
