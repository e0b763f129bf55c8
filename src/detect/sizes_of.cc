#include "detect/sizes_of.h"

#include <algorithm>
#include <array>

namespace qwenfit {

std::string size_option(Bytes bytes) {
  if (bytes % kGiB == 0) return std::to_string(bytes / kGiB) + "GiB";
  return std::to_string(bytes / kMiB) + "MiB";
}

Bytes installed_memory(Bytes total) {
  struct Step {
    Bytes below, step;
  };
  static constexpr std::array<Step, 4> kSteps = {
      {{8 * kGiB, kGiB}, {32 * kGiB, 2 * kGiB}, {128 * kGiB, 8 * kGiB}, {~Bytes{0}, 16 * kGiB}}};
  constexpr Bytes kLeast = 94, kPercent = 100;  // of the modules that the system still shows
  const auto step =
      std::find_if(kSteps.begin(), kSteps.end(), [&](const Step& s) { return total < s.below; });
  const Bytes whole = pad_to(total, step == kSteps.end() ? kSteps.back().step : step->step);
  return mul(total, kPercent) >= mul(whole, kLeast) ? whole : total / kMiB * kMiB;
}

std::string name_option(std::string_view name) {
  constexpr std::size_t kMost = 48;
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '+' || c == '_';
    if (plain)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
    if (out.size() == kMost) break;
  }
  while (out.ends_with('-')) out.pop_back();
  return out;
}

}  // namespace qwenfit
