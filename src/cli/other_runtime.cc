#include "cli/other_runtime.h"

#include <utility>

namespace qwenfit {
namespace {

std::optional<OtherRuntime> in_runtime(const Query& query, const RuntimeRow& row, Resolver& resolver,
                                       const CatalogInfo& info) {
  const auto reply = reply_to(query, resolver);
  if (!reply || reply->question.models.size() != 1 || !anything_fits(reply->answers)) return std::nullopt;
  const auto found = best_command(*reply, info, true);
  if (!found) return std::nullopt;
  const Estimate& e = found->answer->estimate;
  OtherRuntime other{std::string(row.id),           std::string(row.name), found->answer->build->quant_name,
                     e.verdict == Verdict::offload, std::nullopt,          false};
  if (e.speed) other.decode = e.speed->decode;
  return other;
}

}  // namespace

std::optional<FoundCommand> best_command(const Reply& reply, const CatalogInfo& info, bool published,
                                         bool with_publisher) {
  std::vector<const Answer*> left;
  for (const Answer& a : reply.answers) {
    if (!published || a.build->obtainable) left.push_back(&a);
  }
  while (!left.empty()) {
    std::vector<Answer> answers;
    answers.reserve(left.size());
    for (const Answer* a : left) answers.push_back(*a);
    const auto best = best_answer(answers);
    if (!best) break;
    const Answer& answer = *left[*best];
    Launch run = launch(reply.question, answer, answer.settings.runtime, info);
    const Build& build = *answer.build;
    const std::string by = with_publisher && !build.publisher.empty() ? "@" + build.publisher : "";
    if (!run.command.empty()) return FoundCommand{std::move(run), build.quant_id + by, &answer};
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(*best));
  }
  return std::nullopt;
}

std::optional<OtherRuntime> other_runtime(const Query& query, Resolver& resolver, const CatalogInfo& info) {
  for (const bool without_quant : {false, true}) {
    if (without_quant && query.quant.empty()) break;
    Query changed = query;
    if (without_quant) changed.quant.clear();
    for (const RuntimeRow& row : resolver.catalog().rows().runtimes) {
      if (row.id == query.runtime) continue;
      changed.runtime = row.id;
      auto other = in_runtime(changed, row, resolver, info);
      if (!other) continue;
      other->without_quant = without_quant;
      return other;
    }
  }
  return std::nullopt;
}

std::optional<OtherRuntime> other_runtime_that_fits(const Query& query, const Reply& reply,
                                                    Resolver& resolver, const CatalogInfo& info) {
  if (reply.question.models.size() != 1 || anything_fits(reply.answers)) return std::nullopt;
  Query same = query;
  same.runtime = reply.answers.front().settings.runtime;
  if (!query.quant.empty()) {
    Query any = same;
    any.quant.clear();
    const auto smaller = reply_to(any, resolver);
    if (smaller && anything_fits(smaller->answers)) return std::nullopt;
  }
  return other_runtime(same, resolver, info);
}

}  // namespace qwenfit
