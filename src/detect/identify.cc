#include "detect/identify.h"

#include <algorithm>
#include <bit>
#include <string>

#include "detect/pci.h"
#include "query/driver_names.h"
#include "query/text.h"

namespace qwenfit {
namespace {

using Rows = std::vector<const DeviceRow*>;

/// Names longer than this are nobody's.
constexpr std::size_t kMostWords = 16;

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  for (const std::string_view word : split(name, ' ')) {
    if (!word.empty() && words.size() < kMostWords) words.emplace_back(word);
  }
  return words;
}

std::string words_joined(const std::vector<std::string>& words, std::size_t first, std::size_t last) {
  std::string out;
  for (std::size_t i = first; i < last; ++i) out += (out.empty() ? "" : " ") + words[i];
  return out;
}

bool is_laptop(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    const std::string key = lower_case(word);
    return key == "laptop" || key == "mobile";
  });
}

/// Drivers' names as the catalog spells them: chips of thin laptops are laptops' to it, and it leaves out
/// `Generation`.
std::vector<std::string> spellings(const std::string& name) {
  std::string plain = name;
  if (const auto at = plain.find(" with Max-Q"); at != plain.npos) plain = plain.substr(0, at) + " Laptop";
  std::vector<std::string> out = {plain};
  auto words = words_of(plain);
  const auto erased = std::erase_if(words, [](const std::string& w) { return w == "Generation"; });
  if (erased > 0) out.push_back(words_joined(words, 0, words.size()));
  return out;
}

void add_rows(Rows& rows, const std::vector<std::string>& ids, const Catalog& catalog) {
  for (const std::string& id : ids) {
    const DeviceRow* row = catalog.device_by_id(id);
    if (row != nullptr && std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
  }
}

/// The name with every memory size that may show as `total`: `RTX 4090 48GB`.
Rows with_memory(const std::string& name, Bytes total, const Catalog& catalog) {
  constexpr Bytes kMostSizes = 64;
  Rows rows;
  const Bytes least = total / kGiB;
  for (Bytes gib = least; gib < least + kMostSizes; ++gib) {
    if (gib > least && !shows_as(mul(gib, kGiB), total)) break;
    add_rows(rows, devices_named(name + " " + std::to_string(gib) + "GB", DeviceOption::gpu, catalog),
             catalog);
  }
  return rows;
}

/// Sees the memory of a card as far as tools tell it.
bool may_have(const CardFacts& card, const DeviceRow& row) {
  constexpr Bytes kTelling = kGiB;  // without resizable BARs it is a quarter of that for every card
  if (!row.capacity) return true;
  if (card.total) return shows_as(*row.capacity, *card.total);
  if (card.window.value_or(0) >= kTelling) return std::bit_ceil(*row.capacity) == *card.window;
  return true;
}

bool is_candidate(const CardFacts& card, const DeviceRow& row, bool laptop) {
  if (row.device_class != DeviceClass::gpu && row.device_class != DeviceClass::apu) return false;
  if (card.vendor != 0 && row.vendor != vendor_name(card.vendor)) return false;
  // What shares the processor's memory is told by the processor, except NVIDIA's, which have names.
  if (row.unified && row.vendor != vendor_name(kNvidiaVendor)) return false;
  return !laptop || row.segment == "laptop";
}

/// Candidates for all cards that a name may stand for.
void match_name(const CardFacts& card, const std::string& name, const Catalog& catalog, Rows& fitting,
                const DeviceRow*& other) {
  for (const std::string& alternative : alternatives(name)) {
    for (const std::string& spelling : spellings(alternative)) {
      const bool laptop = is_laptop(words_of(spelling));
      Rows rows;
      add_rows(rows, devices_known_as(spelling, DeviceOption::gpu, catalog), catalog);
      std::erase_if(rows, [&](const DeviceRow* row) { return !is_candidate(card, *row, laptop); });
      if (!rows.empty() && other == nullptr) other = rows.front();
      std::erase_if(rows, [&](const DeviceRow* row) { return !may_have(card, *row); });
      if (rows.empty() && card.total) {
        rows = with_memory(spelling, *card.total, catalog);
        std::erase_if(rows, [&](const DeviceRow* row) {
          return !is_candidate(card, *row, laptop) || !may_have(card, *row);
        });
      }
      for (const DeviceRow* row : rows) {
        if (std::find(fitting.begin(), fitting.end(), row) == fitting.end()) fitting.push_back(row);
      }
      if (!rows.empty()) break;
    }
  }
}

/// A word such as `7840U` that names a part alone.
bool is_part_number(std::string_view word) {
  constexpr std::ptrdiff_t kDigits = 3;
  return std::count_if(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; }) >= kDigits;
}

/// `AMD Ryzen 7 7840U` of `AMD Ryzen 7 7840U w/ Radeon 780M Graphics`; clock and generation left out too.
std::vector<std::string> processor_words(std::string_view name) {
  for (const std::string_view end : {" w/", " with ", " @"}) name = name.substr(0, name.find(end));
  auto words = words_of(name);
  std::erase_if(words, [](const std::string& word) {
    return word == "CPU" || word == "Processor" || word.ends_with("-Core") || word.ends_with("-Cores");
  });
  if (words.size() > 2 && words[1] == "Gen") words.erase(words.begin(), words.begin() + 2);
  return words;
}

bool holds(const DeviceRow& row, Bytes pool) {
  return !row.capacity || shows_as(*row.capacity, pool);
}

}  // namespace

std::string_view vendor_name(std::uint32_t vendor) {
  return vendor == kNvidiaVendor  ? "NVIDIA"
         : vendor == kAmdVendor   ? "AMD"
         : vendor == kIntelVendor ? "Intel"
                                  : "";
}

bool shows_as(Bytes capacity, Bytes total) {
  constexpr Bytes kLeast = 90, kMost = 103, kPercent = 100;
  const Bytes shown = mul(total, kPercent);
  return shown >= mul(capacity, kLeast) && shown <= mul(capacity, kMost);
}

Identity identify_card(const CardFacts& card, const Catalog& catalog) {
  Identity best;
  std::vector<std::string> names = card.names;
  if (!card.name.empty()) names.insert(names.begin(), card.name);
  for (const std::string& name : names) {
    Rows rows;
    match_name(card, name, catalog, rows, best.other);
    if (!rows.empty() && (best.rows.empty() || rows.size() < best.rows.size())) best.rows = rows;
    if (best.rows.size() == 1) break;
  }
  return best;
}

Identity identify_shared(const MachineFacts& facts, Bytes pool, const Catalog& catalog) {
  Rows rows;
  const auto words = processor_words(facts.cpu);
  const auto keep_shared = [&] {
    std::erase_if(rows, [](const DeviceRow* row) { return row->device_class != DeviceClass::apu; });
  };
  if (!words.empty())
    add_rows(rows, devices_known_as(words_joined(words, 0, words.size()), DeviceOption::gpu, catalog),
             catalog);
  keep_shared();
  for (const std::string& word : words) {
    if (rows.empty() && is_part_number(word))
      add_rows(rows, devices_named(word, DeviceOption::gpu, catalog), catalog);
    keep_shared();
  }
  // Boards that are whole computers: `NVIDIA Jetson AGX Orin Developer Kit`.
  const auto board = words_of(facts.board);
  for (std::size_t last = board.size(); last >= 2 && rows.empty(); --last) {
    add_rows(rows, devices_named(words_joined(board, 0, last), DeviceOption::gpu, catalog), catalog);
    keep_shared();
  }
  Identity identity;
  if (!rows.empty()) identity.other = rows.front();
  std::erase_if(rows, [&](const DeviceRow* row) { return !holds(*row, pool); });
  identity.rows = std::move(rows);
  return identity;
}

Identity identify_mac(const MachineFacts& facts, const Catalog& catalog) {
  Identity identity;
  const std::string memory = std::to_string(facts.ram_total.value_or(0) / kGiB) + "GB";
  const std::string cores = std::to_string(facts.gpu_cores) + "-core ";
  for (const std::string& name :
       {facts.chip + " " + (facts.gpu_cores > 0 ? cores : "") + memory, facts.chip + " " + memory}) {
    if (identity.rows.empty())
      add_rows(identity.rows, devices_named(name, DeviceOption::gpu, catalog), catalog);
  }
  std::erase_if(identity.rows, [](const DeviceRow* row) { return row->device_class != DeviceClass::mac; });
  return identity;
}

const DeviceRow* identify_processor(const MachineFacts& facts, const Catalog& catalog) {
  const auto words = processor_words(facts.cpu);
  const std::string count = facts.sockets > 1 ? std::to_string(facts.sockets) + "x " : "";
  for (const std::string& prefix : {count, std::string()}) {
    for (std::size_t length = words.size(); length > 0; --length) {
      for (std::size_t first = 0; first + length <= words.size(); ++first) {
        const auto from = words.begin() + static_cast<std::ptrdiff_t>(first);
        if (std::none_of(from, from + static_cast<std::ptrdiff_t>(length), is_part_number)) continue;
        const auto ids =
            devices_named(prefix + words_joined(words, first, first + length), DeviceOption::cpu, catalog);
        if (ids.size() == 1) return catalog.device_by_id(ids.front());
      }
    }
  }
  const auto board = words_of(facts.board);
  for (std::size_t last = board.size(); last >= 2; --last) {
    const auto ids = devices_named(words_joined(board, 0, last), DeviceOption::cpu, catalog);
    if (ids.size() == 1) return catalog.device_by_id(ids.front());
  }
  return nullptr;
}

}  // namespace qwenfit
