#include "advise/other_caches.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "advise/figures.h"
#include "advise/trade_offs.h"

namespace qwenfit {
namespace {

/// Weights that leave system RAM save at most this many times their share of a token's time: they leave by
/// whole layers, and not all layers take the same time.
constexpr double kMostSaved = 2;

struct OtherCache {
  const Question* question = nullptr;
  std::size_t build = 0;  ///< of the question's only model
  const Answer* asked = nullptr;
  std::optional<Answer> answer;
  Merit at_best;  ///< of what may leave system RAM, where it has not been answered
};

/// What is in system RAM as asked, all or a part of which another cache may bring to the devices.
bool may_leave_ram(const OtherCache& c) {
  return c.asked->estimate.verdict == Verdict::offload;
}

double cache_bytes(const Answer& answer) {
  double bytes = 0;
  for (const DeviceMemory& device : answer.estimate.devices)
    bytes += static_cast<double>(device.terms[Term::kv_cache]);
  return bytes;
}

/// What the other cache leaves free of the one that was asked for.
double freed_bytes(const Answer& asked, const Settings& other) {
  const Settings& s = asked.settings;
  const double before = bytes_per_value(s.kv_k) + bytes_per_value(s.kv_v);
  const double after = bytes_per_value(other.kv_k) + bytes_per_value(other.kv_v);
  return std::max(0.0, cache_bytes(asked) * (1 - after / before));
}

/// The highest speed that freed memory could bring; infinite where weights may all leave system RAM.
double fastest(const Answer& asked, const Settings& other, double freed) {
  constexpr double kAny = std::numeric_limits<double>::infinity();
  const Estimate& e = asked.estimate;
  const double in_ram = static_cast<double>(e.devices.back().terms[Term::weights]);
  if (e.placement.cache_in_ram || freed * kMostSaved >= in_ram) return kAny;
  // A smaller cache is read faster too, where anything is in it.
  const double cache = cache_bytes(asked);
  const double read = other.depth > 0 && cache > 0 ? (cache - freed) / cache : 1;
  return e.speed->decode->tok_s / read / (1 - freed * kMostSaved / in_ram);
}

double missing_bytes(const Answer& answer) {
  double missing = 0;
  for (const DeviceMemory& device : answer.estimate.devices)
    missing -= static_cast<double>(std::min<SignedBytes>(device.free().value_or(0), 0));
  return missing;
}

/// No answer can be better than this.
Merit at_best(const OtherCache& c, const CatalogRows& rows) {
  const Answer& asked = *c.asked;
  const Settings& settings = c.question->models.front().settings[c.build];
  const auto quality = quality_of(*asked.build, asked.subject->model, settings, rows);
  Merit merit = merit_of(*asked.build, asked.estimate, asked.max_context.tokens,
                         quality ? std::optional(quality->mean_kld) : std::nullopt);
  merit.asked = false;
  const double freed = freed_bytes(asked, settings);
  if (freed > 0) merit.context = asked.subject->model.max_context;
  if (merit.tok_s) merit.tok_s = fastest(asked, settings, freed);
  return merit;
}

/// Layers lie on devices as they would with another cache: there is one device, or equal ones and less is
/// freed than a layer takes.
bool lies_the_same(const Question& question, const Answer& asked, double freed) {
  const auto& devices = question.machine.devices;
  const bool equal = std::all_of(devices.begin(), devices.end(),
                                 [&](const Device& d) { return d.id == devices.front().id; });
  double weights = 0;
  for (const DeviceMemory& device : asked.estimate.devices)
    weights += static_cast<double>(device.terms[Term::weights]);
  return devices.size() < 2 || (equal && freed * asked.subject->model.architecture.layers < weights);
}

/// A smaller cache only loses quality where the whole context fits comfortably and nothing of it is read.
bool gains_nothing(const OtherCache& c, const Settings& other) {
  const Answer& asked = *c.asked;
  const double freed = freed_bytes(asked, other);
  return asked.max_context.limited_by == ContextLimit::model && other.depth == 0 && freed > 0 &&
         lies_the_same(*c.question, asked, freed);
}

bool must_be_answered(const OtherCache& c, const Answer& about) {
  if (c.asked->build == about.build) return true;
  const Question::Answerable& subject = c.question->models.front();
  switch (c.asked->estimate.verdict) {
    case Verdict::offload:
      return stays_on_devices(*c.question, subject, c.build);
    case Verdict::no_fit:
      return missing_bytes(*c.asked) <= freed_bytes(*c.asked, subject.settings[c.build]);
    case Verdict::fits:
      return !gains_nothing(c, subject.settings[c.build]);
    default:
      return true;
  }
}

std::vector<OtherCache> candidates(std::span<const Answer> asked, std::span<const Question* const> questions,
                                   const CatalogRows& rows) {
  std::vector<OtherCache> found;
  found.reserve(asked.size() * questions.size());
  for (const Question* question : questions) {
    const auto& builds = question->models.front().builds;
    for (std::size_t i = 0; i < builds.size(); ++i) {
      const auto same = std::find_if(asked.begin(), asked.end(),
                                     [&](const Answer& a) { return same_build(*a.build, builds[i]); });
      if (same == asked.end()) continue;
      OtherCache& c = found.emplace_back(OtherCache{question, i, &*same, std::nullopt, {}});
      if (may_leave_ram(c)) c.at_best = at_best(c, rows);
    }
  }
  return found;
}

std::vector<Answer> answers_of(std::vector<OtherCache> candidates) {
  std::vector<Answer> answers;
  answers.reserve(candidates.size());
  for (OtherCache& c : candidates) {
    if (c.answer) answers.push_back(std::move(*c.answer));
  }
  return answers;
}

/// Whether the candidate could change what the table shows.
bool could_matter(const OtherCache& c, const TradeOffs& table, Tokens longest) {
  const auto is_beaten = [&](const TradeOff& other) { return dominates(other.merit, c.at_best); };
  if (std::any_of(table.choices.begin(), table.choices.end(), is_beaten)) return false;
  for (const TradeOffs::Row& row : table.rows) {
    if (dominates(c.at_best, table.choices[row.choice].merit)) return true;
  }
  const auto tok_s = c.asked->estimate.speed && c.asked->estimate.speed->decode
                         ? std::optional(c.asked->estimate.speed->decode->tok_s)
                         : std::nullopt;
  const bool becomes_comfortable =
      tok_s && *tok_s < advice_figures().comfortable_tok_s && is_comfortable(c.at_best);
  return becomes_comfortable || c.at_best.context > longest;
}

}  // namespace

std::vector<Answer> other_caches(std::span<const Answer> asked, const Answer& about,
                                 std::span<const Question* const> questions, const CatalogRows& rows) {
  std::vector<OtherCache> open = candidates(asked, questions, rows);
  const auto answer = [](OtherCache& c) {
    c.answer = answer_for(*c.question, c.question->models.front(), c.build);
  };
  for (OtherCache& c : open) {
    if (must_be_answered(c, about)) answer(c);
  }
  const auto is_open = [](const OtherCache& c) { return !c.answer && may_leave_ram(c); };
  while (std::any_of(open.begin(), open.end(), is_open)) {
    std::vector<Answer> known = answers_of(open);
    const auto table = trade_offs(asked, known, rows);
    if (!table) return known;
    Tokens longest = 0;
    for (const TradeOffs::Row& row : table->rows)
      longest = std::max(longest, table->choices[row.choice].merit.context);
    const auto next = std::find_if(open.begin(), open.end(), [&](const OtherCache& c) {
      return is_open(c) && could_matter(c, *table, longest);
    });
    // One at a time: what it comes to often settles others.
    if (next == open.end()) return known;
    answer(*next);
  }
  return answers_of(std::move(open));
}

}  // namespace qwenfit
