#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detect/facts.h"

namespace qwenfit {

/// Display controllers of the makers of GPUs that language models run on, in the output of `lspci -D -nn`
/// (or without `-D`).
std::vector<CardFacts> read_lspci(std::string_view text);

/// Whether a text is an output of `lspci`: a line per device, which may be none.
bool is_device_list(std::string_view text);

/// The name that `pci.ids` has for a device; empty: none.
std::string pci_device_name(std::string_view ids, std::uint32_t vendor, std::uint32_t device);

/// What a name in the database of PCI ids stands for, one card each: `Radeon RX 7900 XT`, `7900 XTX` of
/// `Navi 31 [Radeon RX 7900 XT/7900 XTX]`. A name without a list stands for itself.
std::vector<std::string> alternatives(std::string_view name);

/// `8.0 GT/s PCIe` as a generation of PCIe; 0 for others.
std::uint32_t pcie_generation(std::string_view speed);

/// The largest memory region of a `resource` file, a line each: start, end, flags.
std::optional<Bytes> largest_region(std::string_view resource);

}  // namespace qwenfit
