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
  names.reserve(machines.size());
  for (const std::size_t i : machines) names.push_back(clean(c.machines[i].asked));
  return joined(names);
}

/// The machine; with its quant where the standing has none that all have.
std::string named(const Comparison& c, const Standing& s, std::size_t machine) {
  const ComparedMachine& m = c.machines[machine];
  const Answer& answer = m.compared[s.condition.model];
  return clean(m.asked) +
         (s.condition.quant.empty() ? fmt::format(" ({})", clean(answer.build->quant_name)) : "");
}

/// The others of which a speed is known; the same machine again is none.
std::vector<std::size_t> rivals(const Comparison& c, const Standing& s) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < s.rates.size(); ++i) {
    if (s.rates[i] && c.machines[i].asked != c.machines[*s.leader].asked) found.push_back(i);
  }
  return found;
}

bool is_level(const Standing& s, std::size_t machine) {
  return s.tok_s(*s.leader) / s.tok_s(machine) < kVisiblyFaster;
}

/// `rtx5090 is the fastest at 60 tok/s, 1.6 times rtx3090 (37; the ranges overlap)`.
std::string speed_words(const Comparison& c, const Standing& s) {
  const std::string lead = named(c, s, *s.leader), rate = estimated(s.tok_s(*s.leader));
  const std::vector<std::size_t> others = rivals(c, s);
  if (others.empty()) return fmt::format("{} runs it at {} tok/s", lead, rate);
  std::vector<std::string> level = {lead}, parts;
  for (const std::size_t i : others) {
    const std::string name = named(c, s, i);
    if (is_level(s, i)) level.push_back(name);
    const bool overlap = s.rates[i]->high > s.rates[*s.leader]->low;
    parts.push_back(is_level(s, i)
                        ? fmt::format("level with {}", name)
                        : fmt::format("{:.1f} times {} ({}{})", s.tok_s(*s.leader) / s.tok_s(i), name,
                                      estimated(s.tok_s(i)), overlap ? "; the ranges overlap" : ""));
  }
  if (level.size() > others.size()) return fmt::format("{} are level at {} tok/s", joined(level), rate);
  return fmt::format("{} is the fastest at {} tok/s, {}", lead, rate, joined(parts));
}

/// That another machine than the leader holds more context.
std::string longest_elsewhere(const Comparison& c, const Standing& s) {
  const Tokens lead = s.max_contexts[*s.leader].value_or(0);
  std::optional<std::size_t> longest;
  for (std::size_t i = 0; i < s.max_contexts.size(); ++i) {
    if (s.max_contexts[i].value_or(0) > (longest ? *s.max_contexts[*longest] : lead)) longest = i;
  }
  if (!longest) return "";
  const std::string more = tokens_at_most(*s.max_contexts[*longest]), less = tokens_at_most(lead);
  return more == less
             ? ""
             : fmt::format(" {} holds up to {} of context instead of {}.", named(c, s, *longest), more, less);
}

/// `rtx3090 also holds Q6_K and rtx5090 Q8_0`; each file of a machine once.
std::string holding_words(const std::vector<std::pair<std::string, std::string>>& files,
                          std::string_view verb) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (std::find(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(i), files[i]) !=
        files.begin() + static_cast<std::ptrdiff_t>(i))
      continue;
    parts.push_back(
        fmt::format("{} {}{}", files[i].first, parts.empty() ? verb : std::string_view(), files[i].second));
  }
  return parts.empty() ? "" : " " + joined(parts) + ".";
}

/// The best files of machines where that is not the one they are compared at: better ones, and smaller ones
/// where that one does not fit.
std::string other_files(const Comparison& c, const Standing& s) {
  if (s.condition.quant.empty()) return "";
  std::vector<std::pair<std::string, std::string>> better, smaller;
  for (const ComparedMachine& m : c.machines) {
    const Answer& best = m.best[s.condition.model];
    const Answer& compared = m.compared[s.condition.model];
    if (runs(compared) && best.build->bits > compared.build->bits)
      better.emplace_back(clean(m.asked), clean(best.build->quant_name));
    if (!runs(compared) && runs(best)) smaller.emplace_back(clean(m.asked), clean(best.build->quant_name));
  }
  return holding_words(better, "also holds ") + holding_words(smaller, "runs it at ");
}

std::string standing_sentence(const Comparison& c, const Standing& s) {
  const std::string condition = condition_words(s);
  const std::string model =
      clean(model_of(c, s.condition.model).name) + (condition.empty() ? "" : " " + condition);
  std::vector<std::size_t> able, unable;
  for (std::size_t i = 0; i < c.machines.size(); ++i)
    (s.verdicts[i] == Verdict::no_fit ? unable : able).push_back(i);
  const std::string files = other_files(c, s);
  if (able.empty()) return fmt::format("{} fits on none of them.{}", model, files);
  const std::string missing =
      unable.empty() ? "" : fmt::format(" It does not fit on {}.", list_machines(c, unable));
  if (!s.leader)
    return fmt::format("{} fits on {}; speeds are not known.{}{}", model, list_machines(c, able), missing,
                       files);
  if (able.size() == 1)
    return fmt::format("{}: only {} runs it, at {} tok/s.{}", model, named(c, s, *s.leader),
                       estimated(s.tok_s(*s.leader)), files);
  return fmt::format("{}: {}.{}{}{}", model, speed_words(c, s), longest_elsewhere(c, s), missing, files);
}

Bytes kv_per_1k(const Answer& a) {
  constexpr Tokens kTokens = 1024;
  const Architecture& arch = a.subject->model.architecture;
  return mul(kv_cache_bytes_per_layer(arch, kTokens, a.settings.kv_k, a.settings.kv_v),
             arch.full_attention_layers());
}

/// One sentence's worth of differences: figures that read the same are left out.
class Differences {
 public:
  void add(std::string_view what, const std::string& now, const std::string& before, std::string_view unit) {
    if (now != before) parts_.push_back(fmt::format("{} {} instead of {}{}", what, now, before, unit));
  }
  void add(std::string text) { parts_.push_back(std::move(text)); }
  const std::vector<std::string>& parts() const { return parts_; }

 private:
  std::vector<std::string> parts_;
};

/// What model `index` changes against the first, on the only machine.
std::string model_sentence(const Comparison& c, std::size_t index) {
  const ComparedMachine& m = c.machines.front();
  const Standing& standing = c.standings[index];
  const Answer& a = m.compared.front();
  const Answer& b = m.compared[index];
  const auto title = [&](const Answer& x) {
    return clean(x.subject->model.name) +
           (standing.condition.quant.empty() ? fmt::format(" ({})", clean(x.build->quant_name)) : "");
  };
  const std::string condition = condition_words(standing);
  const std::string text =
      fmt::format("Against {}{}, {} ", title(a), condition.empty() ? "" : ", both " + condition, title(b));
  const std::string instead =
      runs(m.best[index]) ? fmt::format(", but {} does", clean(m.best[index].build->quant_name)) : "";
  if (!runs(b)) return text + "does not fit on this machine" + instead + ".";
  if (!runs(a)) return text + "fits where the other does not.";
  Differences changes;
  if (a.build->file_bytes && b.build->file_bytes)
    changes.add("is a file of", gb(b.build->file_bytes), gb(a.build->file_bytes), " GB");
  if (!a.estimate.guide_only && !b.estimate.guide_only) {
    changes.add("takes", mib(kv_per_1k(b)), mib(kv_per_1k(a)), " MiB of KV cache per 1k tokens");
    changes.add("holds", tokens_at_most(b.max_context.tokens), tokens_at_most(a.max_context.tokens),
                " of context");
  }
  const auto& before = c.standings.front().rates.front();
  const auto& now = standing.rates.front();
  if (before && now) changes.add("decodes", estimated(now->tok_s), estimated(before->tok_s), " tok/s");
  if (b.subject->model.vision && !a.subject->model.vision) changes.add("reads images");
  if (!b.subject->model.vision && a.subject->model.vision) changes.add("reads no images");
  if (!condition.empty() && m.best[index].build->bits != m.best.front().build->bits)
    changes.add("runs best at", clean(m.best[index].build->quant_name),
                clean(m.best.front().build->quant_name), "");
  return changes.parts().empty() ? "" : text + joined(changes.parts()) + ".";
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

/// `rtx3090 leads for the dense models (Qwen3.5-27B and Qwen3.5-9B), m4-max for the MoE model
/// (Qwen3.5-35B-A3B)`.
std::string model_flip_sentence(const Comparison& c) {
  std::vector<std::pair<std::size_t, std::vector<std::size_t>>> led;
  for (std::size_t i = 0; i < c.standings.size(); ++i) {
    const Standing& s = c.standings[i];
    if (!s.leader || s.level) continue;
    const auto at =
        std::find_if(led.begin(), led.end(), [&](const auto& one) { return one.first == *s.leader; });
    if (at == led.end())
      led.push_back({*s.leader, {i}});
    else
      at->second.push_back(i);
  }
  std::string text;
  for (const auto& [machine, models] : led) {
    std::vector<std::string> names;
    for (const std::size_t model : models) names.push_back(clean(model_of(c, model).name));
    const bool moe = model_of(c, models.front()).kind == ModelKind::moe;
    const std::string what = c.flips_by_kind ? fmt::format("the {} model{} ({})", moe ? "MoE" : "dense",
                                                           names.size() > 1 ? "s" : "", joined(names))
                                             : joined(names);
    text += fmt::format("{}{} {}for {}", text.empty() ? "" : ", ", clean(c.machines[machine].asked),
                        text.empty() ? "leads " : "", what);
  }
  return text + ".";
}

}  // namespace

std::string condition_words(const Standing& s) {
  std::string words = s.quant_name.empty() ? "" : fmt::format("at {}", clean(s.quant_name));
  if (s.condition.filled > 0)
    words += fmt::format("{}with {} of context filled", words.empty() ? "" : " ",
                         tokens_exact(s.condition.filled));
  return words;
}

std::vector<std::string> comparison_sentences(const Comparison& c) {
  std::vector<std::string> sentences;
  if (c.machines.size() > 1) {
    for (const Standing& s : c.standings) sentences.push_back(standing_sentence(c, s));
    return sentences;
  }
  for (std::size_t i = 1; i < c.standings.size(); ++i) sentences.push_back(model_sentence(c, i));
  std::erase(sentences, "");
  return sentences;
}

std::vector<std::string> flip_sentences(const Comparison& c) {
  std::vector<std::string> sentences;
  for (const Standing& flip : c.flips) {
    const Standing& usual = c.standings[flip.condition.model];
    sentences.push_back(fmt::format("{} {}: {} leads with {} tok/s{}.",
                                    clean(model_of(c, flip.condition.model).name), condition_words(flip),
                                    clean(c.machines[*flip.leader].asked),
                                    estimated(flip.tok_s(*flip.leader)), reason(c, usual, flip)));
  }
  if (!c.model_flips.empty()) sentences.push_back(model_flip_sentence(c));
  return sentences;
}

}  // namespace qwenfit
