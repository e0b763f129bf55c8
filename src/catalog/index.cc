#include "catalog/index.h"

#include <algorithm>
#include <tuple>

#include "catalog/names.h"

namespace qwenfit {
namespace {

/// Collects names with their text, then turns them into sorted entries.
class Collector {
 public:
  void add(std::string key, std::size_t target, NameKind kind) {
    if (!key.empty()) names_.push_back({std::move(key), static_cast<std::uint32_t>(target), kind});
  }
  /// Moves the text into `text`, which must not reallocate afterwards while entries are in use.
  std::vector<NameEntry> finish(std::vector<std::string>& text) {
    const auto order = [](const Name& a, const Name& b) {
      return std::tie(a.key, a.kind, a.target) < std::tie(b.key, b.kind, b.target);
    };
    std::sort(names_.begin(), names_.end(), order);
    std::vector<NameEntry> entries;
    for (Name& name : names_) {
      const bool same_key = !entries.empty() && entries.back().key == name.key;
      if (same_key && entries.back().target == name.target && of_one_table(entries.back().kind, name.kind))
        continue;
      if (same_key && name.kind == NameKind::full_name) continue;
      text.push_back(std::move(name.key));
      entries.push_back({text.back(), name.target, name.kind});
    }
    return entries;
  }
  std::size_t size() const { return names_.size(); }

 private:
  static bool is_trap(NameKind kind) {
    return kind == NameKind::never_existed || kind == NameKind::ambiguous;
  }
  static bool of_one_table(NameKind a, NameKind b) { return a == b || (!is_trap(a) && !is_trap(b)); }

  struct Name {
    std::string key;
    std::uint32_t target;
    NameKind kind;
  };
  std::vector<Name> names_;
};

template <typename Rows, typename Key>
Collector ids_and_aliases(const Rows& rows, Key key) {
  Collector names;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    names.add(key(rows[i].id), i, NameKind::id);
    for (const auto alias : rows[i].aliases) names.add(key(alias), i, NameKind::alias);
  }
  return names;
}

Collector device_names(const CatalogRows& rows) {
  Collector names = ids_and_aliases(rows.devices, device_key);
  for (std::size_t i = 0; i < rows.devices.size(); ++i) {
    names.add(device_key(rows.devices[i].name), i, NameKind::full_name);
  }
  for (std::size_t i = 0; i < rows.ambiguous.size(); ++i) {
    names.add(device_key(rows.ambiguous[i].name), i, NameKind::ambiguous);
  }
  for (std::size_t i = 0; i < rows.never_existed.size(); ++i) {
    names.add(device_key(rows.never_existed[i].name), i, NameKind::never_existed);
    for (const auto alias : rows.never_existed[i].aliases) {
      names.add(device_key(alias), i, NameKind::never_existed);
    }
  }
  return names;
}

Collector base_names(const CatalogRows& rows) {
  Collector names;
  for (std::size_t i = 0; i < rows.devices.size(); ++i) {
    const DeviceRow& row = rows.devices[i];
    if (row.device_class == DeviceClass::cpu) continue;
    names.add(split_memory(row.id).base, i, NameKind::alias);
    names.add(split_memory(row.name).base, i, NameKind::alias);
    for (const auto alias : row.aliases) names.add(split_memory(alias).base, i, NameKind::alias);
  }
  return names;
}

}  // namespace

BuiltIndex build_index(const CatalogRows& rows) {
  Collector models = ids_and_aliases(rows.models, model_key);
  Collector quants = ids_and_aliases(rows.quants, quant_key);
  Collector devices = device_names(rows);
  Collector bases = base_names(rows);
  BuiltIndex index;
  index.text.reserve(models.size() + quants.size() + devices.size() + bases.size());
  index.models = models.finish(index.text);
  index.quants = quants.finish(index.text);
  index.devices = devices.finish(index.text);
  index.device_bases = bases.finish(index.text);
  return index;
}

std::span<const NameEntry> entries_of(std::span<const NameEntry> table, std::string_view key) {
  const auto first =
      std::lower_bound(table.begin(), table.end(), key,
                       [](const NameEntry& entry, std::string_view k) { return entry.key < k; });
  auto last = first;
  while (last != table.end() && last->key == key) ++last;
  return table.subspan(static_cast<std::size_t>(first - table.begin()),
                       static_cast<std::size_t>(last - first));
}

}  // namespace qwenfit
