#include <ostream>

#include "cli/advice.h"
#include "cli/commands.h"
#include "cli/other_runtime.h"
#include "cli/reply.h"
#include "query/text.h"
#include "report/view.h"

namespace qwenfit {
namespace {

int exit_code(const std::vector<Answer>& answers) {
  return anything_fits(answers) ? 0 : 1;
}

/// Of the best answer of each model.
SpeedCurves curves_of(const Question& question, const std::vector<Answer>& answers) {
  SpeedCurves curves;
  for (const ModelAnswers& group : by_model(answers)) {
    if (const Answer* best = best_of(group)) curves.push_back(speed_curve(question, *best));
  }
  return curves;
}

/// What was used of the person's own measurements, beside the answer.
void report_measurements(std::ostream& err, const MeasurementUse& use) {
  err << "qwenfit: " << in_quotes(use.file) << ": " << use.decode_rows << " decode and " << use.prefill_rows
      << " prefill rows used\n";
  for (const std::string& text : use.left_out) err << "  left out: " << text << '\n';
  for (const std::string& text : use.notes) err << "  note: " << text << '\n';
}

}  // namespace

Result<bool> read_own(const CommandLine& line, Resolver& resolver) {
  return line.measured.empty() ? Result<bool>(true) : resolver.use_measurements(line.measured);
}

Result<int> run_fit(const Invocation& call) {
  Resolver resolver(call.catalog);
  if (const auto read = read_own(call.line, resolver); !read) return read.error();
  const auto reply = reply_to(call.line.query, resolver);
  if (!reply) return reply.error();
  const Question& question = reply->question;
  const auto& answers = reply->answers;
  if (question.measurements && !call.line.quiet) report_measurements(call.err, *question.measurements);
  const bool shown =
      !call.line.quiet && (call.line.format == Format::table || call.line.format == Format::json);
  const bool advises = shown || !call.line.html.empty();
  Advice advice = advises ? advise(call.line.query, *reply, resolver) : Advice{};
  if (advises || (!call.line.quiet && call.line.format == Format::markdown))
    advice.other_runtime = other_runtime_that_fits(call.line.query, *reply, resolver, call.info);
  const auto written = write_html(call.line, [&](std::ostream& page) {
    print_html(page, question, answers, call.info, &advice, curves_of(question, answers));
  });
  if (!written) return written.error();
  if (call.line.quiet) {
    print_quiet(call.out, question, answers);
    return exit_code(answers);
  }
  switch (call.line.format) {
    case Format::table:
      print_table(call.out, question, answers, call.style, call.info, &advice);
      break;
    case Format::json:
      print_json(call.out, question, answers, call.info, &advice);
      break;
    case Format::csv:
      print_csv(call.out, question, answers, call.info);
      break;
    case Format::markdown:
      print_markdown(call.out, question, answers, call.info, &advice);
      break;
  }
  return exit_code(answers);
}

Result<int> run_explain(const Invocation& call) {
  const Format format = call.line.format;
  if (call.line.query.model.empty())
    return usage_error("--model", "explain needs one model, such as --model 27b");
  Resolver resolver(call.catalog);
  if (const auto read = read_own(call.line, resolver); !read) return read.error();
  const auto reply = reply_about_one(call.line.query, resolver, "explain", Explain::yes);
  if (!reply) return reply.error();
  if (reply->question.measurements) report_measurements(call.err, *reply->question.measurements);
  const Answer& answer = best_or_smallest(reply->answers);
  if (format == Format::json) {
    print_explain_json(call.out, reply->question, answer, call.catalog, call.info);
  } else {
    print_explain(call.out, reply->question, answer, call.catalog, call.style);
  }
  return answer.estimate.verdict == Verdict::no_fit ? 1 : 0;
}

}  // namespace qwenfit
