#include "advise/merit.h"

#include <algorithm>

#include "advise/figures.h"

namespace qwenfit {
namespace {

/// Whole layers in system RAM are slow: they come after fewer bits on the devices.
std::uint32_t place_tier(const Build& build, const Estimate& e) {
  const bool whole_layers = e.verdict == Verdict::offload && e.placement.cpu_moe_layers == 0;
  return (whole_layers ? 2U : 0U) + (has_few_bits(build) ? 1U : 0U);
}

/// -1: `a` is better, 1: `b` is, 0: equal; none where only one is known. More is better.
std::optional<int> compare(const std::optional<double>& a, const std::optional<double>& b) {
  if (a.has_value() != b.has_value()) return std::nullopt;
  if (!a || *a == *b) return 0;
  return *a > *b ? -1 : 1;
}

std::optional<double> negated(const std::optional<double>& loss) {
  return loss ? std::optional(-*loss) : std::nullopt;
}

int compare(Tokens a, Tokens b) {
  return a == b ? 0 : a > b ? -1 : 1;
}

/// What it takes to get the file: a download; a conversion of the whole original; the original as it is,
/// which is larger and no better; more than that.
enum Effort : std::uint32_t { kDownload, kConversion, kOriginal, kUnknown };

Effort effort_of(const Build& build) {
  if (!build.obtainable) return kUnknown;
  if (build.conversion) return kConversion;
  return build.bits > advice_figures().most_useful_bits ? kOriginal : kDownload;
}

}  // namespace

bool is_comfortable(const Merit& merit) {
  return !merit.tok_s || *merit.tok_s >= advice_figures().comfortable_tok_s;
}

Merit merit_of(const Build& build, const Estimate& e, Tokens context, std::optional<double> loss) {
  Merit m;
  const bool offload = e.verdict == Verdict::offload;
  m.tier = {place_tier(build, e), effort_of(build), static_cast<std::uint32_t>(e.verdict),
            build.bits > advice_figures().most_useful_bits ? 1U : 0U, offload ? build.bits : 0U};
  m.loss = loss;
  m.context = context;
  if (e.speed && e.speed->decode) m.tok_s = e.speed->decode->tok_s;
  return m;
}

bool is_well_placed(const Build& build, const Estimate& e) {
  return e.verdict != Verdict::no_fit && place_tier(build, e) == 0;
}

bool comes_after(const Build& a, const Build& b) {
  return has_few_bits(a) || effort_of(a) > effort_of(b);
}

bool dominates(const Merit& a, const Merit& b) {
  const int context = compare(a.context, b.context);
  if (!a.loss || context > 0) return false;
  const auto loss = compare(negated(a.loss), negated(b.loss));
  if (!loss || *loss > 0) return false;
  const auto speed = compare(a.tok_s, b.tok_s);
  if (!speed || *speed > 0) return false;
  return *loss < 0 || *speed < 0 || context < 0;
}

bool may_replace(const Merit& a, const Merit& b) {
  const bool same_class = a.tier[kPlaceTier] <= b.tier[kPlaceTier];
  return dominates(a, b) && a.asked == b.asked && same_class && a.tier[kEffortTier] <= b.tier[kEffortTier];
}

Grounds grounds_of(std::span<const Merit> merits, std::size_t recommended) {
  Grounds grounds;
  const Merit& best = merits[recommended];
  const auto is_better = [&](const Merit& m) {
    if (!is_comfortable(best)) return compare(m.tok_s, best.tok_s).value_or(1) < 0;
    return compare(negated(m.loss), negated(best.loss)).value_or(1) < 0;
  };
  for (const Merit& m : merits) {
    if (m.asked != best.asked || !is_better(m)) continue;
    const auto [mine, theirs] =
        std::mismatch(best.tier.begin(), best.tier.end(), m.tier.begin(), m.tier.end());
    if (mine == best.tier.end()) {
      grounds.others = grounds.others || !is_comfortable(best) || is_comfortable(m);
      continue;
    }
    const auto at = static_cast<std::size_t>(mine - best.tier.begin());
    if (*mine > *theirs) grounds.others = true;
    if (at == kPlaceTier && has_few_bits(m) && !has_few_bits(best)) grounds.few_bits = true;
    if (at == kEffortTier && m.tier[at] != kOriginal) grounds.unpublished = true;
    if (at == kVerdictTier && m.tier[at] == static_cast<std::uint32_t>(Verdict::tight)) grounds.tight = true;
  }
  return grounds;
}

bool has_few_bits(const Build& build) {
  return build.bits < advice_figures().least_useful_bits;
}

bool has_few_bits(const Merit& merit) {
  return merit.tier[kPlaceTier] % 2 == 1;
}

std::vector<std::size_t> pareto_set(std::span<const Merit> merits) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < merits.size(); ++i) {
    const Merit& mine = merits[i];
    const auto beaten = [&](std::size_t other) {
      const Merit& theirs = merits[other];
      if (dominates(theirs, mine)) return true;
      const bool equal =
          theirs.loss == mine.loss && theirs.context == mine.context && theirs.tok_s == mine.tok_s;
      if (!equal || other == i) return false;
      if (theirs.asked != mine.asked) return theirs.asked;
      return preferred(theirs, mine) || (other < i && !preferred(mine, theirs));
    };
    bool stays = true;
    for (std::size_t other = 0; other < merits.size() && stays; ++other) stays = !beaten(other);
    if (stays) kept.push_back(i);
  }
  return kept;
}

bool preferred(const Merit& a, const Merit& b) {
  if (a.tier != b.tier) return a.tier < b.tier;
  if (is_comfortable(a) != is_comfortable(b)) return is_comfortable(a);
  const int loss = compare(negated(a.loss), negated(b.loss)).value_or(a.loss ? -1 : 1);
  const int speed = compare(a.tok_s, b.tok_s).value_or(a.tok_s ? -1 : 1);
  if (!is_comfortable(a) && speed != 0) return speed < 0;
  // Nothing is known of both: what comes first, which has more bits, stays first.
  if (loss != 0 || !a.loss) return loss < 0;
  const int context = compare(a.context, b.context);
  return context != 0 ? context < 0 : speed < 0;
}

std::optional<std::size_t> recommended(std::span<const Merit> merits) {
  const auto best_of = [&](auto&& taken) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < merits.size(); ++i) {
      if (!taken(merits[i])) continue;
      const bool as_asked = best && merits[i].asked && !merits[*best].asked;
      const bool otherwise = best && !merits[i].asked && merits[*best].asked;
      if (!best || as_asked || (!otherwise && preferred(merits[i], merits[*best]))) best = i;
    }
    return best;
  };
  auto best = best_of([](const Merit&) { return true; });
  // What is better in everything can come later for its verdict or bits.
  while (best) {
    const auto better = best_of([&](const Merit& m) { return may_replace(m, merits[*best]); });
    if (!better) break;
    best = better;
  }
  return best;
}

}  // namespace qwenfit
