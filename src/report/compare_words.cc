#include "report/compare_words.h"

#include <algorithm>

#include <fmt/format.h>

#include "memory/kv_cache.h"
#include "report/format.h"
#include "report/view.h"

namespace qwenfit {
namespace {

const Model& model_of(const Comparison& c, std::size_t model) {
  return c.machines.front().best[model].subject->model;
}

bool runs(const Answer& answer) {
  return answer.estimate.verdict != Verdict::no_fit;
}

std::string list_machines(const Comparison& c, const std::vector<std::size_t>& machines) {
  std::vector<std::string> names;
  for (const std::size_t i : machines) names.push_back(clean(c.machines[i].asked));
  return joined(names);
}

/// `, 1.6 times rtx3090 (24; the ranges overlap)`.
std::string lead_over(const Comparison& c, const Standing& s) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < s.rates.size(); ++i) {
    if (i == *s.leader || !s.rates[i]) continue;
    const double times = s.tok_s(*s.leader) / s.tok_s(i);
    const std::string name = clean(c.machines[i].asked);
    const bool overlap = s.rates[i]->high > s.rates[*s.leader]->low;
    parts.push_back(times < kVisiblyFaster
                        ? fmt::format("level with {}", name)
                        : fmt::format("{:.1f} times {} ({}{})", times, name, estimated(s.tok_s(i)),
                                      overlap ? "; the ranges overlap" : ""));
  }
  return parts.empty() ? "" : ", " + joined(parts);
}

/// What another machine than the leader does better: the quant, then the context.
std::string better_elsewhere(const Comparison& c, const Standing& s) {
  const std::size_t model = s.condition.model;
  const Answer& lead = c.machines[*s.leader].best[model];
  const Answer* finest = nullptr;
  const Answer* longest = nullptr;
  std::string finest_name, longest_name;
  for (std::size_t i = 0; i < c.machines.size(); ++i) {
    const Answer& a = c.machines[i].best[model];
    if (i == *s.leader || !runs(a)) continue;
    if (a.build->bits > lead.build->bits && (finest == nullptr || a.build->bits > finest->build->bits)) {
      finest = &a;
      finest_name = clean(c.machines[i].asked);
    }
    const Tokens best = longest != nullptr ? longest->max_context.tokens : lead.max_context.tokens;
    if (a.max_context.tokens > best) {
      longest = &a;
      longest_name = clean(c.machines[i].asked);
    }
  }
  std::string text;
  if (finest != nullptr)
    text += fmt::format(" {} runs it at {} instead of {}.", finest_name, clean(finest->build->quant_name),
                        clean(lead.build->quant_name));
  if (longest != nullptr)
    text += fmt::format(" {} holds up to {} of context instead of {}.", longest_name,
                        tokens_at_most(longest->max_context.tokens), tokens_at_most(lead.max_context.tokens));
  return text;
}

std::string standing_sentence(const Comparison& c, const Standing& s) {
  const std::string model = clean(model_of(c, s.condition.model).name);
  std::vector<std::size_t> able, unable;
  for (std::size_t i = 0; i < c.machines.size(); ++i)
    (s.verdicts[i] == Verdict::no_fit ? unable : able).push_back(i);
  if (able.empty()) return fmt::format("{} fits on none of them.", model);
  const std::string missing =
      unable.empty() ? "" : fmt::format(" It does not fit on {}.", list_machines(c, unable));
  if (!s.leader)
    return fmt::format("{} fits on {}; speeds are not known.{}", model, list_machines(c, able), missing);
  const std::string lead = clean(c.machines[*s.leader].asked);
  const std::string rate = estimated(s.tok_s(*s.leader));
  if (able.size() == 1) return fmt::format("{}: only {} runs it, at {} tok/s.", model, lead, rate);
  return fmt::format("{}: {} is the fastest at {} tok/s{}.{}{}", model, lead, rate, lead_over(c, s),
                     better_elsewhere(c, s), missing);
}

Bytes kv_per_1k(const Answer& a) {
  constexpr Tokens kTokens = 1024;
  const Architecture& arch = a.subject->model.architecture;
  return mul(kv_cache_bytes_per_layer(arch, kTokens, a.settings.kv_k, a.settings.kv_v),
             arch.full_attention_layers());
}

/// What `b` changes against `a` on the same machine.
std::string model_sentence(const Answer& a, const Answer& b) {
  const auto named = [](const Answer& x) {
    return fmt::format("{} ({})", clean(x.subject->model.name), clean(x.build->quant_name));
  };
  std::string text = fmt::format("Against {}, {} ", named(a), named(b));
  if (!runs(b)) return text + "does not fit on this machine.";
  if (!runs(a)) return text + "fits where the other does not.";
  std::vector<std::string> parts;
  if (a.build->file_bytes && b.build->file_bytes)
    parts.push_back(
        fmt::format("is a file of {} instead of {} GB", gb(b.build->file_bytes), gb(a.build->file_bytes)));
  if (!a.estimate.guide_only && !b.estimate.guide_only) {
    parts.push_back(fmt::format("takes {} instead of {} MiB of KV cache per 1k tokens", mib(kv_per_1k(b)),
                                mib(kv_per_1k(a))));
    parts.push_back(fmt::format("holds {} instead of {} of context", tokens_at_most(b.max_context.tokens),
                                tokens_at_most(a.max_context.tokens)));
  }
  const auto rate = [](const Answer& x) {
    return x.estimate.speed ? x.estimate.speed->decode : std::nullopt;
  };
  if (rate(a) && rate(b))
    parts.push_back(
        fmt::format("decodes {} instead of {} tok/s", estimated(rate(b)->tok_s), estimated(rate(a)->tok_s)));
  if (b.subject->model.vision && !a.subject->model.vision) parts.emplace_back("reads images");
  if (!b.subject->model.vision && a.subject->model.vision) parts.emplace_back("reads no images");
  return text + joined(parts) + ".";
}

/// Why the usual leader does not lead.
std::string reason(const Comparison& c, const Standing& usual, const Standing& flip) {
  if (!usual.leader) return "";
  const std::size_t loser = *usual.leader;
  const std::string name = clean(c.machines[loser].asked);
  if (!flip.rates[loser]) return fmt::format(", as it does not fit on {}", name);
  const bool ram = flip.verdicts[loser] == Verdict::offload && usual.verdicts[loser] != Verdict::offload;
  return fmt::format(" against {} of {}{}", estimated(flip.tok_s(loser)), name,
                     ram ? ", which needs system RAM then" : "");
}

}  // namespace

std::string condition_words(const Condition& condition) {
  if (condition.filled > 0) return fmt::format("with {} of context filled", tokens_exact(condition.filled));
  if (!condition.quant.empty()) return fmt::format("at {}", clean(condition.quant));
  return "";
}

std::vector<std::string> comparison_sentences(const Comparison& c) {
  std::vector<std::string> sentences;
  if (c.machines.size() > 1) {
    for (const Standing& s : c.standings) sentences.push_back(standing_sentence(c, s));
    return sentences;
  }
  const std::vector<Answer>& best = c.machines.front().best;
  for (std::size_t i = 1; i < best.size(); ++i) sentences.push_back(model_sentence(best.front(), best[i]));
  return sentences;
}

std::vector<std::string> flip_sentences(const Comparison& c) {
  std::vector<std::string> sentences;
  for (const Standing& flip : c.flips) {
    const Standing& usual = c.standings[flip.condition.model];
    sentences.push_back(fmt::format("{} {}: {} leads with {} tok/s{}.",
                                    clean(model_of(c, flip.condition.model).name),
                                    condition_words(flip.condition), clean(c.machines[*flip.leader].asked),
                                    estimated(flip.tok_s(*flip.leader)), reason(c, usual, flip)));
  }
  // Models that different machines lead: dense and MoE models often do.
  for (std::size_t i = 1; i < c.standings.size(); ++i) {
    const Standing& first = c.standings.front();
    const Standing& s = c.standings[i];
    if (!first.leader || !s.leader || first.leader == s.leader || s.level || first.level) continue;
    sentences.push_back(fmt::format("{} leads for {}, {} for {}.", clean(c.machines[*first.leader].asked),
                                    clean(model_of(c, 0).name), clean(c.machines[*s.leader].asked),
                                    clean(model_of(c, i).name)));
  }
  return sentences;
}

}  // namespace qwenfit
