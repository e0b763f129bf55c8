#include "query/gpu_spec.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "catalog/ids.h"
#include "catalog/names.h"
#include "query/links.h"
#include "query/sizes.h"
#include "query/text.h"

namespace qwenfit {
namespace {

constexpr std::string_view kGpuOption = "--gpu";
/// Longest name of a custom device.
constexpr std::size_t kNameBytes = 48;

/// A count has at most two digits, so that names such as 7900xtx stay names; longer ones are counts only when
/// what follows is a known device and the whole is not.
bool is_count(const Counted& parts, std::string_view whole, const Catalog& catalog) {
  if (parts.count.empty()) return false;
  if (parts.count.size() <= 2) return true;
  const auto name = parts.name.substr(0, parts.name.find(':'));
  const auto as_whole = catalog.gpu(whole.substr(0, whole.find(':')));
  if (as_whole || as_whole.error().code != ErrorCode::unknown_gpu) return false;
  if (lower_case(name) == "custom") return true;
  const auto rest = catalog.gpu(name);
  return rest || rest.error().code != ErrorCode::unknown_gpu;
}

Result<double> positive_number(std::string_view key, std::string_view text, std::string_view unit,
                               double most) {
  auto digits = trimmed(text);
  if (lower_case(digits).ends_with(lower_case(unit)))
    digits = trimmed(digits.substr(0, digits.size() - unit.size()));
  const auto number = parse_decimal(digits);
  if (number && *number > 0 && *number <= most) return *number;
  return usage_error(kGpuOption, std::string(key) + "= of --gpu takes a number above zero and up to " +
                                     std::to_string(std::llround(most)) + " in " + std::string(unit) +
                                     ", not " + in_quotes(text));
}

Result<bool> set_text_name(std::string_view text, GpuSpec& spec) {
  if (text.empty() || text.size() > kNameBytes || printable(text) != text) {
    return usage_error(kGpuOption,
                       "name= of --gpu takes up to " + std::to_string(kNameBytes) + " bytes of plain text");
  }
  spec.name = text;
  return true;
}

Result<bool> set_key(std::string_view key, std::string_view value, const Catalog& catalog, GpuSpec& spec) {
  if (key == "memory") {
    const auto memory = parse_size(value, "memory= of --gpu");
    if (!memory) return usage_error(kGpuOption, memory.error().message);
    spec.memory = *memory;
  } else if (key == "bandwidth") {
    const auto number = positive_number(key, value, "GB/s", 1e6);
    if (!number) return number.error();
    spec.bandwidth_bytes_per_s = static_cast<Bytes>(std::llround(*number * 1e9));
  } else if (key == "tflops") {
    const auto number = positive_number(key, value, "TFLOPS", 1e6);
    if (!number) return number.error();
    spec.tflops = *number;
  } else if (key == "backend") {
    const auto backend = parse_backend(value, kGpuOption);
    if (!backend) return backend.error();
    spec.backend = *backend;
  } else if (key == "pcie") {
    const auto link = parse_host_link(value, spec.row, catalog);
    if (!link) return link.error();
    spec.host_link = *link;
  } else if (key == "nvlink") {
    const auto on = parse_nvlink(value, spec.row);
    if (!on) return on.error();
    spec.nvlink = *on;
  } else if (key == "name") {
    return set_text_name(value, spec);
  }
  return true;
}

/// What a key means without a value; empty: it needs one.
std::string_view bare_value(std::string_view key) {
  return key == "nvlink" ? "on" : "";
}

/// A spelling of a value for messages; round, so that nobody takes it for a device's figure.
std::string_view example(std::string_view key) {
  struct Example {
    std::string_view key, value;
  };
  static constexpr std::array<Example, 7> kExamples = {{{"memory", "24GiB"},
                                                        {"bandwidth", "1000"},
                                                        {"backend", "cuda"},
                                                        {"tflops", "100"},
                                                        {"name", "planned"},
                                                        {"pcie", "3x4"},
                                                        {"nvlink", "on"}}};
  const auto found =
      std::find_if(kExamples.begin(), kExamples.end(), [&](const Example& e) { return e.key == key; });
  return found != kExamples.end() ? found->value : "";
}

/// What can be told of a custom device, and of one of the catalog.
constexpr std::array<std::string_view, 6> kCustomKeys = {"memory", "bandwidth", "backend",
                                                         "tflops", "name",      "pcie"};
constexpr std::array<std::string_view, 3> kDeviceKeys = {"memory", "pcie", "nvlink"};

/// Keys that mean something for the device; all of them for a custom one.
std::vector<std::string_view> usable(std::span<const std::string_view> known, const DeviceRow* row) {
  std::vector<std::string_view> out;
  for (const auto key : known) {
    const bool none =
        row != nullptr && ((key == "memory" && row->capacity) || (key == "pcie" && row->unified) ||
                           (key == "nvlink" && row->nvlink_link.empty()));
    if (!none) out.push_back(key);
  }
  return out;
}

Error unknown_key(std::string_view key, std::span<const std::string_view> known, const GpuSpec& spec) {
  const auto keys = usable(known, spec.row);
  const std::string takes = keys.empty() ? std::string(spec.row->name) + " takes none"
                                         : "it takes " + listed({keys.begin(), keys.end()});
  return {ErrorCode::usage, "unknown key " + in_quotes(key) + " in --gpu; " + takes, std::string(kGpuOption),
          nearest_names(key, keys, 1)};
}

Error missing_value(std::string_view key, std::span<const std::string_view> known, const GpuSpec& spec) {
  const auto keys = usable(known, spec.row);
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
    return combination_error(kGpuOption, "key " + in_quotes(key) + " means nothing for " +
                                             std::string(spec.row->name) + "; drop it");
  }
  return usage_error(kGpuOption, "key " + in_quotes(key) + " in --gpu needs a value, such as " +
                                     std::string(key) + "=" + std::string(example(key)));
}

/// `memory=SIZE,bandwidth=RATE`: every key at most once, only those of `known`.
Result<bool> parse_keys(std::string_view text, std::span<const std::string_view> known,
                        const Catalog& catalog, GpuSpec& spec) {
  std::vector<std::string> seen;
  for (const auto part : split(text, ',')) {
    const auto equals = part.find('=');
    const std::string key = lower_case(trimmed(part.substr(0, equals)));
    if (std::find(known.begin(), known.end(), key) == known.end()) return unknown_key(key, known, spec);
    const bool bare = equals == std::string_view::npos;
    const auto value = bare ? bare_value(key) : trimmed(part.substr(equals + 1));
    if (value.empty()) return missing_value(key, known, spec);
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
      return usage_error(kGpuOption, "key " + in_quotes(key) + " is given twice in --gpu; keep one");
    }
    seen.push_back(key);
    auto set = set_key(key, value, catalog, spec);
    if (!set) return set.error();
  }
  return true;
}

Result<GpuSpec> parse_custom(std::string_view keys, const Catalog& catalog, GpuSpec spec) {
  spec.name = "custom device";
  auto parsed = parse_keys(keys, kCustomKeys, catalog, spec);
  if (!parsed && !keys.empty()) return parsed.error();
  if (!spec.memory)
    return usage_error(kGpuOption, "a custom GPU needs its memory: --gpu custom:memory=24GiB");
  return spec;
}

/// Keys of a catalog row: `memory=` only where it is sold with any amount of it, links only where it has
/// some.
Result<bool> check_known(const GpuSpec& spec) {
  const std::string name(spec.row->name);
  const std::string id(spec.row->id);
  if (spec.row->capacity && spec.memory) {
    return combination_error(kGpuOption, name + " has its own memory size; type --gpu " + id +
                                             ", or describe another device with custom:memory=...");
  }
  if (!spec.row->capacity && !spec.memory) {
    return usage_error(kGpuOption,
                       name + " is sold with different memory sizes; type --gpu " + id + ":memory=32GiB");
  }
  if (spec.row->unified && spec.host_link != nullptr) {
    return combination_error(kGpuOption,
                             name + " shares its memory with the CPU: nothing crosses PCIe; drop pcie=");
  }
  return true;
}

/// `rtx3090x2`: where the name before the count is known, the same with the count in front.
std::vector<std::string> count_in_front(std::string_view name, const Catalog& catalog) {
  const auto last = name.find_last_not_of("0123456789");
  if (last == std::string_view::npos || last + 1 == name.size() || name.size() - last > 3) return {};
  const std::string_view count = name.substr(last + 1);
  if ((name[last] != 'x' && name[last] != 'X' && name[last] != '*') || parse_unsigned(count).value_or(0) == 0)
    return {};
  const std::string_view device = trimmed(name.substr(0, last));
  if (device.empty()) return {};
  const auto row = catalog.gpu(device);
  std::vector<std::string> ids = row ? std::vector{std::string((*row)->id)} : row.error().did_you_mean;
  if (!row && row.error().code != ErrorCode::ambiguous_name) return {};
  for (std::string& id : ids) id.insert(0, std::string(count) + "x");
  return ids;
}

Result<GpuSpec> parse_known(std::string_view name, std::optional<std::string_view> keys, GpuSpec spec,
                            const Catalog& catalog) {
  const auto row = catalog.gpu(name);
  if (!row) {
    Error error = row.error();
    if (error.where.empty()) error.where = kGpuOption;
    if (auto counted = count_in_front(name, catalog); !counted.empty() && spec.count == 1)
      return Error{error.code, "the count goes before the name, not after it as in " + in_quotes(name),
                   error.where, std::move(counted)};
    return error;
  }
  spec.row = *row;
  if (keys) {
    const auto parsed = parse_keys(*keys, kDeviceKeys, catalog, spec);
    if (!parsed) return parsed.error();
  }
  if (const auto checked = check_known(spec); !checked) return checked.error();
  return spec;
}

}  // namespace

std::vector<std::string_view> gpu_keys(const DeviceRow* row) {
  return row == nullptr ? usable(kCustomKeys, row) : usable(kDeviceKeys, row);
}

bool gpu_key_needs_value(std::string_view key) {
  return bare_value(key).empty();
}

Result<Backend> parse_backend(std::string_view text, std::string_view where) {
  const std::string id = lower_case(trimmed(text));
  const auto backend = enum_from_id<Backend>(id);
  if (!backend) return value_error(where, text, {"cuda", "metal", "vulkan", "rocm", "sycl", "generic"});
  if (*backend == Backend::cpu) {
    return combination_error(
        where,
        "a GPU does not run on the cpu back end; for a machine without a GPU type --gpu none --ram 64GB");
  }
  return *backend;
}

std::string_view uncounted(std::string_view text, const Catalog& catalog) {
  const auto typed = trimmed(text);
  const Counted parts = split_count(typed);
  return is_count(parts, typed, catalog) ? parts.name : typed;
}

Result<GpuSpec> parse_gpu(std::string_view text, const Catalog& catalog) {
  const auto typed = trimmed(text);
  if (typed.empty())
    return usage_error(kGpuOption, "--gpu needs a name, such as --gpu rtx3090; for none type --gpu none");
  const Counted parts = split_count(typed);
  GpuSpec spec;
  auto name = typed;
  if (is_count(parts, typed, catalog)) {
    const auto count = parse_unsigned(parts.count);
    if (!count || *count < 1 || *count > kMostDevices) {
      return usage_error(kGpuOption, "--gpu takes 1 to " + std::to_string(kMostDevices) + " devices, not " +
                                         in_quotes(parts.count) + " in " + in_quotes(typed));
    }
    if (parts.name.empty())
      return usage_error(kGpuOption, "--gpu " + in_quotes(typed) + " has a count but no name, such as " +
                                         std::string(parts.count) + "xrtx3090");
    spec.count = static_cast<std::uint32_t>(*count);
    name = parts.name;
  }
  const auto colon = name.find(':');
  const auto device = trimmed(name.substr(0, colon));
  std::optional<std::string_view> keys;
  if (colon != std::string_view::npos) keys = trimmed(name.substr(colon + 1));
  const std::string lower = lower_case(device);
  if (lower == "auto")
    return usage_error(kGpuOption,
                       "auto is a word of its own, for this computer as qwenfit detect describes it; "
                       "here it takes a name, such as rtx3090");
  if (lower == "none")
    return combination_error(kGpuOption, "--gpu none stands alone: drop it, or the other --gpu");
  // Names as the listing prints them may hold a comma: "Apple M4 Max (40-core GPU, 128GB)".
  if (!keys && device.find(',') != std::string_view::npos && !catalog.gpu(device)) {
    return usage_error(
        kGpuOption, "--gpu takes one device; repeat the option for more: --gpu rtx3090 --gpu rtx3060-12gb");
  }
  if (lower == "custom") return parse_custom(keys.value_or(""), catalog, std::move(spec));
  return parse_known(device, keys, std::move(spec), catalog);
}

}  // namespace qwenfit
