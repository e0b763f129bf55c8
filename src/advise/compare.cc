#include "advise/compare.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "advise/figures.h"
#include "query/numbers.h"

namespace qwenfit {
namespace {

/// The answers for one model.
using Group = std::vector<Answer>;

std::vector<Group> by_subject(std::vector<Answer> answers) {
  std::vector<Group> groups;
  for (Answer& answer : answers) {
    if (groups.empty() || groups.back().front().subject != answer.subject) groups.emplace_back();
    groups.back().push_back(std::move(answer));
  }
  return groups;
}

/// The best answer, or the last, which is the smallest build.
const Answer& best_of(const Group& group) {
  return group[best_answer(group).value_or(group.size() - 1)];
}

bool has_quant(const Group& group, std::string_view quant) {
  return std::any_of(group.begin(), group.end(), [&](const Answer& a) { return a.build->quant_id == quant; });
}

/// The best answer at a quant that the group has; at any where `quant` is empty.
const Answer& best_at(const Group& group, std::string_view quant) {
  if (quant.empty()) return best_of(group);
  std::vector<std::size_t> at;
  Group same;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (group[i].build->quant_id != quant) continue;
    at.push_back(i);
    same.push_back(group[i]);
  }
  return group[at[best_answer(same).value_or(same.size() - 1)]];
}

/// The quant to compare all groups at: the common one if they have it, else of those that are recommended for
/// one of them and that all have the one with the fewest bits; empty where there is none.
std::string shared_quant(const std::vector<const Group*>& groups) {
  const auto all_have = [&](std::string_view quant) {
    return std::all_of(groups.begin(), groups.end(), [&](const Group* g) { return has_quant(*g, quant); });
  };
  const std::string_view common = advice_figures().common_quant;
  if (all_have(common)) return std::string(common);
  const Build* found = nullptr;
  for (const Group* group : groups) {
    const Build* best = best_of(*group).build;
    if (all_have(best->quant_id) && (found == nullptr || best->bits < found->bits)) found = best;
  }
  return found != nullptr ? found->quant_id : "";
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
    groups_.push_back(by_subject(sweep(added.question)));
    for (const Group& group : groups_.back()) added.best.push_back(best_of(group));
    return true;
  }

  Comparison finish() && {
    const std::size_t models = result_.machines.front().best.size();
    for (std::size_t model = 0; model < models; ++model) {
      Standing standing;
      standing.condition = {model, quant_for(model), 0};
      for (std::size_t i = 0; i < result_.machines.size(); ++i) {
        result_.machines[i].compared.push_back(best_at(groups_[i][model], standing.condition.quant));
        enter(standing, result_.machines[i].compared.back(), &Speed::decode);
      }
      rank(standing);
      result_.standings.push_back(std::move(standing));
    }
    if (result_.machines.size() > 1) {
      for (std::size_t model = 0; model < models; ++model) look_for_flips(model);
      compare_leaders();
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

  /// Machines are compared model by model, one machine's models with each other.
  std::string quant_for(std::size_t model) const {
    std::vector<const Group*> groups;
    for (const auto& machine : groups_) {
      for (std::size_t m = 0; m < machine.size(); ++m) {
        if (groups_.size() == 1 || m == model) groups.push_back(&machine[m]);
      }
    }
    return shared_quant(groups);
  }

  static void enter(Standing& standing, const Answer& answer, std::optional<Rate> Speed::*rate) {
    const Estimate& e = answer.estimate;
    if (!standing.condition.quant.empty()) standing.quant_name = answer.build->quant_name;
    standing.files.push_back(answer.build->file_bytes);
    const bool held = e.verdict != Verdict::no_fit && !e.guide_only;
    standing.max_contexts.push_back(held ? std::optional(answer.max_context.tokens) : std::nullopt);
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

  ModelKind kind_of(std::size_t model) const {
    return result_.machines.front().best[model].subject->model.kind;
  }

  /// Whether the order of the machines depends on the model, and then on its kind.
  void compare_leaders() {
    std::vector<std::size_t> led;
    for (std::size_t i = 0; i < result_.standings.size(); ++i) {
      if (result_.standings[i].leader && !result_.standings[i].level) led.push_back(i);
    }
    const auto leader = [&](std::size_t model) { return result_.standings[model].leader; };
    bool by_kind = true;
    for (const std::size_t model : led) {
      const bool same = leader(model) == leader(led.front());
      if (!same) result_.model_flips.push_back(model);
      by_kind = by_kind && same == (kind_of(model) == kind_of(led.front())) &&
                (same || leader(model) == leader(result_.model_flips.front()));
    }
    result_.flips_by_kind = by_kind && !result_.model_flips.empty();
  }

  void look_for_flips(std::size_t model) {
    const Tokens most = result_.machines.front().best[model].subject->model.max_context;
    const std::string& usual = result_.standings[model].condition.quant;
    if (query_.quant.empty()) {
      for (const auto quant : advice_figures().compared_quants) {
        if (quant != usual) try_condition({model, std::string(quant), 0});
      }
    }
    if (query_.ctx.empty() && query_.depth.empty()) {
      for (const auto context : advice_figures().compared_contexts) {
        const auto filled = parse_tokens(context, "--ctx", 1);
        if (filled && *filled <= most) try_condition({model, usual, *filled});
      }
    }
  }

  void try_condition(const Condition& condition) {
    Standing standing;
    standing.condition = condition;
    for (const ComparedMachine& m : result_.machines) {
      Query query = on(m.asked);
      if (m.ram_dropped) query.ram.clear();
      query.model = {m.best[condition.model].subject->model.id};
      if (query.quant.empty() && !condition.quant.empty()) query.quant = {condition.quant};
      if (condition.filled > 0) query.ctx = std::to_string(condition.filled);
      const auto question = resolver_(query);
      if (!question) return;  // a size that the format lacks is no ground to compare
      const auto groups = by_subject(sweep(*question));
      const bool has = condition.quant.empty() || has_quant(groups.front(), condition.quant);
      if (!has) return;
      enter(standing, best_at(groups.front(), condition.quant),
            condition.filled > 0 ? &Speed::decode_at_context : &Speed::decode);
    }
    rank(standing);
    const Standing& usual = result_.standings[condition.model];
    if (!standing.leader || standing.leader == usual.leader || standing.level) return;
    const auto same = [&](const Standing& s) {
      return s.condition.model == condition.model && (s.condition.filled > 0) == (condition.filled > 0) &&
             s.leader == standing.leader;
    };
    // The shortest context at which another leads says it for the longer ones.
    const auto& flips = result_.flips;
    if (std::none_of(flips.begin(), flips.end(), same)) result_.flips.push_back(std::move(standing));
  }

  const Query& query_;
  Resolver& resolver_;
  Comparison result_;
  std::vector<std::vector<Group>> groups_;  ///< per machine and model, in the result's order
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
