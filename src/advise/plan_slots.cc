#include <algorithm>

#include "advise/plan_parts.h"
#include "advise/plan_words.h"
#include "query/board_slots.h"
#include "query/text.h"

namespace qwenfit {
namespace {

std::string nth_card(const Blueprint& build, const std::vector<SlotCheck>& cards, std::size_t i) {
  return "card " + std::to_string(i + 1) + " (" + gpu_name(build.gpus[cards[i].gpu]) + ")";
}

std::string gpu_pointer(const SlotCheck& card) {
  return "/gpus/" + std::to_string(card.gpu);
}

void report_number(const Blueprint& build, const std::vector<SlotCheck>& cards,
                   std::vector<PlanFinding>& findings) {
  if (!build.board || build.board->slots.empty() || cards.size() <= build.board->slots.size()) return;
  findings.push_back(
      {"too_few_slots", Severity::error, "/motherboard/slots",
       std::to_string(cards.size()) + " cards, but slots for " + std::to_string(build.board->slots.size()),
       "a board with more slots, or fewer and larger cards", true});
}

/// Cards one above the other, by index.
std::vector<std::pair<std::size_t, std::size_t>> neighbours(const std::vector<SlotCheck>& cards) {
  std::vector<std::size_t> down;
  for (std::size_t i = 0; i < cards.size(); ++i) {
    if (cards[i].board_slot) down.push_back(i);
  }
  std::sort(down.begin(), down.end(),
            [&](std::size_t a, std::size_t b) { return *cards[a].board_slot < *cards[b].board_slot; });
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0; i + 1 < down.size(); ++i) pairs.emplace_back(down[i], down[i + 1]);
  return pairs;
}

/// What stands with a card of its slot, where the board says something else.
void report_overridden(const Blueprint& build, const std::vector<SlotCheck>& cards,
                       std::vector<PlanFinding>& findings) {
  for (std::size_t i = 0; i < cards.size(); ++i) {
    const SlotCheck& card = cards[i];
    if (!card.own_link || !card.board_slot || card.lanes == 0) continue;
    if (i > 0 && cards[i - 1].gpu == card.gpu) continue;
    const PlannedSlot& slot = build.board->slots[*card.board_slot];
    if (slot.lanes == card.lanes && (card.gen == 0 || slot.gen == card.gen)) continue;
    const bool keys = build.gpus[card.gpu].slot_lanes.has_value();
    findings.push_back({"slot_overridden", Severity::info, gpu_pointer(card) + (keys ? "/slot_lanes" : "/id"),
                        nth_card(build, cards, i) + " is said to sit in " + link_words(card.gen, card.lanes) +
                            ", and slot " + std::to_string(*card.board_slot + 1) + " of the motherboard is " +
                            link_words(slot.gen, slot.lanes) + ": what stands with the card counts",
                        std::string("drop ") + (keys ? "\"slot_pcie_gen\" and \"slot_lanes\"" : "pcie=") +
                            " to count the motherboard's"});
  }
}

/// A card that covers the slot in which the next one sits.
void report_neighbours(const Blueprint& build, const std::vector<SlotCheck>& cards,
                       std::vector<PlanFinding>& findings) {
  for (const auto& [i, next] : neighbours(cards)) {
    const auto spacing = slot_distance(*build.board, *cards[i].board_slot, *cards[next].board_slot);
    if (!spacing || cards[i].width <= *spacing) continue;
    findings.push_back({"slot_blocked", Severity::error,
                        "/motherboard/slots/" + std::to_string(*cards[i].board_slot) + "/spacing",
                        nth_card(build, cards, i) + " takes " + std::to_string(cards[i].width) +
                            " slots, and the next card sits " + std::to_string(*spacing) + " further down",
                        "a narrower card, a riser cable, or a board with its slots " +
                            std::to_string(cards[i].width) + " apart",
                        true});
  }
}

/// Slots of the case that the cards reach down to; none where that is not known.
std::optional<std::uint32_t> reach_of(const Blueprint& build, const std::vector<SlotCheck>& cards) {
  std::uint32_t stacked = 0, reach = 0;
  for (const SlotCheck& card : cards) {
    if (card.width == 0) return std::nullopt;
    const auto offset = card.board_slot ? slot_distance(*build.board, 0, *card.board_slot) : std::nullopt;
    reach = std::max(reach, offset.value_or(stacked) + card.width);
    stacked = std::max(stacked + card.width, reach);
  }
  return reach;
}

void report_case(const Blueprint& build, const std::vector<SlotCheck>& cards,
                 std::vector<PlanFinding>& findings) {
  if (!build.housing || !build.housing->slots) return;
  const auto reach = reach_of(build, cards);
  if (!reach || *reach <= *build.housing->slots) return;
  findings.push_back({"case_too_small", Severity::error, "/case/slots",
                      "the cards reach down to slot " + std::to_string(*reach) + " of a case with " +
                          std::to_string(*build.housing->slots),
                      "a case with " + std::to_string(*reach) + " slots or more, or narrower cards", true});
}

/// Modules of another kind than the processor is known with.
void report_kind(const Blueprint& build, std::vector<PlanFinding>& findings) {
  const DeviceRow* cpu = build.cpu ? build.cpu->row : nullptr;
  const std::string& type = build.memory->type;
  if (cpu == nullptr || type.empty() || lower_case(cpu->memory_type) == type) return;
  findings.push_back({"memory_type", Severity::warning, "/memory/type",
                      std::string(cpu->name) + " is known with " + std::string(cpu->memory_type) +
                          ", and the modules are " + type + ": few boards or none take both",
                      "\"type\": " + ("\"" + lower_case(cpu->memory_type) + "\"")});
}

/// What the file says of channels and modules that cannot be or is not good.
void report_channels(const Blueprint& build, const MemoryInUse& use, Severity severity,
                     std::vector<PlanFinding>& findings) {
  const std::uint32_t said = build.memory->channels.value_or(0), of_cpu = channels_of_cpu(build);
  const std::string available = std::to_string(use.available);
  if (of_cpu > 0 && said > of_cpu)
    findings.push_back({"too_many_channels", Severity::warning, "/memory/channels",
                        (build.cpu->row != nullptr ? std::string(build.cpu->row->name) : build.cpu->id) +
                            " has " + std::to_string(of_cpu) + " memory channels, not " +
                            std::to_string(said) + ": its own are counted",
                        "\"channels\": " + std::to_string(of_cpu) + ", or another processor"});
  if (use.channels < use.available)
    findings.push_back(
        {"empty_channels", severity, "/memory/modules",
         std::to_string(use.channels) + (use.channels == 1 ? " module fills " : " modules fill ") +
             std::to_string(use.channels) + " of " + available + " memory channels: system RAM gives " +
             short_number(use.bandwidth_bytes_per_s / 1e9) + " of " +
             short_number(use.bandwidth_bytes_per_s / 1e9 * use.available / use.channels) + " GB/s",
         "the same size as " + available + " modules", true});
  if (use.uneven > 0)
    findings.push_back({"uneven_modules", severity, "/memory/modules",
                        std::to_string(*build.memory->modules) + " modules on " + available +
                            " channels are uneven: a part of system RAM runs " +
                            (use.uneven == 1 ? "in single channel" : "on " + std::to_string(use.uneven)) +
                            ", slower than the speeds shown",
                        "the same size as " + available + " modules, or as a multiple of it", true});
}

void report_unknown(const Blueprint& build, const std::vector<SlotCheck>& cards,
                    std::vector<PlanFinding>& findings) {
  const bool asked = build.housing || build.board;
  for (std::size_t i = 0; asked && i < cards.size(); ++i) {
    if (cards[i].width > 0 || (i > 0 && cards[i].gpu == cards[i - 1].gpu)) continue;
    findings.push_back({"width_unknown", Severity::info, gpu_pointer(cards[i]),
                        "how many slots " + gpu_name(build.gpus[cards[i].gpu]) +
                            " takes is not known: whether it fits the case is not checked",
                        "compare its measures with the case's"});
  }
}

}  // namespace

std::string gpu_name(const PlannedGpu& gpu) {
  return gpu.row != nullptr ? std::string(gpu.row->name) : gpu.id;
}

std::vector<SlotCheck> check_slots(const Blueprint& build, std::vector<PlanFinding>& findings) {
  std::vector<SlotCheck> cards;
  if (build.is_computer()) return cards;
  for (const CardSlot& slot : card_slots(build)) {
    if (slot.shares_board) continue;
    const DeviceRow* row = build.gpus[slot.gpu].row;
    SlotCheck card{slot.gpu, slot.board_slot, 0, slot.gen, slot.lanes, 0, 0, slot.own_link};
    if (row != nullptr) {
      card.width = row->slots;
      card.card_gen = row->pcie_gen;
      card.card_lanes = row->pcie_lanes;
    }
    cards.push_back(card);
  }
  report_number(build, cards, findings);
  report_neighbours(build, cards, findings);
  report_overridden(build, cards, findings);
  report_case(build, cards, findings);
  report_unknown(build, cards, findings);
  return cards;
}

void report_laptop(const Blueprint& build, std::vector<PlanFinding>& findings) {
  std::uint32_t cards = 0;
  const PlannedGpu* laptop = nullptr;
  std::size_t other = 0;
  for (std::size_t i = 0; i < build.gpus.size(); ++i) {
    const PlannedGpu& gpu = build.gpus[i];
    cards += gpu.count;
    if (laptop == nullptr && gpu.row != nullptr && gpu.row->segment == kLaptopSegment) {
      laptop = &gpu;
      other = i > 0 ? 0 : build.gpus.size() > 1 ? 1 : 0;
    }
  }
  if (laptop == nullptr || cards < 2) return;
  findings.push_back({"laptop_takes_no_cards", Severity::error, "/gpus/" + std::to_string(other),
                      gpu_name(*laptop) + " is soldered into a laptop, which takes no cards inside",
                      "one computer in each file: leave out the laptop's card, or the others", true});
}

void report_computer(const Blueprint& build, std::vector<PlanFinding>& findings) {
  if (!build.is_computer()) return;
  const std::string name = gpu_name(build.gpus.front());
  if (build.is_laptop())
    findings.push_back({"laptop", Severity::info, "/gpus/0/id",
                        name + " is a part of a laptop: its supply, slots and price are not checked", ""});
  const PlannedGpu& gpu = build.gpus.front();
  const bool whole = build.is_one_piece();
  struct Ignored {
    bool given;
    std::string_view code;
    std::string pointer;
    const char* words;
  };
  const Ignored parts[] = {
      {build.supply.has_value(), "supply_not_counted", "/power_supply", " comes with its own supply"},
      {build.housing.has_value(), "case_not_counted", "/case", " comes with its own case"},
      {build.board.has_value(), "board_not_counted", "/motherboard", " comes with its own board"},
      {whole && build.cpu, "cpu_not_counted", "/cpu", " has its own processor, which is what counts"},
      {whole && gpu.slot_lanes, "slot_not_counted", "/gpus/0/slot_lanes", " sits in no slot"},
      {whole && gpu.slot_gen, "slot_not_counted", "/gpus/0/slot_pcie_gen", " sits in no slot"},
      {whole && gpu.power_limit_w, "limit_not_counted", "/gpus/0/power_limit_w",
       " is answered for without a limit on its power"}};
  for (const Ignored& part : parts) {
    const std::string key = part.pointer.substr(part.pointer.find_last_of('/') + 1);
    if (part.given)
      findings.push_back(
          {part.code, Severity::info, part.pointer, name + part.words, "drop \"" + key + "\""});
  }
}

std::optional<MemoryCheck> check_memory(const Blueprint& build, bool used,
                                        std::vector<PlanFinding>& findings) {
  if (build.is_one_piece()) {
    const std::string whole = gpu_name(build.gpus.front());
    if (build.memory)
      findings.push_back({"memory_not_counted", Severity::warning, "/memory",
                          whole + " has unified memory: these modules are not counted", "drop \"memory\""});
    return std::nullopt;
  }
  if (!build.memory) return std::nullopt;
  MemoryCheck check{memory_in_use(build), true};
  const MemoryInUse& use = check.use;
  check.full_channels = use.channels == use.available;
  report_channels(build, use, used ? Severity::warning : Severity::info, findings);
  report_kind(build, findings);
  if (use.cpu.empty() && used)
    findings.push_back({"ram_speed_assumed", Severity::warning, "/memory",
                        "the speed of system RAM is not said, and a workload runs from it in part",
                        "add \"type\" and \"speed_mts\" of the modules, or name the processor"});
  return check;
}

}  // namespace qwenfit
