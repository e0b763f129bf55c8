#include "detect/look_linux.h"

#include <algorithm>
#include <utility>

#include "detect/amd.h"
#include "detect/host.h"
#include "detect/merge.h"
#include "detect/modules.h"
#include "detect/nvidia.h"
#include "detect/pci.h"
#include "detect/table_text.h"
#include "detect/tool_asking.h"
#include "detect/windows.h"
#include "query/text.h"

namespace qwenfit {
namespace {

const std::string kDrm = "/sys/class/drm/";

std::string text_of(const Probe& probe, const std::string& path) {
  return probe.read(path).value_or("");
}

std::string line_of(const Probe& probe, const std::string& path) {
  std::string text = text_of(probe, path);
  std::erase(text, '\0');  // names in a device tree end with one
  return std::string(trimmed(text));
}

std::uint32_t id_of(const Probe& probe, const std::string& path) {
  return hexadecimal(line_of(probe, path)).value_or(0);
}

/// The slot of the device in `folder`: the generation that both ends have, the lanes that are in use. What
/// is in use of the generation falls while the card idles.
std::optional<CardLink> link_of(const Probe& probe, const std::string& folder) {
  const std::uint32_t ours = pcie_generation(line_of(probe, folder + "/max_link_speed"));
  const std::uint32_t theirs = pcie_generation(line_of(probe, folder + "/../max_link_speed"));
  const auto lanes = parse_unsigned(line_of(probe, folder + "/current_link_width"));
  constexpr std::uint64_t kMostLanes = 32;
  if (ours == 0 || theirs == 0 || !lanes || *lanes == 0 || *lanes > kMostLanes) return std::nullopt;
  return CardLink{std::min(ours, theirs), static_cast<std::uint32_t>(*lanes)};
}

/// Whether a screen is connected to the card; none where the driver shows no sockets.
std::optional<bool> display_of(const Probe& probe, const std::vector<std::string>& entries,
                               const std::string& card) {
  std::optional<bool> shown;
  for (const std::string& entry : entries) {
    if (!entry.starts_with(card + "-")) continue;
    const bool connected = line_of(probe, kDrm + entry + "/status") == "connected";
    shown = shown.value_or(false) || connected;
  }
  return shown;
}

void read_amd_card(const Probe& probe, const std::string& folder, CardFacts& card) {
  card.total = memory_bytes(line_of(probe, folder + "/mem_info_vram_total"));
  card.used = memory_bytes(line_of(probe, folder + "/mem_info_vram_used"));
  if (card.total && card.used && *card.used <= *card.total) card.free = *card.total - *card.used;
  card.by_driver = card.total.has_value();
  // A card's switch has its maker's number; the board's ports have the processor's.
  card.own_switch = id_of(probe, folder + "/../../vendor") == kAmdVendor;
  card.link = link_of(probe, card.own_switch ? folder + "/../.." : folder);
  if (card.by_driver && !card.display) card.display = false;
  const std::uint32_t revision = id_of(probe, folder + "/revision");
  for (const char* file : {"/usr/share/libdrm/amdgpu.ids", "/opt/amdgpu/share/libdrm/amdgpu.ids"}) {
    if (card.name.empty()) card.name = amd_marketing_name(text_of(probe, file), card.device, revision);
  }
}

std::vector<CardFacts> drm_cards(const Probe& probe) {
  std::vector<CardFacts> cards;
  const auto entries = probe.list("/sys/class/drm");
  for (const std::string& entry : entries) {
    if (!entry.starts_with("card") || !is_digits(std::string_view(entry).substr(4))) continue;
    const std::string folder = kDrm + entry + "/device";
    CardFacts card;
    card.vendor = id_of(probe, folder + "/vendor");
    card.device = id_of(probe, folder + "/device");
    if (card.vendor != kNvidiaVendor && card.vendor != kAmdVendor && card.vendor != kIntelVendor) continue;
    const std::string events = text_of(probe, folder + "/uevent");
    for (const std::string_view line : lines_of(events)) {
      if (const auto slot = value_after(line, "PCI_SLOT_NAME", '=')) card.bus = bus_address(*slot);
    }
    card.display = display_of(probe, entries, entry);
    card.window = largest_region(text_of(probe, folder + "/resource"));
    if (card.vendor == kAmdVendor) read_amd_card(probe, folder, card);
    cards.push_back(std::move(card));
  }
  return cards;
}

const std::string kNvidiaCards = "/proc/driver/nvidia/gpus";

std::string information_file(const std::string& bus) {
  return kNvidiaCards + "/" + bus + "/information";
}

/// What NVIDIA's kernel module knows where its tool does not answer.
std::vector<CardFacts> module_cards(const Probe& probe) {
  std::vector<CardFacts> cards;
  for (const std::string& bus : probe.list(kNvidiaCards)) {
    CardFacts card = read_nvidia_information(text_of(probe, information_file(bus)));
    if (!card.name.empty()) cards.push_back(std::move(card));
  }
  return cards;
}

/// Names where `lspci` is missing, from the database that it reads.
void add_names(const Probe& probe, std::vector<CardFacts>& cards) {
  const bool nameless = std::any_of(cards.begin(), cards.end(), [](const CardFacts& card) {
    return card.name.empty() && card.names.empty();
  });
  if (!nameless) return;
  std::string ids;
  for (const char* file : {"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"}) {
    if (ids.empty()) ids = text_of(probe, file);
  }
  for (CardFacts& card : cards) {
    if (!card.name.empty() || !card.names.empty()) continue;
    std::string name = pci_device_name(ids, card.vendor, card.device);
    if (!name.empty()) card.names.push_back(std::move(name));
  }
}

void look_at_host(const Probe& probe, MachineFacts& facts) {
  const std::string meminfo = text_of(probe, "/proc/meminfo");
  facts.ram_total = meminfo_bytes(meminfo, "MemTotal");
  facts.ram_available = meminfo_bytes(meminfo, "MemAvailable");
  const ProcessorFacts cpu = read_cpuinfo(text_of(probe, "/proc/cpuinfo"));
  facts.cpu = cpu.name;
  facts.sockets = cpu.sockets;
  facts.board = line_of(probe, "/proc/device-tree/model");
  facts.wsl = lower_case(line_of(probe, "/proc/sys/kernel/osrelease")).find("microsoft") != std::string::npos;
  for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    const auto limit = container_limit(text_of(probe, file));
    if (limit && facts.ram_total && *limit < *facts.ram_total) facts.ram_limit = limit;
  }
}

/// The answers of one round of questions; what was not asked is missing.
struct LinuxAnswers {
  ToolOutput nvidia, lspci, rocm, dmidecode;
};
LinuxAnswers ask_linux(const Probe& probe, bool amd, bool modules, MachineFacts& facts) {
  std::vector<ToolCall> calls = {nvidia_query("nvidia-smi"), {{"lspci", "-D", "-nn"}, 0}};
  if (amd) calls.push_back(rocm_query());
  if (modules) calls.push_back(dmidecode_query());
  auto outputs = ask(probe, calls, facts);
  LinuxAnswers answers{std::move(outputs[0]), std::move(outputs[1]), {}, {}};
  if (amd) answers.rocm = std::move(outputs[2]);
  if (modules) answers.dmidecode = std::move(outputs.back());
  return answers;
}

}  // namespace

void look_at_linux(const Probe& probe, MachineFacts& facts) {
  look_at_host(probe, facts);
  const std::vector<CardFacts> drawn = drm_cards(probe);
  const bool amd = std::any_of(drawn.begin(), drawn.end(), [](auto& c) { return c.vendor == kAmdVendor; });
  facts.modules = sum_up(read_udev_memory(text_of(probe, "/run/udev/data/+dmi:id")));
  const bool modules_known = facts.modules && !facts.modules->kind.empty();
  LinuxAnswers answers = ask_linux(probe, amd, !modules_known, facts);
  if (!modules_known) {
    if (const auto read = sum_up(read_dmidecode(answers.dmidecode.text))) facts.modules = read;
  }
  std::string program = "nvidia-smi";
  if (facts.wsl && answers.nvidia.state == ToolState::missing) {
    program = "/usr/lib/wsl/lib/nvidia-smi";
    answers.nvidia = ask(probe, {nvidia_query(program)}, facts).front();
  }
  facts.cards = nvidia_cards(probe, program, answers.nvidia, facts);
  if (facts.cards.empty()) facts.cards = module_cards(probe);
  merge_cards(facts.cards, drawn);
  const auto listed = read_rocm(answers.rocm.text);
  note_read(facts, "rocm-smi", !listed.empty(), answers.rocm.text);
  merge_cards(facts.cards, listed);
  note_read(facts, "lspci", is_device_list(answers.lspci.text), answers.lspci.text);
  merge_cards(facts.cards, read_lspci(answers.lspci.text));
  add_names(probe, facts.cards);
  if (facts.wsl && facts.cards.empty()) {
    const auto answer = ask(probe, {powershell_query()}, facts).front();
    note_read(facts, "powershell.exe", read_powershell(answer.text, false, facts), answer.text);
  }
}

}  // namespace qwenfit
