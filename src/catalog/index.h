#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/catalog.h"

namespace qwenfit {

/// What a name in the look-up table is; a smaller value wins where names are equal.
enum class NameKind : std::uint8_t { id, never_existed, ambiguous, alias, full_name };

/// A normalised name and the row it leads to.
struct NameEntry {
  std::string_view key;
  std::uint32_t target =
      0;  ///< index of the row in its table (devices, ambiguous or never_existed for device names)
  NameKind kind = NameKind::id;
};

/// Look-up tables, each sorted by key, then by kind.
struct CatalogIndex {
  std::span<const NameEntry> models;  ///< model_key of ids and aliases
  std::span<const NameEntry> quants;  ///< quant_key of ids and aliases
  std::span<const NameEntry>
      devices;  ///< device_key of ids, aliases, full names and of the two tables of traps
  std::span<const NameEntry> device_bases;  ///< names of devices without their memory word
};

/// The look-up tables of a catalog that was put together at run time (or by the generator).
struct BuiltIndex {
  std::vector<std::string> text;  ///< what the keys point to
  std::vector<NameEntry> models, quants, devices, device_bases;

  CatalogIndex view() const { return {models, quants, devices, device_bases}; }
};
BuiltIndex build_index(const CatalogRows& rows);

/// The entries with this key, best first; empty when there are none.
std::span<const NameEntry> entries_of(std::span<const NameEntry> table, std::string_view key);

}  // namespace qwenfit
