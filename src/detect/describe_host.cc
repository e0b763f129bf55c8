#include "detect/describe_host.h"

#include <algorithm>

#include "catalog/names.h"
#include "detect/describe_words.h"
#include "detect/sizes_of.h"
#include "query/memory_spec.h"
#include "query/sizes.h"

namespace qwenfit {
namespace {

/// Size of the modules where the firmware tells it and it agrees with what the system shows; else the
/// nearest that modules come in.
Bytes installed_of(const MachineFacts& facts, Bytes kept) {
  constexpr Bytes kLeast = 4, kOf = 5;
  const Bytes total = add(*facts.ram_total, kept);
  const Bytes told = facts.modules ? facts.modules->installed : 0;
  const bool agrees = told >= total && mul(total, kOf) >= mul(told, kLeast);
  return agrees ? told : installed_memory(total);
}

/// `ddr5-6000` or `ddr4-3200x8`; empty where the firmware tells no kind.
std::string memory_option(const MemoryModules& modules, const DeviceRow* processor) {
  if (modules.kind.empty() || modules.rate_mts == 0) return {};
  std::uint32_t channels = modules.channels;
  if (channels == 0 && processor != nullptr) channels = processor->channels;
  std::string option = modules.kind + "-" + std::to_string(modules.rate_mts);
  if (channels > 0 && channels != kUsualMemoryChannels) option += "x" + std::to_string(channels);
  const auto spec = parse_memory_spec(option);
  return spec && *spec ? option : std::string();
}

/// Whether a card that the tool may tell of is known without it; of NVIDIA's, its tool is the driver.
bool others_name_card(const Detection& detection, const ToolReport& tool) {
  const bool nvidia = tool.name.starts_with("nvidia-smi");
  return std::any_of(detection.cards.begin(), detection.cards.end(), [&](const DetectedCard& card) {
    const bool named = !card.option.empty() || !card.choices.empty();
    return named && (!nvidia || (card.facts.vendor == kNvidiaVendor && !card.facts.by_driver));
  });
}

}  // namespace

std::string os_option(const MachineFacts& facts) {
  switch (facts.system) {
    case System::linux_os:
      return "linux";
    case System::windows:
      return "windows";
    case System::macos:
      break;
  }
  for (const std::string_view major : {"15", "26"}) {
    if (facts.macos_version.starts_with(std::string(major) + ".") || facts.macos_version == major)
      return "macos-" + std::string(major);
  }
  return "macos";
}

Bytes kept_for_graphics(const Detection& detection) {
  Bytes kept = 0;
  for (const DetectedCard& card : detection.cards) {
    const bool shared = card.row != nullptr ? card.row->unified : card.option.empty() && card.choices.empty();
    if (shared && card.facts.vendor == kAmdVendor) kept = add(kept, card.facts.total.value_or(0));
  }
  return kept;
}

void describe_host(Detection& detection, bool pooled) {
  MachineFacts& facts = detection.facts;
  if (facts.ram_total && *facts.ram_total >= kMiB)
    detection.installed = std::min(installed_of(facts, kept_for_graphics(detection)), kLargestSize);
  if (pooled) return;
  if (facts.ram_limit && *facts.ram_limit >= kMiB) {
    detection.query.ram = size_option(*facts.ram_limit / kMiB * kMiB);
    detection.notes.push_back({"container_limit", limit_words(facts), false});
  } else if (detection.installed) {
    detection.query.ram = size_option(*detection.installed);
  }
  if (facts.wsl) detection.notes.push_back({"wsl", wsl_words(), false});
  if (detection.query.ram.empty()) return;
  if (facts.modules) detection.query.cpu = memory_option(*facts.modules, detection.processor);
  if (detection.query.cpu.empty() && detection.processor != nullptr)
    detection.query.cpu = detection.processor->id;
  if (detection.query.cpu.empty())
    detection.notes.push_back({"memory_kind_unknown", memory_kind_words(), false});
}

void note_tools(Detection& detection) {
  for (const ToolReport& tool : detection.facts.tools) {
    if (tool.state == ToolState::ok || tool.state == ToolState::missing) continue;
    if (tool.name == "dmidecode") continue;  // it needs root, and says so every time
    std::string words = tool_words(tool);
    if (!others_name_card(detection, tool))
      words += "; what it would have told is missing: name it, such as by --gpu";
    detection.notes.push_back({"tool_silent", std::move(words), true});
  }
}

}  // namespace qwenfit
