#include "cli/complete_values.h"

#include <algorithm>

#include "catalog/ids.h"
#include "catalog/names.h"
#include "query/build_cache.h"
#include "query/gpu_spec.h"
#include "query/links.h"
#include "query/text.h"

namespace qwenfit {
namespace {

using Source = void (*)(std::string_view typed, const ValueQuestion& about, Completion& out);

/// What of `typed` stays, and what a name is looked for by: parted after the last separator.
struct Parted {
  std::string_view lead, rest;
};
Parted parted(std::string_view typed, char separator) {
  const auto at = typed.rfind(separator);
  const std::size_t cut = at == std::string_view::npos ? 0 : at + 1;
  return {typed.substr(0, cut), typed.substr(cut)};
}

/// The id, or where only an alias begins as typed the shortest such; empty: none. A shell takes a blank for
/// the end of a name.
template <typename Row>
std::string_view name_for(const Row& row, std::string_view typed) {
  const std::string start = lower_case(typed);
  if (row.id.starts_with(start)) return row.id;
  std::string_view best;
  for (const auto alias : row.aliases) {
    if (!alias.starts_with(start) || alias.find(' ') != std::string_view::npos) continue;
    if (best.empty() || alias.size() < best.size()) best = alias;
  }
  return best;
}

/// Devices for which `wanted` is true. An alias that means several is no answer.
template <typename Wanted>
void offer_devices(std::string_view lead, std::string_view typed, std::string_view tail,
                   const Catalog& catalog, Wanted wanted, Completion& out) {
  for (const DeviceRow& row : catalog.rows().devices) {
    if (!wanted(row)) continue;
    const auto name = name_for(row, typed);
    if (name.empty()) continue;
    const bool cpu = row.device_class == DeviceClass::cpu;
    const auto found = cpu ? catalog.cpu(name) : catalog.gpu(name);
    if (found && *found == &row) offer(lead, typed, std::string(name) + std::string(tail), row.name, out);
  }
}

bool is_gpu(const DeviceRow& row) {
  return row.device_class != DeviceClass::cpu;
}

void sizes(std::string_view typed, const ValueQuestion&, Completion& out) {
  if (!parse_decimal(typed)) return;
  for (const auto& [unit, help] : {std::pair("GB", "of 1000^3 bytes"), {"GiB", "of 1024^3 bytes"}})
    offer("", typed, std::string(typed) + unit, help, out);
}

void backends(std::string_view typed, const ValueQuestion& about, Completion& out) {
  for (const BackendRow& row : about.catalog.rows().backends) {
    if (row.id != Backend::cpu) offer("", typed, backend_id(row.id), row.name, out);
  }
}

/// The value of a key after `ID:`.
void key_value(std::string_view key, std::string_view typed, const ValueQuestion& about, Completion& out) {
  if (key == "backend") return backends(typed, about, out);
  if (key == "memory") return sizes(typed, about, out);
  if (key == "pcie") {
    for (const auto& [name, help] : host_link_names(about.catalog)) offer("", typed, name, help, out);
  } else if (key == "nvlink") {
    for (const auto* value : {"on", "off"}) offer("", typed, value, "", out);
  }
}

/// `ID:key=value,key`: the keys that the device takes and that are not there yet, or the values of one.
void keys(std::string_view device, std::string_view typed, const ValueQuestion& about, Completion& out) {
  const DeviceRow* row = nullptr;
  if (lower_case(device) != "custom") {
    const auto found = about.catalog.gpu(device);
    if (!found) return;
    row = *found;
  }
  const auto [lead, last] = parted(typed, ',');
  if (const auto equals = last.find('='); equals != std::string_view::npos) {
    const std::size_t first = out.candidates.size();
    key_value(last.substr(0, equals), last.substr(equals + 1), about, out);
    for (std::size_t i = first; i < out.candidates.size(); ++i)
      out.candidates[i].text.insert(0, typed.substr(0, lead.size() + equals + 1));
    return;
  }
  const auto given = split(lead, ',');
  for (const auto key : gpu_keys(row)) {
    const auto same = [&](std::string_view part) { return part.substr(0, part.find('=')) == key; };
    if (std::any_of(given.begin(), given.end(), same)) continue;
    offer(lead, last, std::string(key) + (gpu_key_needs_value(key) ? "=" : ""), "", out);
  }
}

void gpus(std::string_view typed, const ValueQuestion& about, Completion& out) {
  if (const auto colon = typed.find(':'); colon != std::string_view::npos) {
    const std::size_t first = out.candidates.size();
    keys(uncounted(typed.substr(0, colon), about.catalog), typed.substr(colon + 1), about, out);
    for (std::size_t i = first; i < out.candidates.size(); ++i)
      out.candidates[i].text.insert(0, typed.substr(0, colon + 1));
    return;
  }
  offer_devices("", typed, "", about.catalog, is_gpu, out);
  offer("", typed, "custom:memory=", "a device that the catalog does not have", out);
  const Counted parts = split_count(typed);
  const auto count = parse_unsigned(parts.count);
  if (!count || *count == 0 || *count > kMostDevices) return;
  const auto lead = typed.substr(0, typed.size() - parts.name.size());
  offer_devices(lead, parts.name, "", about.catalog, is_gpu, out);
  offer(lead, parts.name, "custom:memory=", "devices that the catalog does not have", out);
}

void machine_gpus(std::string_view typed, const ValueQuestion& about, Completion& out) {
  offer("", typed, "none", "a machine without a GPU", out);
  offer("", typed, "auto", "this computer's", out);
  gpus(typed, about, out);
}

void priced(std::string_view typed, const ValueQuestion& about, Completion& out) {
  if (typed.find('=') == std::string_view::npos) offer_devices("", typed, "=", about.catalog, is_gpu, out);
}

void cpus(std::string_view typed, const ValueQuestion& about, Completion& out) {
  offer_devices(
      "", typed, "", about.catalog, [](const DeviceRow& row) { return !is_gpu(row); }, out);
}

void devices(std::string_view typed, const ValueQuestion& about, Completion& out) {
  offer_devices(
      "", typed, "", about.catalog, [](const DeviceRow&) { return true; }, out);
}

/// Rows that are not in the list yet.
template <typename Rows>
void offer_rows(std::string_view typed, const Rows& rows, Completion& out) {
  const auto [lead, last] = parted(typed, ',');
  const auto given = split(lead, ',');
  for (const auto& row : rows) {
    const auto name = name_for(row, last);
    if (!name.empty() && !contains(given, name)) offer(lead, last, name, row.name, out);
  }
}

void models(std::string_view typed, const ValueQuestion& about, Completion& out) {
  offer_rows(typed, about.catalog.rows().models, out);
}

/// What begins like no model is the path of a file.
void models_or_files(std::string_view typed, const ValueQuestion& about, Completion& out) {
  models(typed, about, out);
  offer("", typed, "all", "every Qwen 3.5", out);
  if (out.candidates.empty()) out.files = true;
}

void quants(std::string_view typed, const ValueQuestion& about, Completion& out) {
  offer_rows(typed, about.catalog.rows().quants, out);
}

/// Whoever publishes the quant: of the models on the line, else of any that was released.
void publishers(std::string_view lead, std::string_view quant, std::string_view typed,
                const ValueQuestion& about, Completion& out) {
  const auto row = about.catalog.quant(quant);
  if (!row) return;
  std::vector<std::string> names;
  const BuildCache cache(about.catalog);
  const auto add = [&](const ModelRow& model) {
    for (auto& name : cache.publishers(model, **row, false)) {
      if (name != kRulePublisher && !contains(names, name)) names.push_back(std::move(name));
    }
  };
  for (const auto& name : about.models) {
    if (const auto model = about.catalog.model(name)) add(**model);
  }
  if (names.empty()) {
    for (const ModelRow& model : about.catalog.rows().models) {
      if (model.status == ModelStatus::released) add(model);
    }
  }
  for (const auto& name : names) offer(lead, typed, name, "", out);
}

void quants_or_all(std::string_view typed, const ValueQuestion& about, Completion& out) {
  const auto [list, last] = parted(typed, ',');
  if (const auto at = last.find('@'); at != std::string_view::npos) {
    const std::size_t cut = list.size() + at + 1;
    return publishers(typed.substr(0, cut), last.substr(0, at), typed.substr(cut), about, out);
  }
  quants(typed, about, out);
  offer("", typed, "all", "every quant", out);
}

void runtimes(std::string_view typed, const ValueQuestion& about, Completion& out) {
  for (const RuntimeRow& row : about.catalog.rows().runtimes) offer("", typed, row.id, row.name, out);
}

void storages(std::string_view typed, const ValueQuestion& about, Completion& out) {
  for (const StorageRow& row : about.catalog.rows().storages) offer("", typed, row.id, row.name, out);
}

void cache_types(std::string_view typed, const ValueQuestion&, Completion& out) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(TensorType::count); ++i) {
    const auto& row = tensor_type(static_cast<TensorType>(i));
    if (row.kv) offer("", typed, row.id, "", out);
  }
}

void texts(std::string_view typed, const ValueQuestion& about, Completion& out) {
  for (const DraftRow& row : about.catalog.rows().drafts) offer("", typed, row.id, "", out);
}

/// Round numbers from the default up to the longest context of a model.
void tokens(std::string_view typed, const ValueQuestion& about, Completion& out) {
  Tokens longest = 0;
  for (const ModelRow& row : about.catalog.rows().models) longest = std::max(longest, row.max_context);
  for (Tokens n = kDefaultContext; n <= longest; n *= 2)
    offer("", typed, std::to_string(n / 1024) + "k", "", out);
}

void contexts(std::string_view typed, const ValueQuestion& about, Completion& out) {
  tokens(typed, about, out);
  offer("", typed, "max", "the largest that fits", out);
}

void files(std::string_view, const ValueQuestion&, Completion& out) {
  out.files = true;
}

void catalogs(std::string_view typed, const ValueQuestion&, Completion& out) {
  offer("", typed, "none", "without the user's own", out);
  out.files = true;
}

void shells(std::string_view typed, const ValueQuestion&, Completion& out) {
  for (const auto shell : known_shells()) offer("", typed, shell, "", out);
}

struct ValueRow {
  std::string_view option;
  Source source;
  std::string_view words = {};  ///< beside what the source gives
};

constexpr ValueRow kValues[] = {
    {"gpu", machine_gpus},
    {"ram", sizes},
    {"cpu", cpus},
    {"os", nullptr, "linux windows macos macos-15 macos-26"},
    {"backend", backends},
    {"storage", storages},
    {"model", models_or_files},
    {"quant", quants_or_all},
    {"mtp-acceptance", texts},
    {"runtime", runtimes},
    {"ctx", contexts},
    {"depth", tokens},
    {"prompt", tokens},
    {"kv", cache_types},
    {"kv-k", cache_types},
    {"kv-v", cache_types},
    {"flash-attn", nullptr, "on off"},
    {"gpu-layers", nullptr, "all"},
    {"cpu-moe", nullptr, "all"},
    {"split-mode", nullptr, "layer tensor"},
    {"class", nullptr, "gpu mac mini-pc"},
    {"price", priced},
    {"from", gpus},
    {"html", files},
    {"launch", runtimes},
    {"measured", files},
    {"color", nullptr, "auto always never"},
    {"catalog", catalogs},
};

constexpr ValueRow kArguments[] = {
    {"compare", machine_gpus}, {"models", models},     {"quants", quants},
    {"gpus", devices},         {"completion", shells},
};

void complete_from(const ValueRow& row, std::string_view typed, const ValueQuestion& about, Completion& out) {
  if (row.source != nullptr) row.source(typed, about, out);
  if (row.words.empty()) return;
  for (const auto word : split(row.words, ' ')) offer("", typed, word, "", out);
}

template <std::size_t Count>
const ValueRow* value_row(const ValueRow (&table)[Count], std::string_view name) {
  const auto* const found = std::find_if(std::begin(table), std::end(table),
                                         [&](const ValueRow& row) { return row.option == name; });
  return found != std::end(table) ? found : nullptr;
}

}  // namespace

void complete_option(std::string_view option, std::string_view typed, const ValueQuestion& about,
                     Completion& out) {
  if (const ValueRow* row = value_row(kValues, option)) complete_from(*row, typed, about, out);
}

void complete_argument(const CommandRow& row, std::string_view typed, const ValueQuestion& about,
                       Completion& out) {
  if (const ValueRow* values = value_row(kArguments, row.name))
    complete_from(*values, typed, about, out);
  else if (row.argument.find("FILE") != std::string_view::npos ||
           row.argument.find(".json") != std::string_view::npos)
    out.files = true;
}

}  // namespace qwenfit
