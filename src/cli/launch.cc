#include "report/launch.h"

#include <algorithm>
#include <optional>
#include <ostream>
#include <span>
#include <utility>

#include "cli/commands.h"
#include "cli/other_runtime.h"
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

/// Files of the model that the catalog has for the runtime: of its own library, or of anybody.
std::optional<FoundCommand> catalog_command(const Invocation& call, Query query, Resolver& resolver,
                                            std::string_view model, bool own_library) {
  const CatalogRows& rows = call.catalog.rows();
  const auto runtime = std::find_if(rows.runtimes.begin(), rows.runtimes.end(),
                                    [&](const RuntimeRow& row) { return row.id == query.runtime; });
  if (runtime == rows.runtimes.end()) return std::nullopt;
  const auto is_taken = [&](const BuildRow& build) {
    if (own_library) return build.publisher == runtime->id;
    return std::any_of(rows.quants.begin(), rows.quants.end(), [&](const QuantRow& quant) {
      // Of a GGUF file that was only seen on a card it is not known whether it comes in parts.
      const bool whole = quant.format != "gguf" || (!build.file.empty() && build.bytes);
      return quant.id == build.quant && whole && contains(runtime->formats, quant.format);
    });
  };
  std::vector<std::string> names;
  for (const BuildRow& build : rows.builds) {
    if (build.model != model || !is_taken(build)) continue;
    query.quant = {std::string(build.quant) + "@" + std::string(build.publisher)};
    if (resolver(query)) names.push_back(query.quant.front());
  }
  if (names.empty()) return std::nullopt;
  query.quant = std::move(names);
  const auto reply = reply_to(query, resolver);
  return reply && anything_fits(reply->answers) ? best_command(*reply, call.info, true, true) : std::nullopt;
}

/// What to run instead of a best answer without a command, or of a file that nobody publishes.
std::optional<FoundCommand> other_command(const Invocation& call, Query query, const Reply& reply,
                                          Resolver& resolver) {
  const std::string& model = reply.question.models.front().model.id;
  const bool named = !query.quant.empty();
  query.quant.clear();
  if (auto found = catalog_command(call, query, resolver, model, true)) return found;
  if (auto found = best_command(reply, call.info, true)) return found;
  if (named) {
    const auto any = reply_to(query, resolver);
    auto found = any ? best_command(*any, call.info, true) : std::nullopt;
    if (found) return found;
  }
  return catalog_command(call, query, resolver, model, false);
}

/// What to type for another runtime.
std::string option_of(const OtherRuntime& other) {
  return std::string(kWhere) + " " + other.id + (other.without_quant ? " without --quant" : "");
}

Error no_command(const Invocation& call, const Query& query, Resolver& resolver, std::string why,
                 const std::optional<FoundCommand>& other) {
  if (!other) {
    if (const auto instead = other_runtime(query, resolver, call.info)) why += "; use " + option_of(*instead);
  }
  Error error = combination_error(kWhere, std::move(why));
  if (other) error.did_you_mean = {other->quant};
  return error;
}

int nothing_fits(const Invocation& call, const Query& query, const Reply& reply, Resolver& resolver) {
  const bool unchecked = best_or_smallest(reply.answers).estimate.verdict == Verdict::offload;
  std::string why = unchecked ? " without system RAM, whose size is not known: give --ram SIZE"
                              : "; the same question without --launch says what is short";
  if (const auto other = other_runtime_that_fits(query, reply, resolver, call.info))
    why += "; " + other->name + " runs " + other->quant_name + " here: " + option_of(*other);
  print_error(call.err, {ErrorCode::usage, "nothing fits" + why, std::string(kWhere), {}});
  return 1;
}

}  // namespace

Result<int> run_launch(const Invocation& call) {
  const auto query = query_for(call);
  if (!query) return query.error();
  Resolver resolver(call.catalog);
  if (const auto read = read_own(call.line, resolver); !read) return read.error();
  const auto reply = reply_about_one(*query, resolver, std::string(kWhere));
  if (!reply) return as_typed(reply.error());
  const Question& question = reply->question;
  const Answer& best = best_or_smallest(reply->answers);
  if (!anything_fits(reply->answers)) return nothing_fits(call, *query, *reply, resolver);
  Launch run = launch(question, best, best.settings.runtime, call.info);
  // A quant that was named is not replaced by another.
  const bool named = !query->quant.empty();
  const bool good = !run.command.empty() && (named || best.build->obtainable);
  if (!good) {
    const bool none = run.command.empty();
    const std::string why = none ? "no command for " + best.subject->model.name + " " +
                                       best.build->quant_name + ": " + run.why_not
                                 : best.build->quant_name + " is not known to be published";
    auto other = other_command(call, *query, *reply, resolver);
    if (!other && none && !named) other = best_command(*reply, call.info, false);
    if (none && (named || !other)) return no_command(call, *query, resolver, why, other);
    if (other) {
      call.err << "qwenfit: " << why << "; this is for --quant " << other->quant << '\n';
      run = std::move(other->run);
    }
  }
  call.out << run.command << '\n';
  return 0;
}

}  // namespace qwenfit
