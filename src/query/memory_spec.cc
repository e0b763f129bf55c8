#include "query/memory_spec.h"

#include <array>

#include "query/text.h"

namespace qwenfit {
namespace {

constexpr std::array<std::string_view, 8> kKinds = {"lpddr5x", "lpddr5", "lpddr4x", "lpddr4",
                                                    "ddr5",    "ddr4",   "ddr3",    "ddr2"};
/// Transfers per second in millions and channels that any memory has had or is likely to have.
constexpr std::uint64_t kSlowest = 400, kFastest = 20000, kMostChannels = 24;

}  // namespace

std::optional<Result<MemorySpec>> parse_memory_spec(std::string_view text) {
  const std::string id = lower_case(trimmed(text));
  for (const auto kind : kKinds) {
    if (!id.starts_with(kind)) continue;
    const std::string_view tail = std::string_view(id).substr(kind.size());
    const auto cross = tail.find('x');
    const bool has_rate = tail.size() > 1 && (tail.front() == '-' || tail.front() == ' ');
    const auto rate =
        has_rate ? parse_unsigned(tail.substr(1, cross == std::string_view::npos ? cross : cross - 1))
                 : std::nullopt;
    const auto channels = cross == std::string_view::npos ? std::optional<std::uint64_t>(0)
                                                          : parse_unsigned(tail.substr(cross + 1));
    const bool channels_fit =
        channels && (cross == std::string_view::npos || (*channels >= 1 && *channels <= kMostChannels));
    if (!rate || *rate < kSlowest || *rate > kFastest || !channels_fit) {
      return usage_error(
          "--cpu",
          "--cpu takes memory as ddr5-6000 or ddr4-3200x4 (rate in MT/s, channels), not " + in_quotes(text));
    }
    std::string name;
    for (const char c : kind) name += c >= 'a' && c <= 'w' ? static_cast<char>(c - 'a' + 'A') : c;
    name += "-" + std::to_string(*rate);
    if (*channels > 0) name += ", " + std::to_string(*channels) + (*channels == 1 ? " channel" : " channels");
    const std::uint64_t paths = *channels > 0 ? *channels : kUsualMemoryChannels;
    return MemorySpec{id, name, static_cast<double>(*rate * kMemoryChannelBytes * paths) * 1e6,
                      static_cast<std::uint32_t>(*channels)};
  }
  return std::nullopt;
}

}  // namespace qwenfit
