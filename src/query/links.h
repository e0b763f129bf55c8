#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/gpu_spec.h"
#include "qwenfit/catalog.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// The link of a PCIe slot; none where such slots have no row.
const LinkRow* slot_link(std::uint32_t generation, std::uint32_t lanes, const Catalog& catalog);

/// Generation and lanes of a PCIe slot; none for another link.
std::optional<std::pair<std::uint32_t, std::uint32_t>> pcie_slot(const LinkRow& link);

/// Links that join cards to the host, as typed after `pcie=`, each with its name.
std::vector<std::pair<std::string, std::string_view>> host_link_names(const Catalog& catalog);

/// `3x4`, `x8`, `pcie-3-x4` or `thunderbolt-4`: how a card is plugged in. A slot that is wider or newer than
/// the card works at the card's own width and generation. `card`: none for a custom device.
Result<const LinkRow*> parse_host_link(std::string_view text, const DeviceRow* card, const Catalog& catalog);

/// `on` or `off` for NVLink; a card that has none is refused. `card`: none for a custom device.
Result<bool> parse_nvlink(std::string_view text, const DeviceRow* card);

/// Sets the links of the machine's devices among each other. `specs` are what the devices were made of, in
/// order. Refuses NVLink that joins nothing.
Result<bool> join_devices(const std::vector<GpuSpec>& specs, const Catalog& catalog, Machine& machine);

}  // namespace qwenfit
