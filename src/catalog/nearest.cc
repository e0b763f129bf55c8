#include "catalog/nearest.h"

#include <algorithm>
#include <vector>

#include "catalog/names.h"

namespace qwenfit {
namespace {

/// Shorter names are too common inside others to mean anything.
constexpr std::size_t kLeastPart = 2;
/// Bytes of a name that are compared step by step: enough to tell names apart, and quick whatever is typed.
constexpr std::size_t kMostCompared = 64;

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

/// True when a part of the key `text` ends, or starts, at `at`.
bool is_border(std::string_view text, std::size_t at) {
  if (at == 0 || at == text.size()) return true;
  const char before = text[at - 1];
  const char after = text[at];
  if (before == '-' || after == '-') return true;
  if (is_digit(before)) return is_letter(after);
  return is_letter(before) && is_digit(after) && at > 1 && is_letter(text[at - 2]);
}

/// Whether `part` stands in `text` from the start of a part: `whole_parts`, `begun`, or `other` for no.
Relation place_in(std::string_view text, std::string_view part) {
  Relation found = Relation::other;
  if (part.size() < kLeastPart) return found;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    if (!is_border(text, at)) continue;
    if (is_border(text, at + part.size())) return Relation::whole_parts;
    found = Relation::begun;
  }
  return found;
}

/// Whether two keys share a word between their hyphens: "gemma-27b" and "qwen3.5-27b".
bool share_word(std::string_view a, std::string_view b) {
  while (!a.empty()) {
    const std::string_view word = a.substr(0, a.find('-'));
    const bool named = word.size() >= kLeastPart && word.size() < b.size();
    for (auto at = named ? b.find(word) : std::string_view::npos; at != std::string_view::npos;
         at = b.find(word, at + 1)) {
      const std::size_t end = at + word.size();
      if ((at == 0 || b[at - 1] == '-') && (end == b.size() || b[end] == '-')) return true;
    }
    a.remove_prefix(std::min(word.size() + 1, a.size()));
  }
  return false;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (gap > limit) return gap;
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
      least = std::min(least, now[j]);
    }
    if (least > limit) return least;
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

Nearness nearness(std::string_view typed, std::string_view known, std::size_t limit) {
  const Relation place = place_in(known, typed);
  if (place != Relation::other) return {place, known.size() - typed.size()};
  const std::string_view typed_start = typed.substr(0, kMostCompared);
  const std::string_view known_start = known.substr(0, kMostCompared);
  const bool word = share_word(typed, known);
  const std::size_t half = std::max(typed_start.size(), known_start.size()) / 2;
  const std::size_t distance = edit_distance(typed_start, known_start, word ? limit : std::min(limit, half));
  if (distance <= 1) return {Relation::slip, distance};
  if (place_in(typed, known) == Relation::whole_parts) return {Relation::longer, typed.size() - known.size()};
  return {word || distance <= half ? Relation::other : Relation::far, distance};
}

std::size_t Shortlist::limit() const {
  if (best_.size() < count_ || best_.empty()) return std::numeric_limits<std::size_t>::max();
  const Nearness& last = best_.back().nearness;
  return last.relation == Relation::other ? last.steps : 1;
}

void Shortlist::offer(Nearness nearness, std::size_t target) {
  if (nearness.relation == Relation::far) return;
  const Entry entry{nearness, target};
  const auto same =
      std::find_if(best_.begin(), best_.end(), [&](const Entry& e) { return e.target == target; });
  if (same != best_.end()) {
    if (*same <= entry) return;
    best_.erase(same);
  }
  best_.insert(std::upper_bound(best_.begin(), best_.end(), entry), entry);
  if (best_.size() > count_) best_.pop_back();
}

std::vector<std::size_t> Shortlist::targets() const {
  std::vector<std::size_t> targets;
  for (const Entry& entry : best_) targets.push_back(entry.target);
  return targets;
}

/// Names of any kind come here, so both ways to write a key count: with separators and without.
std::vector<std::string> nearest_names(std::string_view typed, const std::vector<std::string_view>& names,
                                       std::size_t count) {
  const std::string joined = device_key(typed);
  const std::string in_parts = model_key(typed);
  Shortlist shortlist(count);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto here = names.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(names.begin(), here, names[i]) != here) continue;
    const std::size_t limit = shortlist.limit();
    shortlist.offer(std::min(nearness(joined, device_key(names[i]), limit),
                             nearness(in_parts, model_key(names[i]), limit)),
                    i);
  }
  std::vector<std::string> out;
  for (const std::size_t i : shortlist.targets()) out.emplace_back(printable(names[i]));
  return out;
}

}  // namespace qwenfit
