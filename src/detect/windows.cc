#include "detect/windows.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "detect/json_text.h"
#include "detect/modules.h"
#include "detect/table_text.h"
#include "query/sizes.h"
#include "query/text.h"

namespace qwenfit {
namespace {

using nlohmann::json;

/// PowerShell takes a second or more to start.
constexpr unsigned kPowershellLimitMs = 5000;

constexpr std::string_view kQuestion =
    "$ErrorActionPreference='SilentlyContinue';"
    "[Console]::OutputEncoding=[Text.Encoding]::UTF8;"
    "@{cards=@(Get-CimInstance Win32_VideoController|Select-Object Name,AdapterRAM,PNPDeviceID);"
    "sizes=@(Get-ItemProperty "
    "'HKLM:\\SYSTEM\\ControlSet001\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}\\0*' "
    "-Name DriverDesc,HardwareInformation.qwMemorySize|"
    "Select-Object DriverDesc,HardwareInformation.qwMemorySize);"
    "modules=@(Get-CimInstance Win32_PhysicalMemory|Select-Object "
    "Capacity,ConfiguredClockSpeed,SMBIOSMemoryType,DataWidth,DeviceLocator,BankLabel);"
    "cpus=@(Get-CimInstance Win32_Processor|Select-Object Name);"
    "system=@(Get-CimInstance Win32_OperatingSystem|Select-Object "
    "TotalVisibleMemorySize,FreePhysicalMemory)}|ConvertTo-Json -Depth 3 -Compress";

std::uint64_t number_at(const json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end()) return 0;
  if (at->is_number_unsigned()) return at->get<std::uint64_t>();
  return at->is_string() ? parse_unsigned(trimmed(at->get_ref<const std::string&>())).value_or(0) : 0;
}

std::vector<const json*> objects(const json& document, const char* key) {
  std::vector<const json*> out;
  const auto at = document.find(key);
  if (at == document.end()) return out;
  if (at->is_object()) out.push_back(&*at);
  if (!at->is_array()) return out;
  for (const json& entry : *at) {
    if (entry.is_object() && out.size() < kMostProbeEntries) out.push_back(&entry);
  }
  return out;
}

/// The number after `VEN_` or `DEV_` of `PCI\VEN_1002&DEV_744C&...`.
std::uint32_t id_after(std::string_view pnp, std::string_view key) {
  const auto at = pnp.find(key);
  return at == pnp.npos ? 0 : hexadecimal(pnp.substr(at + key.size(), 4)).value_or(0);
}

/// SMBIOS's numbers of memory types.
std::string memory_kind(std::uint64_t type) {
  static constexpr std::pair<std::uint64_t, std::string_view> kKinds[] = {
      {0x18, "DDR3"}, {0x1a, "DDR4"}, {0x1e, "LPDDR4"}, {0x22, "DDR5"}, {0x23, "LPDDR5"}};
  for (const auto& [number, kind] : kKinds) {
    if (number == type) return std::string(kind);
  }
  return {};
}

/// `AdapterRAM` has 32 bits and stops short of 4 GiB.
std::optional<Bytes> adapter_memory(std::uint64_t bytes) {
  constexpr Bytes kStops = 4 * kGiB - 2 * kMiB;
  return bytes > 0 && bytes < kStops ? std::optional<Bytes>(bytes) : std::nullopt;
}

void read_cards(const json& document, MachineFacts& facts) {
  for (const json* entry : objects(document, "cards")) {
    CardFacts card;
    card.name = text_at(*entry, "Name");
    const std::string pnp = text_at(*entry, "PNPDeviceID");
    card.vendor = id_after(pnp, "VEN_");
    card.device = id_after(pnp, "DEV_");
    const bool listed = std::any_of(facts.cards.begin(), facts.cards.end(),
                                    [&](const CardFacts& other) { return other.name == card.name; });
    if (card.name.empty() || !pnp.starts_with("PCI\\") || (listed && card.vendor == kNvidiaVendor)) continue;
    card.total = adapter_memory(number_at(*entry, "AdapterRAM"));
    for (const json* size : objects(document, "sizes")) {
      const Bytes bytes = number_at(*size, "HardwareInformation.qwMemorySize");
      if (text_at(*size, "DriverDesc") == card.name && bytes > 0 && bytes <= kLargestSize) card.total = bytes;
    }
    card.by_driver = true;
    facts.cards.push_back(std::move(card));
  }
}

void read_host(const json& document, MachineFacts& facts) {
  std::vector<MemorySlot> slots;
  for (const json* entry : objects(document, "modules")) {
    const Bytes size = number_at(*entry, "Capacity");
    slots.push_back({memory_kind(number_at(*entry, "SMBIOSMemoryType")), size <= kLargestSize ? size : 0,
                     memory_rate(std::to_string(number_at(*entry, "ConfiguredClockSpeed"))),
                     static_cast<std::uint32_t>(std::min<std::uint64_t>(number_at(*entry, "DataWidth"), 64)),
                     text_at(*entry, "DeviceLocator"), text_at(*entry, "BankLabel")});
  }
  facts.modules = sum_up(slots);
  const auto cpus = objects(document, "cpus");
  if (!cpus.empty()) {
    facts.cpu = text_at(*cpus.front(), "Name");
    facts.sockets = static_cast<std::uint32_t>(cpus.size());
  }
  for (const json* entry : objects(document, "system")) {
    const Bytes total = mul(number_at(*entry, "TotalVisibleMemorySize"), 1024);
    const Bytes free = mul(number_at(*entry, "FreePhysicalMemory"), 1024);
    if (total > 0 && total <= kLargestSize) facts.ram_total = total;
    if (free > 0 && free <= total) facts.ram_available = free;
  }
}

}  // namespace

ToolCall powershell_query() {
  return {{"powershell.exe", "-NoProfile", "-NonInteractive", "-Command", std::string(kQuestion)},
          kPowershellLimitMs};
}

bool read_powershell(std::string_view text, bool host, MachineFacts& facts) {
  const auto open = text.find('{');
  if (open == text.npos) return false;
  const std::string_view body = text.substr(open);
  const json document = json::parse(body.begin(), body.end(), nullptr, false);
  if (!document.is_object() || !document.contains("cards")) return false;
  read_cards(document, facts);
  if (host) read_host(document, facts);
  return true;
}

}  // namespace qwenfit
