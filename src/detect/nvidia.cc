#include "detect/nvidia.h"

#include <algorithm>

#include "detect/table_text.h"
#include "query/sizes.h"
#include "query/text.h"

namespace qwenfit {
namespace {

constexpr std::string_view kNameField = "name", kTotalField = "memory.total";
constexpr std::string_view kFields =
    "name,pci.bus_id,pci.device_id,memory.total,memory.used,memory.free,pcie.link.gen.max,"
    "pcie.link.width.current,display_active,mig.mode.current";
constexpr std::string_view kShortFields = "name,pci.bus_id,memory.total,memory.used,memory.free";

ToolCall query_of(const std::string& program, std::string_view fields) {
  return {{program, "--query-gpu=" + std::string(fields), "--format=csv"}, 0};
}

/// `10gb` of `1g.10gb`, as the maker counts.
std::optional<Bytes> part_memory(std::string_view profile) {
  const auto dot = profile.find('.');
  if (dot == profile.npos) return std::nullopt;
  std::string_view size = profile.substr(dot + 1);
  size = size.substr(0, size.find('+'));
  const auto bytes = parse_size(size, "");
  return bytes && *bytes >= kMiB ? std::optional(*bytes) : std::nullopt;
}

}  // namespace

ToolCall nvidia_query(const std::string& program) {
  return query_of(program, kFields);
}
ToolCall nvidia_short_query(const std::string& program) {
  return query_of(program, kShortFields);
}
ToolCall nvidia_list(const std::string& program) {
  return {{program, "-L"}, 0};
}

NvidiaAnswer read_nvidia(std::string_view text) {
  NvidiaAnswer answer;
  const CommaTable table(text, kTotalField);
  if (!table.found()) answer.instead = first_line(text);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    CardFacts card;
    card.name = table.cell(row, kNameField);
    // A line of one cell is a warning between the rows.
    if (card.name.empty() || table.cells(row) < 2) {
      if (answer.instead.empty()) answer.instead = table.beginning(row);
      continue;
    }
    card.vendor = kNvidiaVendor;
    card.device = hexadecimal(table.cell(row, "pci.device_id")).value_or(0) >> 16;
    card.bus = bus_address(table.cell(row, "pci.bus_id"));
    card.by_driver = true;
    card.total = mebibytes(table.cell(row, kTotalField));
    card.used = mebibytes(table.cell(row, "memory.used"));
    card.free = mebibytes(table.cell(row, "memory.free"));
    const CardLink link{small_number(table.cell(row, "pcie.link.gen.max")),
                        small_number(table.cell(row, "pcie.link.width.current"))};
    if (link.generation > 0 && link.lanes > 0) card.link = link;
    const std::string shown = lower_case(table.cell(row, "display_active"));
    if (shown == "enabled" || shown == "disabled") card.display = shown == "enabled";
    answer.cards.push_back(std::move(card));
  }
  return answer;
}

bool has_parts(std::string_view text) {
  const CommaTable table(text, kTotalField);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (lower_case(table.cell(row, "mig.mode.current")) == "enabled") return true;
  }
  return false;
}

void read_nvidia_parts(std::string_view text, std::vector<CardFacts>& cards) {
  std::size_t listed = 0;
  for (const std::string_view raw : lines_of(text)) {
    const std::string_view line = trimmed(raw);
    if (line.starts_with("GPU ")) ++listed;
    if (!line.starts_with("MIG ") || listed == 0 || listed > cards.size()) continue;
    CardFacts& card = cards[listed - 1];
    const std::string_view rest = trimmed(line.substr(4));
    const std::string_view profile = rest.substr(0, rest.find(' '));
    const auto bytes = part_memory(profile);
    if (!bytes || *bytes <= card.part_bytes.value_or(0)) continue;
    card.part_bytes = bytes;
    card.part_name = profile;
  }
}

CardFacts read_nvidia_information(std::string_view text) {
  CardFacts card;
  card.vendor = kNvidiaVendor;
  for (const std::string_view line : lines_of(text)) {
    if (const auto model = value_after(line, "Model", ':')) card.name = known(*model);
    if (const auto bus = value_after(line, "Bus Location", ':')) card.bus = bus_address(*bus);
  }
  return card;
}

}  // namespace qwenfit
