#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/document.h"
#include "catalog/segments.h"
#include "qwenfit/catalog.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// An entry of "gpus": cards of one kind, or a whole Mac or mini PC.
struct PlannedGpu {
  std::string id;  ///< as after `--gpu`, without a count
  std::uint32_t count = 1;
  std::optional<std::uint32_t> slot_gen, slot_lanes;
  std::optional<std::uint32_t> link_gen, link_lanes;  ///< of the slot that `pcie=` in the id names
  std::optional<bool> display;
  std::optional<double> power_limit_w, price_usd;
  const DeviceRow* row = nullptr;  ///< none for `custom`
  bool operator==(const PlannedGpu&) const = default;
};

struct PlannedCpu {
  std::string id;  ///< of a processor, or its memory as after `--cpu`
  std::optional<double> power_w, price_usd;
  const DeviceRow* row = nullptr;  ///< none for memory
};

struct PlannedMemory {
  std::string size, type;
  std::optional<std::uint32_t> speed_mts, channels, modules;
  std::optional<double> price_usd;
};

struct PlannedSupply {
  double watts = 0;
  std::string atx;  ///< empty: not said
  std::optional<double> price_usd;
};

struct PlannedCase {
  std::optional<std::uint32_t> slots;
  std::optional<double> price_usd;
};

struct PlannedSlot {
  std::uint32_t gen = 0, lanes = 0;
  std::optional<std::uint32_t> spacing;  ///< slots of room down to the next
};

struct PlannedBoard {
  std::vector<PlannedSlot> slots;  ///< empty: not said
  std::optional<double> price_usd;
};

struct PlannedStorage {
  std::string id;
  std::string size;  ///< empty: not said
  std::optional<double> price_usd;
};

struct PlannedWorkload {
  std::string name;  ///< empty: none
  std::string model, quant, context, kv;
  std::uint32_t users = 1;
  std::optional<double> min_tok_s;  ///< for each user
  bool vision = false;
};

/// A planned build as its file says, with names looked up that stand alone.
struct Blueprint {
  std::string name;
  std::vector<PlannedGpu> gpus;
  std::optional<PlannedCpu> cpu;
  std::optional<PlannedMemory> memory;
  std::optional<PlannedSupply> supply;
  std::optional<PlannedCase> housing;
  std::optional<PlannedBoard> board;
  std::optional<PlannedStorage> storage;
  std::string os, runtime;
  std::vector<PlannedWorkload> workloads;
  std::optional<double> budget_usd;

  /// A Mac, a mini PC or an APU: one part that brings processor, memory and supply.
  bool is_one_piece() const { return gpus.size() == 1 && gpus.front().row && gpus.front().row->unified; }
  /// Its card is soldered in; modules of memory are still its own.
  bool is_laptop() const {
    return gpus.size() == 1 && gpus.front().row && gpus.front().row->segment == kLaptopSegment;
  }
  /// Bought as a whole: nobody chooses its supply, slots and case.
  bool is_computer() const { return is_one_piece() || is_laptop(); }
};

/// A fault of a build file.
struct BuildFault {
  std::string pointer;   ///< empty for the file as a whole
  std::size_t line = 0;  ///< 0: of the file as a whole
  std::string text;
  std::vector<std::string> did_you_mean;
  std::size_t column = 0;  ///< where the text cannot be read; else 0
};

/// A build file: text for lines, and what it says.
struct BuildFile {
  std::string path;
  std::string text;
  Blueprint build;
};

/// Reads the text of a build file. Every fault that can be found goes to `faults`; with any there is no
/// build.
std::optional<BuildFile> parse_build(std::string path, std::string text, const Catalog& catalog,
                                     std::vector<BuildFault>& faults);
/// Reads a file, the same way.
std::optional<BuildFile> read_build(const std::string& path, const Catalog& catalog,
                                    std::vector<BuildFault>& faults);

/// The fault as an error: `bad_file`, where = "FILE:LINE:/pointer", or "FILE:LINE:COLUMN" of text that is not
/// JSON.
Error to_error(const BuildFault& fault, std::string_view path);

/// The entry without anything said of its slot.
void forget_slot(PlannedGpu& gpu);

/// The slot that a GPU goes into; those of one board share it. Cards are dealt to the slots of the board in
/// an order in which they fit.
struct CardSlot {
  std::size_t gpu = 0;                    ///< index into Blueprint::gpus
  std::uint32_t gen = 0, lanes = 0;       ///< 0: not known
  std::optional<std::size_t> board_slot;  ///< index into PlannedBoard::slots; none beyond them or not said
  bool shares_board = false;              ///< with the GPU before it
  bool own_link = false;                  ///< what stands with the card counts, not what the board has
};
/// Every GPU of the build in order, each with its slot; none for a build of one piece.
std::vector<CardSlot> card_slots(const Blueprint& build);
/// The cards in the order of the machine's devices: that with the display first. Indices into card_slots.
std::vector<std::size_t> device_order(const Blueprint& build);

/// Channels in use, and their speed, as after `--cpu`.
struct MemoryInUse {
  std::uint32_t channels = 0;        ///< that modules fill
  std::uint32_t available = 0;       ///< of processor or board: no more than the processor has
  std::uint32_t uneven = 0;          ///< channels of the part that has fewer; 0: all of it has as many
  bool channels_known = false;       ///< else the usual number
  std::string cpu;                   ///< what goes after `--cpu`; empty: nothing is known of it
  double bandwidth_bytes_per_s = 0;  ///< 0: not known
};
MemoryInUse memory_in_use(const Blueprint& build);
/// Memory channels of the processor, as the catalog or its name says; 0: not known.
std::uint32_t channels_of_cpu(const Blueprint& build);
/// `ddr5`: of the modules, else of the processor; empty: not known.
std::string memory_type(const Blueprint& build);

/// What is asked for one workload; the context is that of one user.
Query query_for(const Blueprint& build, const PlannedWorkload& workload);

/// The text of an error with the options in it written as keys of the file.
std::string with_keys(std::string text);

/// The fault of a question about workload number `index`, at the key of the file that it comes from.
BuildFault fault_of(const Error& error, const BuildFile& file, std::size_t index);

}  // namespace qwenfit
