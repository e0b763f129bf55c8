#include "query/links.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "query/numbers.h"
#include "query/text.h"

namespace qwenfit {
namespace {

constexpr std::string_view kLinksOption = "--gpu";
constexpr std::string_view kNvlink = "nvlink", kPcie = "pcie-";
/// Cards that one bridge joins.
constexpr std::size_t kBridged = 2;

const LinkRow* link_by_id(std::string_view id, const Catalog& catalog) {
  for (const LinkRow& link : catalog.rows().links) {
    if (link.id == id) return &link;
  }
  return nullptr;
}

/// PCIe generation of examples.
constexpr std::uint32_t kUsualGeneration = 4;

struct Slot {
  std::uint32_t generation = 0;  ///< 0: the card's own
  std::uint32_t lanes = 0;
};

std::optional<std::uint32_t> small_number(std::string_view text) {
  constexpr std::uint64_t kMost = 99;
  const auto number = parse_unsigned(text);
  if (!number || *number == 0 || *number > kMost) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

/// `3x4`, `3.0x4`, `3 x4`, `x8`; anything else is no slot.
std::optional<Slot> parse_slot(std::string_view text) {
  const auto cross = text.find('x');
  if (cross == std::string_view::npos) return std::nullopt;
  auto generation = trimmed(text.substr(0, cross));
  if (generation.ends_with(".0")) generation.remove_suffix(2);
  const auto lanes = small_number(trimmed(text.substr(cross + 1)));
  const auto number = generation.empty() ? std::optional<std::uint32_t>(0) : small_number(generation);
  if (!lanes || !number) return std::nullopt;
  return Slot{*number, *lanes};
}

/// `3x4` for a slot, the id of another link to the host, empty for links between cards.
std::string typed_name(const LinkRow& link) {
  if (link.id.starts_with(kNvlink)) return "";
  if (!link.id.starts_with(kPcie)) return std::string(link.id);
  auto name = std::string(link.id.substr(kPcie.size()));
  std::erase(name, '-');
  return name;
}

/// What slot and card agree on.
Slot negotiated(Slot slot, const DeviceRow* card) {
  if (card == nullptr || card->pcie_gen == 0 || card->pcie_lanes == 0) return slot;
  return {slot.generation == 0 ? card->pcie_gen : std::min(slot.generation, card->pcie_gen),
          std::min(slot.lanes, card->pcie_lanes)};
}

/// The slot that there is which is nearest to one that there is not, as `3x4`: first by generation.
std::string nearest_slot(const Slot& slot, const Catalog& catalog) {
  std::string nearest;
  std::pair<std::uint32_t, std::uint32_t> least;
  for (const LinkRow& link : catalog.rows().links) {
    if (!link.id.starts_with(kPcie)) continue;
    auto name = typed_name(link);
    const auto there = parse_slot(name);
    if (!there) continue;
    const std::pair far{distance(there->generation, slot.generation), distance(there->lanes, slot.lanes)};
    if (nearest.empty() || far < least) {
      nearest = std::move(name);
      least = far;
    }
  }
  return nearest;
}

Error unknown_link(std::string_view text, const std::optional<Slot>& slot, const Catalog& catalog) {
  std::vector<std::string_view> others;
  for (const LinkRow& link : catalog.rows().links) {
    if (!link.id.starts_with(kNvlink) && !link.id.starts_with(kPcie)) others.push_back(link.id);
  }
  Error error =
      usage_error(kLinksOption, "pcie= of --gpu takes generation and lanes, such as 3x4 or 4x16, or " +
                                    listed({others.begin(), others.end()}) + ", not " + in_quotes(text));
  error.did_you_mean = slot ? std::vector{nearest_slot(*slot, catalog)} : nearest_names(text, others);
  return error;
}

/// The card's NVLink when it is in use: asked for, or part of the board and not switched off.
const LinkRow* nvlink_of(const GpuSpec& spec, const Catalog& catalog) {
  if (spec.row == nullptr || spec.row->nvlink_link.empty()) return nullptr;
  const LinkRow* link = link_by_id(spec.row->nvlink_link, catalog);
  return link != nullptr && spec.nvlink.value_or(!link->bridge) ? link : nullptr;
}

/// Cards of the machine that NVLink joins to the cards of `spec`: the same ones.
std::size_t linked_cards(const GpuSpec& spec, const std::vector<GpuSpec>& specs, const Catalog& catalog) {
  std::size_t count = 0;
  for (const GpuSpec& other : specs) {
    if (other.row == spec.row && nvlink_of(other, catalog) != nullptr) count += other.count;
  }
  return count;
}

Error joins_nothing(const GpuSpec& spec, std::size_t count) {
  const std::string name(spec.row->name);
  const std::string id(spec.row->id);
  if (count < kBridged) {
    return combination_error(kLinksOption, "NVLink joins cards of the same kind, and this machine has one " +
                                               name + "; type --gpu 2x" + id + ":nvlink, or drop nvlink");
  }
  return combination_error(kLinksOption, "an NVLink bridge joins two " + name + ", so " +
                                             std::to_string(count) + " of them leave one over; type --gpu " +
                                             std::to_string(count - 1) + "x" + id + ":nvlink and --gpu " +
                                             id + " for the rest");
}

}  // namespace

const LinkRow* slot_link(std::uint32_t generation, std::uint32_t lanes, const Catalog& catalog) {
  if (generation == 0 || lanes == 0) return nullptr;
  return link_by_id(std::string(kPcie) + std::to_string(generation) + "-x" + std::to_string(lanes), catalog);
}

std::optional<std::pair<std::uint32_t, std::uint32_t>> pcie_slot(const LinkRow& link) {
  if (!link.id.starts_with(kPcie)) return std::nullopt;
  const auto slot = parse_slot(typed_name(link));
  return slot ? std::optional(std::pair(slot->generation, slot->lanes)) : std::nullopt;
}

std::vector<std::pair<std::string, std::string_view>> host_link_names(const Catalog& catalog) {
  std::vector<std::pair<std::string, std::string_view>> names;
  for (const LinkRow& link : catalog.rows().links) {
    if (auto name = typed_name(link); !name.empty()) names.emplace_back(std::move(name), link.name);
  }
  return names;
}

Result<const LinkRow*> parse_host_link(std::string_view text, const DeviceRow* card, const Catalog& catalog) {
  const std::string typed = lower_case(trimmed(text));
  const LinkRow* link = nullptr;
  const auto slot = parse_slot(typed);
  if (slot) {
    if (slot->generation == 0 && (card == nullptr || card->pcie_gen == 0)) {
      return usage_error(kLinksOption, "pcie= needs the generation as well, such as pcie=" +
                                           nearest_slot({kUsualGeneration, slot->lanes}, catalog));
    }
    const Slot agreed = negotiated(*slot, card);
    // The typed slot must exist; what it agrees on with the card then does as well.
    if (slot->generation == 0 || slot_link(slot->generation, slot->lanes, catalog) != nullptr)
      link = slot_link(agreed.generation, agreed.lanes, catalog);
  } else {
    link = link_by_id(typed, catalog);
    if (link != nullptr && link->id.starts_with(kNvlink)) link = nullptr;
    if (link != nullptr && link->id.starts_with(kPcie)) {
      return parse_host_link(typed_name(*link), card, catalog);
    }
  }
  if (link == nullptr) return unknown_link(text, slot, catalog);
  return link;
}

Result<bool> parse_nvlink(std::string_view text, const DeviceRow* card) {
  const std::string typed = lower_case(trimmed(text));
  if (typed != "on" && typed != "off") return value_error("nvlink= of --gpu", text, {"on", "off"});
  if (card == nullptr || card->nvlink_link.empty()) {
    const std::string name = card == nullptr ? "a custom device" : std::string(card->name);
    const bool unknown = card != nullptr && card->nvlink_bytes_per_s.has_value();
    const bool over_pcie = card == nullptr || !card->unified;
    return combination_error(
        kLinksOption, unknown ? "how fast NVLink joins two " + name + " is not known; drop nvlink"
                              : name + " has no NVLink" +
                                    (over_pcie ? ", its cards exchange over PCIe" : "") + "; drop nvlink");
  }
  return typed == "on";
}

Result<bool> join_devices(const std::vector<GpuSpec>& specs, const Catalog& catalog, Machine& machine) {
  std::size_t first = 0;
  for (const GpuSpec& spec : specs) {
    const std::size_t next = first + spec.count;
    const LinkRow* link = nvlink_of(spec, catalog);
    const std::size_t count = linked_cards(spec, specs, catalog);
    const bool joined = link != nullptr && count > 1 && (!link->bridge || count % kBridged == 0);
    if (spec.nvlink.value_or(false) && !joined) return joins_nothing(spec, count);
    // Several pairs still reach each other over PCIe, and so do cards of other kinds.
    const bool reaches_all =
        joined && count == machine.devices.size() && (!link->bridge || count == kBridged);
    for (; first < next; ++first) {
      Device& device = machine.devices[first];
      if (reaches_all) device.peer_link_bytes_per_s = static_cast<double>(link->bytes_per_s);
      if (spec.nvlink) {
        device.links += device.links.empty() ? "" : ", ";
        device.links += *spec.nvlink ? "NVLink" : "no NVLink";
      }
    }
  }
  return true;
}

}  // namespace qwenfit
