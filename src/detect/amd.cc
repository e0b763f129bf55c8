#include "detect/amd.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "detect/table_text.h"
#include "query/text.h"

namespace qwenfit {
namespace {

using nlohmann::json;

/// rocm-smi says so of devices it has no name for.
bool is_product_name(std::string_view text) {
  return !text.empty() && !text.starts_with("0x") && lower_case(text) != "n/a";
}

/// Fills a card with what `field` finds under one of the names a value has had.
template <typename Field>
CardFacts card_from(const Field& field) {
  CardFacts card;
  card.vendor = kAmdVendor;
  card.by_driver = true;
  for (const char* key : {"card series", "product name", "device name", "card model"}) {
    const std::string name(known(field(key)));
    if (!is_product_name(name)) continue;
    // A name with a list in brackets comes from the database of PCI ids and stands for several cards.
    if (card.name.empty() && name.find('[') == name.npos && name.find('/') == name.npos)
      card.name = name;
    else
      card.names.push_back(name);
  }
  for (const char* key : {"device id", "card model"}) {
    const std::string id(field(key));
    if (card.device == 0 && id.starts_with("0x")) card.device = hexadecimal(id).value_or(0);
  }
  card.bus = bus_address(field("pci bus"));
  card.total = memory_bytes(field("vram total memory (b)"));
  card.used = memory_bytes(field("vram total used memory (b)"));
  if (card.total && card.used && *card.used <= *card.total) card.free = *card.total - *card.used;
  return card;
}

std::vector<CardFacts> read_rocm_json(std::string_view text) {
  std::vector<CardFacts> cards;
  const json document = json::parse(text.begin(), text.end(), nullptr, false);
  if (!document.is_object()) return cards;
  for (const auto& [name, values] : document.items()) {
    if (!name.starts_with("card") || !values.is_object()) continue;
    const json& row = values;
    cards.push_back(card_from([&](std::string_view key) {
      for (const auto& [title, value] : row.items()) {
        if (lower_case(title) == key && value.is_string()) return value.template get<std::string>();
      }
      return std::string();
    }));
  }
  return cards;
}

}  // namespace

ToolCall rocm_query() {
  return {{"rocm-smi", "--showproductname", "--showbus", "--showmeminfo", "vram", "--json"}, 0};
}

std::vector<CardFacts> read_rocm(std::string_view text) {
  if (const auto open = text.find('{'); open != text.npos) {
    const auto close = text.rfind('}');
    if (close == text.npos || close < open) return {};
    return read_rocm_json(text.substr(open, close - open + 1));
  }
  std::vector<CardFacts> cards;
  const CommaTable table(text, "device");
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (!table.cell(row, "device").starts_with("card")) continue;
    cards.push_back(card_from([&](std::string_view key) { return std::string(table.cell(row, key)); }));
  }
  return cards;
}

std::string amd_marketing_name(std::string_view ids, std::uint32_t device, std::uint32_t revision) {
  for (const std::string_view line : lines_of(ids)) {
    if (line.starts_with("#")) continue;
    const auto parts = split(line, ',');
    if (parts.size() == 3 && hexadecimal(parts[0]) == device && hexadecimal(parts[1]) == revision)
      return std::string(parts[2]);
  }
  return {};
}

}  // namespace qwenfit
