#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "detect/probe.h"
#include "qwenfit/units.h"

/// What the outputs of tools say about a computer; nothing looked up in a catalog. Text is as the tools gave
/// it and may hold anything.
namespace qwenfit {

/// A slot as it works: what card and board agree on.
struct CardLink {
  std::uint32_t generation = 0, lanes = 0;
  bool operator==(const CardLink&) const = default;
};

inline constexpr std::uint32_t kNvidiaVendor = 0x10de, kAmdVendor = 0x1002, kIntelVendor = 0x8086;

struct CardFacts {
  std::string name;                ///< as the driver says; empty: only others know it
  std::vector<std::string> names;  ///< from databases of PCI ids, the surest first
  std::string bus;                 ///< `0000:01:00.0`; empty: unknown
  std::uint32_t vendor = 0, device = 0;
  std::optional<Bytes> total, used, free;
  std::optional<Bytes> window;  ///< largest part of its memory that the CPU may see: a power of two
  std::optional<CardLink> link;
  std::optional<bool> display;      ///< something is drawn on it
  bool own_switch = false;          ///< sits behind a PCIe switch of its maker, as cards do
  bool by_driver = false;           ///< its driver answered
  std::optional<Bytes> part_bytes;  ///< largest part of a card that is cut up (MIG)
  std::string part_name;
};

/// Modules of system memory, all alike.
struct MemoryModules {
  std::string kind;            ///< `ddr5`
  std::uint32_t rate_mts = 0;  ///< as configured; 0 unknown
  std::uint32_t channels = 0;  ///< of 64 bits; 0 unknown
  std::uint32_t count = 0;
  Bytes installed = 0;
};

/// How a tool that was asked ended, and the first line of what it said if it failed.
struct ToolReport {
  std::string name;
  ToolState state = ToolState::missing;
  std::string said;
};

struct MachineFacts {
  System system = System::linux_os;
  std::string macos_version;  ///< `26.1`
  bool wsl = false;           ///< Linux in a virtual machine of Windows
  std::vector<CardFacts> cards;
  std::optional<Bytes> ram_total, ram_available;
  std::optional<Bytes> ram_limit;  ///< of the container, where it is less than the total
  std::string cpu, board;          ///< names
  std::uint32_t sockets = 1;
  std::optional<MemoryModules> modules;
  std::string chip;                   ///< of a Mac: `Apple M3 Max`
  std::uint32_t gpu_cores = 0;        ///< of a Mac; 0 unknown
  std::uint32_t wired_limit_mib = 0;  ///< of a Mac; 0: not set
  std::vector<ToolReport> tools;
};

}  // namespace qwenfit
