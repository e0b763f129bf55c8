#include "detect/describe.h"

#include <algorithm>
#include <utility>

#include "catalog/names.h"
#include "detect/describe_host.h"
#include "detect/describe_words.h"
#include "detect/identify.h"
#include "detect/sizes_of.h"
#include "query/devices.h"
#include "query/gpu_spec.h"
#include "query/links.h"
#include "query/sizes.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// `4x8` where the slot is less than the card's own and the catalog has such a link.
std::string slot_of(const CardFacts& card, const DeviceRow* row, const Catalog& catalog) {
  if (!card.link || (row != nullptr && (row->unified || row->pcie_gen == 0 || row->pcie_lanes == 0)))
    return {};
  CardLink link = *card.link;
  if (row != nullptr) {
    link = {std::min(link.generation, row->pcie_gen), std::min(link.lanes, row->pcie_lanes)};
    if (link == CardLink{row->pcie_gen, row->pcie_lanes}) return {};
  }
  if (slot_link(link.generation, link.lanes, catalog) == nullptr) return {};
  return std::to_string(link.generation) + "x" + std::to_string(link.lanes);
}

/// The back end that the catalog's cards of a maker are used with.
std::string_view backend_of(std::uint32_t vendor, const Catalog& catalog) {
  for (const DeviceRow& row : catalog.rows().devices) {
    if (row.device_class == DeviceClass::gpu && row.vendor == vendor_name(vendor))
      return backend_id(row.default_backend);
  }
  return {};
}

std::string custom_option(const CardFacts& card, Bytes memory, const Catalog& catalog) {
  std::string option = "custom:memory=" + size_option(memory);
  if (const auto backend = backend_of(card.vendor, catalog); !backend.empty())
    option += ",backend=" + std::string(backend);
  if (const auto slot = slot_of(card, nullptr, catalog); !slot.empty()) option += ",pcie=" + slot;
  std::string name = shown_name(card);
  if (!card.part_name.empty()) name += " " + card.part_name;
  if (const auto word = name_option(name); !word.empty()) option += ",name=" + word;
  return option;
}

class Describer {
 public:
  Describer(MachineFacts facts, const Catalog& catalog) : catalog_(catalog) { out_.facts = std::move(facts); }

  Detection describe() && {
    out_.query.os = os_option(out_.facts);
    out_.processor = identify_processor(out_.facts, catalog_);
    if (out_.facts.system == System::macos) {
      describe_mac();
    } else {
      describe_cards();
    }
    describe_host(out_, pooled_);
    note_tools(out_);
    join_notes();
    if (!out_.blocked) check_found();
    return std::move(out_);
  }

 private:
  void note(std::string code, std::string text, bool left_out = false) {
    out_.notes.push_back({std::move(code), std::move(text), left_out});
  }
  /// Alike cards have one note.
  void join_notes() {
    std::vector<DetectNote> joined;
    std::vector<std::size_t> times;
    for (DetectNote& note : out_.notes) {
      const auto same = std::find_if(joined.begin(), joined.end(), [&](const DetectNote& other) {
        return other.code == note.code && other.text == note.text;
      });
      if (same != joined.end()) {
        ++times[static_cast<std::size_t>(same - joined.begin())];
        continue;
      }
      joined.push_back(std::move(note));
      times.push_back(1);
    }
    for (std::size_t i = 0; i < joined.size(); ++i) {
      if (times[i] > 1) joined[i].text += " (" + std::to_string(times[i]) + " of these)";
    }
    out_.notes = std::move(joined);
  }

  void describe_mac() {
    MachineFacts& facts = out_.facts;
    const Bytes memory = facts.ram_total.value_or(0);
    if (!facts.chip.starts_with("Apple")) {
      if (!facts.cards.empty()) note("intel_mac", "graphics of Macs with Intel's processors are left out");
      for (CardFacts& card : facts.cards) out_.cards.push_back({std::move(card), nullptr, {}, {}});
      return add_none();
    }
    CardFacts chip;
    chip.name = facts.chip;
    chip.total = facts.ram_total;
    chip.free = facts.ram_available;
    chip.by_driver = true;
    DetectedCard card{std::move(chip), nullptr, {}, {}};
    const Identity identity = identify_mac(facts, catalog_);
    if (identity.rows.size() == 1) {
      card.row = identity.rows.front();
      card.option = card.row->id;
    } else if (identity.rows.empty() && memory >= kMiB) {
      card.option = "custom:memory=" + size_option(memory) + ",backend=metal";
      if (const auto name = name_option(facts.chip); !name.empty()) card.option += ",name=" + name;
      note("unknown_device", unknown_words(card.facts));
    } else {
      block_choice(card, identity);
    }
    const Bytes most = card.row != nullptr ? card.row->capacity.value_or(0) : memory / kMiB * kMiB;
    if (!card.option.empty() && facts.wired_limit_mib > 0 && facts.wired_limit_mib * kMiB <= most)
      out_.query.wired_limit_mb = std::to_string(facts.wired_limit_mib);
    pooled_ = !card.option.empty();
    out_.cards.push_back(std::move(card));
    add_options();
  }

  void describe_cards() {
    const bool nvidia_answers =
        std::any_of(out_.facts.cards.begin(), out_.facts.cards.end(),
                    [](const CardFacts& card) { return card.vendor == kNvidiaVendor && card.by_driver; });
    for (const CardFacts& facts : out_.facts.cards) {
      DetectedCard card{facts, nullptr, {}, {}};
      if (facts.vendor == kNvidiaVendor && nvidia_answers && !facts.by_driver) {
        note("not_listed", shown_name(facts) + ": its driver does not list it; left out", true);
      } else if (facts.part_bytes) {
        describe_part(card);
      } else {
        describe_card(card);
      }
      out_.cards.push_back(std::move(card));
    }
    if (options() == 0 && !out_.blocked) describe_shared();
    note_left_out();
    add_options();
    set_headless();
  }

  void describe_part(DetectedCard& card) {
    card.option = custom_option(card.facts, *card.facts.part_bytes, catalog_);
    note("partitioned", shown_name(card.facts) + " is cut into parts (MIG), and a program has one of them: " +
                            "the largest, " + printable(card.facts.part_name) + ", is described");
  }

  void describe_card(DetectedCard& card) {
    const Identity identity = identify_card(card.facts, catalog_);
    if (identity.rows.size() == 1) {
      card.row = identity.rows.front();
      if (card.row->unified && !card.row->capacity) return;
      card.option = card.row->id;
      if (const auto slot = slot_of(card.facts, card.row, catalog_); !slot.empty())
        card.option += ":pcie=" + slot;
      pooled_ = pooled_ || card.row->unified;
      if (card.facts.total) note_use(card.facts);
    } else if (identity.rows.size() > 1) {
      block_choice(card, identity);
    } else if (is_card(card.facts, identity)) {
      describe_unknown(card, identity);
    }
  }

  /// Whether what the catalog does not know is a card, not graphics that are part of a processor.
  static bool is_card(const CardFacts& card, const Identity& identity) {
    constexpr Bytes kLeast = 3 * kGiB;  // a processor's own get less unless told otherwise
    if (identity.other != nullptr || card.vendor == kNvidiaVendor) return true;
    return card.vendor == kAmdVendor && card.own_switch && card.total.value_or(0) >= kLeast;
  }

  void describe_unknown(DetectedCard& card, const Identity& identity) {
    const CardFacts& facts = card.facts;
    if (!facts.total || *facts.total < kMiB) {
      unreadable_.push_back(shown_name(facts));
      return;
    }
    card.option = custom_option(facts, *facts.total, catalog_);
    if (identity.other != nullptr)
      note("memory_differs", differs_words(facts, *identity.other));
    else
      note("unknown_device", unknown_words(facts));
    note_use(facts);
  }

  void block_choice(DetectedCard& card, const Identity& identity) {
    for (const DeviceRow* row : identity.rows) card.choices.emplace_back(row->id);
    if (card.choices.empty()) return;
    note("ambiguous_device", choice_words(card.facts, card.choices));
    if (!out_.blocked)
      out_.blocked =
          Error{ErrorCode::ambiguous_name, choice_words(card.facts, card.choices), "--gpu", card.choices};
  }

  /// No card of its own: the processor's graphics, where the catalog has such a computer.
  void describe_shared() {
    Bytes pool = add(out_.facts.ram_total.value_or(0), kept_for_graphics(out_));
    DetectedCard* own = nullptr;
    for (DetectedCard& card : out_.cards) {
      if (card.facts.vendor != kNvidiaVendor || !card.facts.total) own = &card;
    }
    if (own == nullptr || pool < kGiB || out_.facts.ram_limit) return;
    pool = std::min(installed_memory(pool), kLargestSize);
    const Identity identity = identify_shared(out_.facts, pool, catalog_);
    if (identity.rows.empty()) return;
    const auto same = [&](const DeviceRow* row) {
      return row->capacity == identity.rows.front()->capacity && row->chip == identity.rows.front()->chip &&
             row->architecture == identity.rows.front()->architecture;
    };
    if (!std::all_of(identity.rows.begin(), identity.rows.end(), same)) return block_choice(*own, identity);
    own->row = identity.rows.front();
    own->option = own->row->id;
    if (!own->row->capacity) own->option += ":memory=" + size_option(pool);
    unreadable_.clear();
    pooled_ = true;
  }

  std::size_t options() const {
    return static_cast<std::size_t>(std::count_if(
        out_.cards.begin(), out_.cards.end(), [](const DetectedCard& card) { return !card.option.empty(); }));
  }

  void note_left_out() {
    for (const std::string& name : unreadable_) {
      note("memory_unknown",
           name + " is not in the catalog and its memory could not be read; left out. Type " +
               "--gpu custom:memory=SIZE for it",
           true);
    }
    if (!unreadable_.empty() && options() == 0 && !out_.blocked) {
      out_.blocked =
          Error{ErrorCode::unknown_gpu,
                "this computer has " + unreadable_.front() +
                    ", which is not in the catalog, and its memory could not be read; type --gpu " +
                    "custom:memory=24GiB with its size",
                "--gpu",
                {}};
    }
    for (const DetectedCard& card : out_.cards) {
      const bool integrated =
          card.option.empty() && card.choices.empty() && options() > 0 && card.facts.vendor != kNvidiaVendor;
      if (integrated) note("integrated", shown_name(card.facts) + " is part of the processor: left out");
    }
  }

  /// Memory that others hold, beyond what a desktop takes.
  void note_use(const CardFacts& card) {
    const Os os = out_.facts.system == System::windows ? Os::windows : Os::linux_os;
    const ReserveRow* desktop = find_reserve(catalog_, ReserveKind::display, os, "");
    const Bytes usual = desktop != nullptr ? reserve_bytes(*desktop, card.total.value_or(0)) : 0;
    constexpr Bytes kNoticed = 512 * kMiB;
    if (card.used && *card.used > add(usual, kNoticed) && *card.used <= card.total.value_or(0))
      note("memory_in_use", use_words(card));
  }

  void add_none() { out_.query.gpu = {"none"}; }

  /// One `--gpu` per run of cards that are alike, in the order of the driver.
  void add_options() {
    std::uint32_t devices = 0;
    std::vector<std::pair<std::string, std::uint32_t>> runs;
    for (DetectedCard& card : out_.cards) {
      if (card.option.empty()) continue;
      const bool alone = pooled_ && devices > 0;
      if (alone || devices == kMostDevices) {
        note("too_many",
             shown_name(card.facts) + (alone ? " stands beside a chip with shared memory: left out"
                                             : ": more cards than one machine takes; left out"),
             true);
        card.option.clear();
        continue;
      }
      ++devices;
      if (!runs.empty() && runs.back().first == card.option)
        ++runs.back().second;
      else
        runs.emplace_back(card.option, 1);
    }
    for (const auto& [option, count] : runs)
      out_.query.gpu.push_back(count > 1 ? std::to_string(count) + "x" + option : option);
    if (runs.empty() && !out_.blocked) add_none();
  }

  /// Whether nothing is drawn on any card that counts: only then it is known that no desktop takes memory.
  void set_headless() {
    if (out_.facts.system != System::linux_os || out_.facts.wsl || pooled_ || options() == 0) return;
    out_.query.headless = std::all_of(out_.cards.begin(), out_.cards.end(), [](const DetectedCard& card) {
      return card.option.empty() || card.facts.display == false;
    });
  }

  void check_found() {
    if (out_.query.ram.empty() && !pooled_ && out_.query.gpu == std::vector<std::string>{"none"}) {
      out_.query.gpu.clear();
      out_.blocked = usage_error("--gpu",
                                 "neither a GPU nor the system memory of this computer could be read; type "
                                 "them, such as --gpu rtx3090 or --gpu none --ram 64GB");
    }
  }

  const Catalog& catalog_;
  Detection out_;
  bool pooled_ = false;  ///< the memory is one pool
  std::vector<std::string> unreadable_;
};

}  // namespace

Detection describe(MachineFacts facts, const Catalog& catalog) {
  return Describer(std::move(facts), catalog).describe();
}

std::vector<std::string> option_words(const Query& query) {
  std::vector<std::string> words;
  const auto add = [&](std::string_view option, const std::string& value) {
    if (value.empty()) return;
    words.emplace_back(option);
    words.push_back(value);
  };
  for (const std::string& gpu : query.gpu) add("--gpu", gpu);
  add("--ram", query.ram);
  add("--cpu", query.cpu);
  add("--os", query.os);
  add("--wired-limit-mb", query.wired_limit_mb);
  if (query.headless) words.emplace_back("--headless");
  return words;
}

}  // namespace qwenfit
