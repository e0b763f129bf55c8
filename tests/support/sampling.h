#pragma once

// How much of a large grid a run tries: all of it; every n-th case where the build is slow (QWENFIT_SAMPLE=n,
// for sanitizers); more of what is random in long runs (QWENFIT_DEEP).

#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace qwenfit {

/// Every how many cases of a list one is tried; 1 in a usual run.
inline std::size_t sample_stride() {
  const char* sample = std::getenv("QWENFIT_SAMPLE");
  return sample == nullptr ? 1 : static_cast<std::size_t>(std::max(1, std::atoi(sample)));
}

/// Whether this run tries a part only.
inline bool is_sampled() {
  return sample_stride() > 1;
}

/// Random cases to try where a usual run tries `usual`, a long one `deep_times` as many and a sampled one at
/// least `least`.
inline int random_cases(int usual, int deep_times = 1, int least = 10) {
  if (std::getenv("QWENFIT_DEEP") != nullptr) return usual * deep_times;
  return std::max(std::min(usual, least), usual / static_cast<int>(sample_stride()));
}

}  // namespace qwenfit
