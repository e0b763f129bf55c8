#include "detect/host.h"

#include <set>

#include "detect/table_text.h"
#include "query/sizes.h"
#include "query/text.h"

namespace qwenfit {

std::optional<Bytes> meminfo_bytes(std::string_view meminfo, std::string_view key) {
  for (const std::string_view line : lines_of(meminfo)) {
    auto value = value_after(line, key, ':');
    if (!value || !value->ends_with("kB")) continue;
    value->remove_suffix(2);
    const auto kib = parse_unsigned(trimmed(*value));
    const Bytes bytes = mul(kib.value_or(0), 1024);
    return kib && bytes <= kLargestSize ? std::optional(bytes) : std::nullopt;
  }
  return std::nullopt;
}

ProcessorFacts read_cpuinfo(std::string_view text) {
  constexpr std::size_t kEveryLine = 1U << 18;
  ProcessorFacts facts;
  std::set<std::string_view> packages;
  for (const std::string_view line : lines_of(text, kEveryLine)) {
    if (const auto name = value_after(line, "model name", ':'); name && facts.name.empty())
      facts.name = *name;
    if (const auto package = value_after(line, "physical id", ':')) packages.insert(*package);
  }
  constexpr std::size_t kMostSockets = 16;
  if (packages.size() > 1 && packages.size() <= kMostSockets)
    facts.sockets = static_cast<std::uint32_t>(packages.size());
  return facts;
}

std::optional<Bytes> container_limit(std::string_view text) {
  return memory_bytes(text);  // `max`, and numbers that no memory has, are no limits
}

}  // namespace qwenfit
