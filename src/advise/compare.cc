#include "advise/compare.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "advise/figures.h"
#include "query/numbers.h"

namespace qwenfit {
namespace {

/// Of each model the best answer, or the last, which is the smallest build.
std::vector<Answer> best_of_each(std::vector<Answer> answers) {
  std::vector<Answer> best;
  for (auto first = answers.begin(); first != answers.end();) {
    const auto last =
        std::find_if(first, answers.end(), [&](const Answer& a) { return a.subject != first->subject; });
    const std::span<const Answer> group(first, last);
    best.push_back(group[best_answer(group).value_or(group.size() - 1)]);
    first = last;
  }
  return best;
}

class Comparer {
 public:
  Comparer(const Query& query, Resolver& resolver) : query_(query), resolver_(resolver) {}

  Result<bool> add(const std::string& machine) {
    Query query = on(machine);
    auto question = resolver_(query);
    bool dropped = false;
    if (!question && !query.ram.empty()) {
      query.ram.clear();
      auto without = resolver_(query);
      dropped = static_cast<bool>(without) && is_unified(without->machine);
      if (dropped) question = std::move(without);
    }
    if (!question) return question.error();
    ComparedMachine& added = result_.machines.emplace_back();
    added.asked = machine;
    added.ram_dropped = dropped;
    added.question = std::move(*question);
    added.best = best_of_each(sweep(added.question));
    return true;
  }

  Comparison finish() && {
    const std::size_t models = result_.machines.front().best.size();
    for (std::size_t model = 0; model < models; ++model) {
      Standing standing{{model, {}, 0}, {}, {}, {}, false};
      for (const ComparedMachine& m : result_.machines) enter(standing, m.best[model], &Speed::decode);
      rank(standing);
      result_.standings.push_back(std::move(standing));
    }
    if (result_.machines.size() > 1) {
      for (std::size_t model = 0; model < models; ++model) look_for_flips(model);
    }
    return std::move(result_);
  }

 private:
  static bool is_unified(const Machine& machine) {
    return !machine.devices.empty() && machine.devices.front().kind == DeviceKind::unified;
  }

  Query on(const std::string& machine) const {
    Query query = query_;
    query.gpu = {machine};
    return query;
  }

  static void enter(Standing& standing, const Answer& answer, std::optional<Rate> Speed::*rate) {
    const Estimate& e = answer.estimate;
    standing.verdicts.push_back(e.verdict);
    const bool known = e.verdict != Verdict::no_fit && e.speed && (*e.speed).*rate;
    standing.rates.push_back(known ? (*e.speed).*rate : std::nullopt);
  }

  static void rank(Standing& s) {
    for (std::size_t i = 0; i < s.rates.size(); ++i) {
      if (s.rates[i] && (!s.leader || s.tok_s(i) > s.tok_s(*s.leader))) s.leader = i;
    }
    if (!s.leader) return;
    for (std::size_t i = 0; i < s.rates.size(); ++i)
      s.level =
          s.level || (i != *s.leader && s.rates[i] && s.tok_s(i) * kVisiblyFaster >= s.tok_s(*s.leader));
  }

  void look_for_flips(std::size_t model) {
    const Tokens most = result_.machines.front().best[model].subject->model.max_context;
    if (query_.quant.empty()) {
      for (const auto quant : advice_figures().compared_quants) try_condition({model, std::string(quant), 0});
    }
    if (query_.ctx.empty() && query_.depth.empty()) {
      for (const auto context : advice_figures().compared_contexts) {
        const auto filled = parse_tokens(context, "--ctx", 1);
        if (filled && *filled <= most) try_condition({model, {}, *filled});
      }
    }
  }

  void try_condition(const Condition& condition) {
    Standing standing{condition, {}, {}, {}, false};
    for (const ComparedMachine& m : result_.machines) {
      Query query = on(m.asked);
      if (m.ram_dropped) query.ram.clear();
      query.model = {m.best[condition.model].subject->model.id};
      if (!condition.quant.empty()) query.quant = {condition.quant};
      if (condition.filled > 0) query.ctx = std::to_string(condition.filled);
      const auto question = resolver_(query);
      if (!question) return;  // a size that the format lacks is no ground to compare
      const auto best = best_of_each(sweep(*question));
      enter(standing, best.front(), condition.filled > 0 ? &Speed::decode_at_context : &Speed::decode);
    }
    rank(standing);
    const Standing& usual = result_.standings[condition.model];
    if (!standing.leader || standing.leader == usual.leader || standing.level) return;
    const auto same = [&](const Standing& s) {
      return s.condition.model == condition.model && s.condition.quant.empty() == condition.quant.empty() &&
             s.leader == standing.leader;
    };
    // The shortest context at which another leads says it for the longer ones.
    const auto& flips = result_.flips;
    if (std::none_of(flips.begin(), flips.end(), same)) result_.flips.push_back(std::move(standing));
  }

  const Query& query_;
  Resolver& resolver_;
  Comparison result_;
};

}  // namespace

Result<Comparison> compare(const std::vector<std::string>& machines, const Query& query, Resolver& resolver) {
  Comparer comparer(query, resolver);
  for (const std::string& machine : machines) {
    if (const auto added = comparer.add(machine); !added) {
      Error error = added.error();
      if (error.where == "--gpu") error.where = machine;
      return error;
    }
  }
  return std::move(comparer).finish();
}

}  // namespace qwenfit
