#include "detect/mac.h"

#include <nlohmann/json.hpp>

#include "detect/json_text.h"
#include "detect/table_text.h"
#include "query/sizes.h"
#include "query/text.h"

namespace qwenfit {
namespace {

using nlohmann::json;

/// The system's profiler looks at all hardware and takes its time.
constexpr unsigned kProfilerLimitMs = 4000;

const json& entries(const json& document, const char* key) {
  static const json kNone = json::array();
  const auto at = document.find(key);
  return at != document.end() && at->is_array() ? *at : kNone;
}

/// `64 GB`, where the system means GiB.
std::optional<Bytes> physical_memory(std::string_view text) {
  text = trimmed(text);
  const bool tib = text.ends_with("TB");
  if (!tib && !text.ends_with("GB")) return std::nullopt;
  const auto number = parse_unsigned(trimmed(text.substr(0, text.size() - 2)));
  const Bytes bytes = mul(number.value_or(0), kGiB, Bytes{tib ? 1024U : 1U});
  return bytes > 0 && bytes <= kLargestSize ? std::optional(bytes) : std::nullopt;
}

void read_display_card(const json& entry, MachineFacts& facts) {
  const std::string name =
      text_at(entry, "sppci_model").empty() ? text_at(entry, "_name") : text_at(entry, "sppci_model");
  if (name.starts_with("Apple ")) {
    if (facts.chip.empty()) facts.chip = name;
    facts.gpu_cores = small_number(text_at(entry, "sppci_cores"));
  } else if (!name.empty() && !name.starts_with("kHW_Apple") && facts.cards.size() < kMostProbeEntries) {
    CardFacts card;
    card.name = name;
    facts.cards.push_back(std::move(card));
  }
}

}  // namespace

ToolCall profiler_query() {
  return {{"/usr/sbin/system_profiler", "-json", "SPHardwareDataType", "SPDisplaysDataType"},
          kProfilerLimitMs};
}
ToolCall sysctl_query() {
  return {{"/usr/sbin/sysctl", "hw.memsize", "machdep.cpu.brand_string", "kern.osproductversion",
           "iogpu.wired_limit_mb"},
          0};
}
ToolCall vm_stat_query() {
  return {{"/usr/bin/vm_stat"}, 0};
}

bool read_profiler(std::string_view text, MachineFacts& facts) {
  const json document = json::parse(text.begin(), text.end(), nullptr, false);
  if (!document.is_object()) return false;
  for (const json& entry : entries(document, "SPHardwareDataType")) {
    if (!entry.is_object()) continue;
    if (const std::string chip = text_at(entry, "chip_type"); !chip.empty()) facts.chip = chip;
    if (const auto memory = physical_memory(text_at(entry, "physical_memory"))) facts.ram_total = memory;
    if (const std::string cpu = text_at(entry, "cpu_type"); !cpu.empty()) facts.cpu = cpu;
  }
  for (const json& entry : entries(document, "SPDisplaysDataType")) {
    if (entry.is_object()) read_display_card(entry, facts);
  }
  return !entries(document, "SPHardwareDataType").empty();
}

bool read_sysctl(std::string_view text, MachineFacts& facts) {
  std::optional<Bytes> memory;
  for (const std::string_view line : lines_of(text)) {
    if (const auto v = value_after(line, "hw.memsize", ':')) memory = memory_bytes(*v);
    if (memory) facts.ram_total = memory;
    if (const auto v = value_after(line, "machdep.cpu.brand_string", ':')) {
      facts.cpu = *v;
      if (facts.chip.empty() && v->starts_with("Apple M")) facts.chip = *v;
    }
    if (const auto v = value_after(line, "kern.osproductversion", ':')) facts.macos_version = *v;
    if (const auto v = value_after(line, "iogpu.wired_limit_mb", ':')) {
      const auto mib = parse_unsigned(*v);
      if (mib && mul(*mib, kMiB) <= facts.ram_total.value_or(0))
        facts.wired_limit_mib = static_cast<std::uint32_t>(*mib);
    }
  }
  return memory.has_value();
}

std::optional<Bytes> read_vm_stat(std::string_view text) {
  constexpr std::string_view kPage = "page size of ";
  const auto at = text.find(kPage);
  if (at == text.npos) return std::nullopt;
  const std::string_view rest = text.substr(at + kPage.size());
  const auto page = parse_unsigned(rest.substr(0, rest.find(' ')));
  if (!page) return std::nullopt;
  Bytes pages = 0;
  for (const std::string_view line : lines_of(text)) {
    for (const std::string_view key : {"Pages free", "Pages inactive", "Pages speculative"}) {
      auto value = value_after(line, key, ':');
      if (!value) continue;
      if (value->ends_with('.')) value->remove_suffix(1);
      pages = add(pages, parse_unsigned(*value).value_or(0));
    }
  }
  const Bytes bytes = mul(pages, *page);
  return bytes <= kLargestSize ? std::optional(bytes) : std::nullopt;
}

}  // namespace qwenfit
