#include "catalog/nearest.h"

#include <algorithm>
#include <vector>

#include "catalog/names.h"

namespace qwenfit {

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

std::vector<std::string> nearest_names(std::string_view typed, const std::vector<std::string_view>& names,
                                       std::size_t count) {
  struct Ranked {
    std::size_t distance;
    std::string_view name;
  };
  const std::string key = device_key(typed);
  std::vector<Ranked> best;
  for (const std::string_view name : names) {
    if (count == 0) break;
    const auto same = [&](const Ranked& r) { return r.name == name; };
    if (std::any_of(best.begin(), best.end(), same)) continue;
    const bool full = best.size() == count;
    const std::size_t limit = full ? best.back().distance : std::numeric_limits<std::size_t>::max();
    const std::size_t distance = edit_distance(key, device_key(name), limit);
    if (full && distance >= limit) continue;
    if (full) best.pop_back();
    const auto at = std::upper_bound(best.begin(), best.end(), distance,
                                     [](std::size_t d, const Ranked& r) { return d < r.distance; });
    best.insert(at, {distance, name});
  }
  std::vector<std::string> out;
  for (const Ranked& r : best) out.emplace_back(printable(r.name));
  return out;
}

}  // namespace qwenfit
