#pragma once

#include <vector>

#include "detect/facts.h"
#include "qwenfit/catalog.h"

namespace qwenfit {

/// What the catalog has for a piece of hardware.
struct Identity {
  std::vector<const DeviceRow*> rows;  ///< one: it is this; more: it may be any of them; none: unknown
  const DeviceRow* other = nullptr;    ///< where none: a device of its name, with other memory
};

/// A graphics card by the names that tools have for it, its memory, or the part of it that the CPU may see.
Identity identify_card(const CardFacts& card, const Catalog& catalog);

/// A computer whose graphics are part of the processor, by the processor's name or the board's. `pool`: all
/// memory, what the firmware keeps for graphics included.
Identity identify_shared(const MachineFacts& facts, Bytes pool, const Catalog& catalog);

/// A Mac with Apple's chip.
Identity identify_mac(const MachineFacts& facts, const Catalog& catalog);

/// A processor; nullptr where it is not known.
const DeviceRow* identify_processor(const MachineFacts& facts, const Catalog& catalog);

/// The maker as the catalog spells it; empty for those it does not know.
std::string_view vendor_name(std::uint32_t vendor);

/// Whether a memory of nominal size `capacity` shows as `total`: drivers and error correction keep a part.
bool shows_as(Bytes capacity, Bytes total);

}  // namespace qwenfit
