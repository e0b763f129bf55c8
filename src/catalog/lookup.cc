#include "catalog/lookup.h"

#include <algorithm>
#include <utility>

#include "catalog/names.h"
#include "catalog/nearest.h"

namespace qwenfit {
namespace {

constexpr std::size_t kNearest = 3;

std::string in_quotes(std::string_view text) {
  return "\"" + printable(text) + "\"";
}

/// Rows that people mean less often than others whose names are as near.
bool is_unlikely(const ModelRow& row) {
  return row.status != ModelStatus::released;
}
bool is_unlikely(const QuantRow& row) {
  return !row.offer;
}
bool is_unlikely(const DeviceRow& row) {
  return row.segment == "laptop";
}

/// An unknown name: with the nearest ones, or where the list is.
Error with_names(ErrorCode code, std::string message, std::string where, std::vector<std::string> nearest,
                 std::string_view listing) {
  if (nearest.empty()) message += "; qwenfit " + std::string(listing) + " lists the names";
  return {code, std::move(message), std::move(where), std::move(nearest)};
}

/// The ids of the rows whose names are nearest to `key`, best first; of two names of a row the nearer counts.
template <typename Rows, typename Filter>
std::vector<std::string> nearest_ids(const Rows& rows, std::span<const NameEntry> table, std::string_view key,
                                     Filter filter) {
  Shortlist shortlist(kNearest);
  for (const NameEntry& entry : table) {
    if (!filter(entry)) continue;
    Nearness near = nearness(key, entry.key, shortlist.limit());
    near.unlikely = near.relation <= Relation::slip && is_unlikely(rows[entry.target]);
    shortlist.offer(near, entry.target);
  }
  std::vector<std::string> ids;
  for (const std::size_t target : shortlist.targets()) ids.emplace_back(rows[target].id);
  return ids;
}

template <typename Rows>
auto row_with_id(const Rows& rows, std::span<const NameEntry> table, std::string_view key,
                 std::string_view id) -> decltype(&rows[0]) {
  for (const NameEntry& entry : entries_of(table, key)) {
    if (entry.kind == NameKind::id && rows[entry.target].id == id) return &rows[entry.target];
  }
  return nullptr;
}

/// True when the last part of a model name is a size such as "27b" or "0.8b".
bool ends_in_size(std::string_view key) {
  const std::string_view part = key.substr(key.rfind('-') + 1);
  return part.size() > 1 && part.back() == 'b' && part[0] >= '0' && part[0] <= '9';
}

/// The only row whose id continues `key` with whole further parts: "qwen3.5-35b" for "qwen3.5-35b-a3b".
const ModelRow* only_longer(const CatalogRows& rows, std::string_view key) {
  const ModelRow* found = nullptr;
  if (!ends_in_size(key)) return nullptr;
  for (const ModelRow& row : rows.models) {
    if (!row.id.starts_with(key) || row.id.size() == key.size() || row.id[key.size()] != '-') continue;
    if (found != nullptr) return nullptr;
    found = &row;
  }
  return found;
}

std::string gib_text(const DeviceRow& row) {
  if (!row.capacity) return "memory not known";
  return std::to_string((*row.capacity + kGiB / 2) / kGiB) + " GB";
}

/// A device look-up: the steps of one question, each of which may settle it.
class DeviceQuestion {
 public:
  DeviceQuestion(const CatalogRows& rows, const CatalogIndex& index, std::string_view name,
                 DeviceOption option, Suggest suggest)
      : rows_(rows), index_(index), name_(name), option_(option), suggest_(suggest) {}

  Result<const DeviceRow*> answer() const {
    const auto entries = entries_of(index_.devices, device_key(name_));
    if (!entries.empty()) {
      const NameEntry& entry = entries.front();
      if (entry.kind == NameKind::never_existed) return never_existed(rows_.never_existed[entry.target]);
      if (entry.kind == NameKind::ambiguous) return ambiguous(choice_rows(rows_.ambiguous[entry.target]));
      return checked(rows_.devices[entry.target]);
    }
    const MemoryName memory = split_memory(name_);
    if (const NeverExistedRow* row = trap_of(memory.base)) return never_existed(*row);
    const auto candidates = candidates_of(memory.base);
    if (candidates.empty()) return memory.gib ? unknown() : with_number();
    if (memory.gib) return with_memory(candidates, *memory.gib);
    return candidates.size() == 1 ? checked(*candidates.front()) : ambiguous(candidates);
  }

 private:
  using Devices = std::vector<const DeviceRow*>;

  std::string where() const { return option_ == DeviceOption::gpu ? "--gpu" : "--cpu"; }
  static bool is_cpu(const DeviceRow& row) { return row.device_class == DeviceClass::cpu; }
  bool belongs(const DeviceRow& row) const { return is_cpu(row) == (option_ == DeviceOption::cpu); }

  Error other_option(const DeviceRow& row) const {
    const std::string other = is_cpu(row) ? "--cpu" : "--gpu";
    const std::string what = is_cpu(row)                            ? "a CPU"
                             : row.device_class == DeviceClass::gpu ? "a GPU"
                             : row.device_class == DeviceClass::mac ? "a Mac"
                                                                    : "an APU";
    return {option_ == DeviceOption::gpu ? ErrorCode::unknown_gpu : ErrorCode::unknown_cpu,
            in_quotes(name_) + " is " + what + ": give it as " + other + " " + std::string(row.id),
            where(),
            {std::string(row.id)}};
  }
  Result<const DeviceRow*> checked(const DeviceRow& row) const {
    if (!belongs(row)) return other_option(row);
    return &row;
  }
  Devices choice_rows(const AmbiguousRow& row) const {
    Devices devices;
    for (const auto id : row.choices) {
      if (const DeviceRow* device = device_with_id(rows_, index_, id)) devices.push_back(device);
    }
    return devices;
  }
  Result<const DeviceRow*> ambiguous(const Devices& devices) const {
    if (!devices.empty() &&
        std::none_of(devices.begin(), devices.end(), [&](auto* d) { return belongs(*d); })) {
      return other_option(*devices.front());
    }
    Error error{
        ErrorCode::ambiguous_name,
        in_quotes(name_) + " fits " + std::to_string(devices.size()) + " devices that differ: say which",
        where(),
        {}};
    for (const DeviceRow* device : devices) error.did_you_mean.emplace_back(device->id);
    return error;
  }
  Error never_existed(const NeverExistedRow& row) const {
    Error error{
        ErrorCode::never_existed, in_quotes(name_) + " never existed: " + std::string(row.why), where(), {}};
    for (const auto id : row.nearest) error.did_you_mean.emplace_back(id);
    return error;
  }
  /// Devices that carry this name apart from their memory.
  Devices candidates_of(std::string_view base) const {
    Devices devices;
    const auto take = [&](const DeviceRow* device) {
      if (std::find(devices.begin(), devices.end(), device) == devices.end()) devices.push_back(device);
    };
    for (const NameEntry& entry : entries_of(index_.devices, base)) {
      if (entry.kind == NameKind::ambiguous) {
        for (const DeviceRow* device : choice_rows(rows_.ambiguous[entry.target])) take(device);
      }
    }
    for (const NameEntry& entry : entries_of(index_.device_bases, base)) take(&rows_.devices[entry.target]);
    return devices;
  }
  const NeverExistedRow* trap_of(std::string_view base) const {
    for (const NameEntry& entry : entries_of(index_.devices, base)) {
      if (entry.kind == NameKind::never_existed) return &rows_.never_existed[entry.target];
    }
    return nullptr;
  }
  static Devices of_memory(const Devices& candidates, std::uint64_t gib) {
    Devices fitting;
    for (const DeviceRow* device : candidates) {
      if (device->capacity && (*device->capacity + kGiB / 2) / kGiB == gib) fitting.push_back(device);
    }
    return fitting;
  }
  /// "m4 max 128": a number at the end stands for gigabytes where a device of the name has so many. Where it
  /// may count GPU cores ("m1 max 32") the name is found, or asked about, before this step.
  Result<const DeviceRow*> with_number() const {
    const auto named = number_as_memory(name_);
    if (!named) return unknown();
    const MemoryName memory = split_memory(*named);
    if (const NeverExistedRow* row = trap_of(memory.base)) return never_existed(*row);
    const auto entries = entries_of(index_.devices, device_key(*named));
    Devices fitting;
    if (entries.empty()) {
      fitting = of_memory(candidates_of(memory.base), memory.gib.value_or(0));
    } else if (entries.front().kind == NameKind::never_existed) {
      return never_existed(rows_.never_existed[entries.front().target]);
    } else if (entries.front().kind == NameKind::ambiguous) {
      fitting = choice_rows(rows_.ambiguous[entries.front().target]);
    } else {
      fitting = {&rows_.devices[entries.front().target]};
    }
    if (fitting.empty()) return unknown();
    return fitting.size() == 1 ? checked(*fitting.front()) : ambiguous(fitting);
  }
  Result<const DeviceRow*> with_memory(const Devices& candidates, std::uint64_t gib) const {
    const Devices fitting = of_memory(candidates, gib);
    if (fitting.size() == 1) return checked(*fitting.front());
    if (!fitting.empty()) return ambiguous(fitting);
    Devices nearest = candidates;
    const auto gap = [&](const DeviceRow* device) {
      const Bytes asked = mul(gib, kGiB);
      const Bytes has = device->capacity.value_or(0);
      return has > asked ? has - asked : asked - has;
    };
    std::stable_sort(nearest.begin(), nearest.end(), [&](auto* a, auto* b) { return gap(a) < gap(b); });
    nearest.resize(std::min(nearest.size(), kNearest));
    Error error{ErrorCode::never_existed,
                "no device " + in_quotes(name_) + ": none of that name has " + std::to_string(gib) +
                    " GB; the nearest real ones are ",
                where(),
                {}};
    for (const DeviceRow* device : nearest) {
      error.message +=
          (error.did_you_mean.empty() ? "" : ", ") + std::string(device->id) + " (" + gib_text(*device) + ")";
      error.did_you_mean.emplace_back(device->id);
    }
    return error;
  }
  Error unknown() const {
    const bool gpu = option_ == DeviceOption::gpu;
    const auto filter = [&](const NameEntry& entry) {
      const bool is_device = entry.kind == NameKind::id || entry.kind == NameKind::alias;
      return is_device && belongs(rows_.devices[entry.target]);
    };
    std::vector<std::string> nearest;
    if (suggest_ == Suggest::yes)
      nearest = nearest_ids(rows_.devices, index_.devices, device_key(name_), filter);
    return with_names(gpu ? ErrorCode::unknown_gpu : ErrorCode::unknown_cpu,
                      std::string(gpu ? "no GPU, Mac or APU" : "no CPU") + " is named " + in_quotes(name_),
                      where(), std::move(nearest), "gpus");
  }

  const CatalogRows& rows_;
  const CatalogIndex& index_;
  std::string_view name_;
  DeviceOption option_;
  Suggest suggest_;
};

}  // namespace

Result<const ModelRow*> find_model(const CatalogRows& rows, const CatalogIndex& index,
                                   std::string_view name) {
  static constexpr std::string_view kFamily = "qwen3.5-";
  const std::string key = model_key(name);
  const std::string with_family = std::string(kFamily) + key;
  for (const std::string_view spelling : {std::string_view(key), std::string_view(with_family)}) {
    const auto entries = entries_of(index.models, spelling);
    if (!entries.empty()) return &rows.models[entries.front().target];
    if (const ModelRow* row = only_longer(rows, spelling)) return row;
  }
  return with_names(ErrorCode::unknown_model, "no model is named " + in_quotes(name), "--model",
                    nearest_ids(rows.models, index.models, key, [](const NameEntry&) { return true; }),
                    "models");
}

Result<const QuantRow*> find_quant(const CatalogRows& rows, const CatalogIndex& index,
                                   std::string_view name) {
  const std::string key = quant_key(name);
  const auto entries = entries_of(index.quants, key);
  if (!entries.empty()) return &rows.quants[entries.front().target];
  return with_names(ErrorCode::unknown_quant, "no quant is named " + in_quotes(name), "--quant",
                    nearest_ids(rows.quants, index.quants, key, [](const NameEntry&) { return true; }),
                    "quants");
}

Result<const DeviceRow*> find_device(const CatalogRows& rows, const CatalogIndex& index,
                                     std::string_view name, DeviceOption option, Suggest suggest) {
  return DeviceQuestion(rows, index, name, option, suggest).answer();
}

const ModelRow* model_with_id(const CatalogRows& rows, const CatalogIndex& index, std::string_view id) {
  return row_with_id(rows.models, index.models, model_key(id), id);
}
const QuantRow* quant_with_id(const CatalogRows& rows, const CatalogIndex& index, std::string_view id) {
  return row_with_id(rows.quants, index.quants, quant_key(id), id);
}
const DeviceRow* device_with_id(const CatalogRows& rows, const CatalogIndex& index, std::string_view id) {
  return row_with_id(rows.devices, index.devices, device_key(id), id);
}

}  // namespace qwenfit
