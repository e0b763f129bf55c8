#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "catalog/claim_gaps.h"
#include "catalog/ids.h"
#include "catalog/index.h"
#include "catalog/names.h"
#include "catalog/nearest.h"
#include "catalog/plausible.h"
#include "catalog/validate.h"

namespace qwenfit {
namespace {

std::string in_quotes(std::string_view text) {
  return "\"" + printable(text) + "\"";
}

/// Words that an option takes in place of a name.
bool is_reserved_word(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kWords = {"none", "auto", "custom", "all", "max"};
  return std::find(kWords.begin(), kWords.end(), name) != kWords.end();
}

/// "2x rtx3090": --gpu takes one or two digits before an 'x' for a count of devices.
bool is_count_of_devices(std::string_view name) {
  constexpr std::size_t most_digits = 2;
  const auto digits = std::min(name.find_first_not_of("0123456789"), name.size());
  if (digits == 0 || digits > most_digits) return false;
  const auto rest = name.find_first_not_of(" -_", digits);
  return rest != std::string_view::npos && name[rest] == 'x';
}

/// Checks of one set of tables; a fault is reported at the row that brings it.
class Checker {
 public:
  Checker(const Tables& tables, Scope scope, Findings& findings)
      : tables_(tables), scope_(scope), findings_(findings) {}

  void check_all_keys() {
    for_each_table(tables_, [&](std::string_view, const auto& table) { check_keys(table); });
    check_keys(tables_.tensor_types);
  }
  void check_meaning() {
    collect_ids();
    check_references();
    check_power();
    check_thresholds();
    check_reserved_names();
    check_names();
  }

 private:
  void fault(const Place& place, const std::string& below, std::string text) {
    findings_.push_back({std::string(place.file), row_pointer(place) + below, std::move(text)});
  }

  template <typename Row>
  void check_keys(const Table<Row>& table) {
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const auto [at, is_new] = seen.emplace(key_of(table.rows[i]), i);
      if (is_new) continue;
      const Place& other = table.places[at->second];
      fault(table.places[i], "",
            in_quotes(at->first) + " is here twice, also at " + printable(other.file) + ":" +
                row_pointer(other));
    }
  }

  using Ids = std::set<std::string_view>;
  void collect_ids() {
    for (const auto& row : tables_.models.rows) models_.insert(row.id);
    for (const auto& row : tables_.quants.rows) quants_.insert(row.id);
    for (const auto& row : tables_.devices.rows) devices_.insert(row.id);
    for (const auto& row : tables_.models.rows) families_.insert(row.family);
    for (const auto& row : tables_.runtimes.rows) runtimes_.insert(row.id);
    for (const auto& row : tables_.links.rows) links_.insert(row.id);
    for (const auto& row : tables_.power.rows) power_.insert(row.id);
    for (const auto& row : tables_.quality_protocols.rows) protocols_.insert(row.id);
  }
  void check_reference(const Place& place, const std::string& below, std::string_view id, const Ids& ids,
                       std::string_view what) {
    if (ids.contains(id)) return;
    const auto nearest = nearest_names(id, {ids.begin(), ids.end()}, 1);
    fault(place, below,
          "no " + std::string(what) + " has the id " + in_quotes(id) +
              (nearest.empty() ? "" : ", the nearest is " + in_quotes(nearest.front())));
  }
  void check_list(const Place& place, const std::string& below, Names ids, const Ids& known,
                  std::string_view what) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      check_reference(place, below + "/" + std::to_string(i), ids[i], known, what);
    }
  }
  template <typename Row, typename F>
  void for_rows(const Table<Row>& table, F&& f) {
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      if (in_scope(scope_, table.places[i])) f(table.rows[i], table.places[i]);
    }
  }
  void check_references() {
    for_rows(tables_.builds, [&](const BuildRow& row, const Place& place) {
      check_reference(place, "/model", row.model, models_, "model");
      check_reference(place, "/quant", row.quant, quants_, "quant");
    });
    for_rows(tables_.projectors, [&](const ProjectorRow& row, const Place& place) {
      check_reference(place, "/model", row.model, models_, "model");
    });
    for_rows(tables_.repositories, [&](const RepositoryRow& row, const Place& place) {
      check_reference(place, "/model", row.model, models_, "model");
      check_reference(place, "/quant", row.quant, quants_, "quant");
    });
    for_rows(tables_.runtime_options,
             [&](const RuntimeOptionRow& row, const Place& place) { check_option(row, place); });
    for_rows(tables_.claims, [&](const ClaimRow& row, const Place& place) { check_claim(row, place); });
    for_rows(tables_.headers, [&](const HeaderRow& row, const Place& place) {
      check_reference(place, "/id", row.id, families_, "model family");
    });
    for_rows(tables_.ambiguous, [&](const AmbiguousRow& row, const Place& place) {
      check_list(place, "/choices", row.choices, devices_, "device");
    });
    for_rows(tables_.never_existed, [&](const NeverExistedRow& row, const Place& place) {
      check_list(place, "/nearest", row.nearest, devices_, "device");
    });
    for_rows(tables_.models, [&](const ModelRow& row, const Place& place) { check_model(row, place); });
    for_rows(tables_.quants, [&](const QuantRow& row, const Place& place) {
      if (row.format == "gguf" && !row.mixture)
        fault(place, "/mixture", "expected a mixture for the format gguf");
      if (row.format != "gguf" && !row.rule)
        fault(place, "/rule", "expected a rule for a format other than gguf");
      check_list(place, "/runtimes", row.runtimes, runtimes_, "runtime");
      if (!row.stands_in_for.empty())
        check_reference(place, "/stands_in_for", row.stands_in_for, quants_, "quant");
    });
    for_rows(tables_.devices, [&](const DeviceRow& row, const Place& place) { check_device(row, place); });
    for_rows(tables_.runtimes,
             [&](const RuntimeRow& row, const Place& place) { check_runtime_row(row, place); });
    for_rows(tables_.measured_speeds,
             [&](const MeasuredSpeedRow& row, const Place& place) { check_measured(row, place); });
    for_rows(tables_.quality, [&](const QualityRow& row, const Place& place) {
      check_reference(place, "/model", row.model, models_, "model");
      check_reference(place, "/quant", row.quant, quants_, "quant");
      check_reference(place, "/protocol", row.protocol, protocols_, "quality protocol");
      check_cache_type(place, "/kv", row.kv);
    });
    for_rows(tables_.quality_levels, [&](const QualityLevelRow& row, const Place& place) {
      const bool is_bits = row.name.find_first_not_of("0123456789") == std::string_view::npos;
      if (row.of == "kv") check_cache_type(place, "/name", row.name);
      if (row.of == "quant") check_reference(place, "/name", row.name, quants_, "quant");
      if (row.of == "weights" && !is_bits) fault(place, "/name", "expected a number of bits");
    });
  }
  void check_power() {
    for_rows(tables_.power, [&](const PowerRow& row, const Place& place) {
      check_list(place, "/devices", row.devices, devices_, "device");
    });
    for_rows(tables_.power_shares, [&](const PowerShareRow& row, const Place& place) {
      check_list(place, "/rows", row.rows, power_, "power row");
      if (row.low > row.share || row.share > row.high)
        fault(place, "/share", "expected a share from low to high");
    });
    for_rows(tables_.host_power, [&](const HostPowerRow& row, const Place& place) {
      check_list(place, "/rows", row.rows, power_, "power row");
    });
  }
  void check_cache_type(const Place& place, const std::string& below, std::string_view id) {
    const auto type = enum_from_id<TensorType>(id);
    if (!type) fault(place, below, "expected a type of the KV cache, such as q8_0");
  }
  void check_claim(const ClaimRow& row, const Place& place) {
    check_list(place, "/models", row.models, models_, "model");
    check_list(place, "/quants", row.quants, quants_, "quant");
    for (std::size_t i = 0; i < row.machines.size(); ++i) {
      check_reference(place, "/machines/" + std::to_string(i), split_count(row.machines[i]).name, devices_,
                      "device");
    }
    if (row.low && row.high && *row.low > *row.high) fault(place, "/low", "expected at most high");
    if (row.high && !row.low) fault(place, "/low", "expected a number where there is a high");
    if (row.kind == ClaimKind::set_up && row.high.has_value() == row.fits.has_value())
      fault(place, "/fits", "expected a speed, or true or false, not both");
    for (const ClaimGap& gap : claim_gaps(row))
      fault(place, std::string(gap.pointer), "expected " + std::string(gap.what) + " for this kind of claim");
  }
  void check_measured(const MeasuredSpeedRow& row, const Place& place) {
    check_reference(place, "/model", row.model, models_, "model");
    check_reference(place, "/quant", row.quant, quants_, "quant");
    if (row.low_tok_s > row.high_tok_s) fault(place, "/low_tok_s", "expected at most high_tok_s");
    if (row.least_depth > row.most_depth) fault(place, "/least_depth", "expected at most most_depth");
    if (row.sources > row.rows) fault(place, "/sources", "expected at most the number of rows");
  }
  void check_option(const RuntimeOptionRow& row, const Place& place) {
    check_reference(place, "/runtime", row.runtime, runtimes_, "runtime");
    const bool numeric = row.value == OptionValue::integer || row.value == OptionValue::number ||
                         row.value == OptionValue::numbers;
    if (!numeric && (row.least || row.most)) fault(place, "/value", "expected a number for a range");
    if (row.least && row.most && *row.least > *row.most) fault(place, "/least", "expected at most `most`");
    if (row.value == OptionValue::choice && row.choices.empty())
      fault(place, "/choices", "expected the words that a choice takes");
    for (const RuntimeOptionRow& other : tables_.runtime_options.rows) {
      if (other.runtime != row.runtime || other.program != row.program || other.names.empty() ||
          other.names.front() == row.names.front())
        continue;
      for (const auto name : row.names) {
        if (std::find(other.names.begin(), other.names.end(), name) != other.names.end())
          fault(place, "/names", "the name " + in_quotes(name) + " already belongs to another option");
      }
    }
  }
  void check_thresholds() {
    std::map<std::pair<SpeedPhase, double>, std::size_t> seen;
    const auto& table = tables_.speed_words;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const SpeedWordsRow& row = table.rows[i];
      const auto [at, is_new] = seen.emplace(std::make_pair(row.phase, row.least_tok_s), i);
      if (is_new || (!in_scope(scope_, table.places[i]) && !in_scope(scope_, table.places[at->second])))
        continue;
      const std::size_t faulty = in_scope(scope_, table.places[i]) ? i : at->second;
      fault(table.places[faulty], "/least_tok_s",
            "expected another threshold, " + in_quotes(table.rows[faulty == i ? at->second : i].id) +
                " has this one");
    }
  }
  void check_runtime_row(const RuntimeRow& row, const Place& place) {
    if (row.memory_model == MemoryModel::paged && !row.paged)
      fault(place, "/paged", "expected the rule of the memory model");
    if (row.memory_model == MemoryModel::pools && !row.pools)
      fault(place, "/pools", "expected the rule of the memory model");
    if (!row.growing && std::find(row.formats.begin(), row.formats.end(), "mlx") != row.formats.end())
      fault(place, "/growing", "expected a rule for MLX files");
    for (std::size_t i = 0; i < row.hardware.quants.size(); ++i) {
      check_list(place, "/hardware/quants/" + std::to_string(i) + "/quants", row.hardware.quants[i].quants,
                 quants_, "quant");
    }
    for (std::size_t i = 1; i < row.context_tiers.size(); ++i) {
      if (row.context_tiers[i].min_device <= row.context_tiers[i - 1].min_device)
        fault(place, "/context_tiers/" + std::to_string(i), "expected more memory than the tier before");
    }
  }
  void check_device(const DeviceRow& row, const Place& place) {
    const bool is_mac = row.device_class == DeviceClass::mac;
    if ((row.device_class == DeviceClass::gpu || is_mac) && !row.capacity)
      fault(place, "/capacity_bytes", "expected a number of bytes for a GPU or Mac");
    if (is_mac && row.vendor != "Apple") fault(place, "/vendor", "expected Apple for a Mac");
    if (row.default_backend == Backend::metal && !is_mac)
      fault(place, "/default_backend", "expected metal for the class mac only");
    if (row.default_backend == Backend::cuda && row.vendor != "NVIDIA")
      fault(place, "/default_backend", "expected cuda for the vendor NVIDIA only");
    for (std::size_t i = 0; i < row.prices.size(); ++i) {
      if (row.prices[i].low_usd > row.prices[i].high_usd)
        fault(place, "/prices/" + std::to_string(i) + "/low_usd", "expected at most high_usd");
    }
    if (!row.nvlink_link.empty()) check_reference(place, "/nvlink_link", row.nvlink_link, links_, "link");
  }
  template <typename Row, typename IsReserved>
  void check_reserved(const Row& row, const Place& place, IsReserved is_reserved) {
    const auto check = [&](std::string_view name, const std::string& below) {
      if (is_reserved(name)) {
        fault(place, below,
              "expected another name, " + in_quotes(name) + " means something else on the command line");
      }
    };
    check(row.id, "/id");
    for (std::size_t i = 0; i < row.aliases.size(); ++i)
      check(row.aliases[i], "/aliases/" + std::to_string(i));
  }
  void check_reserved_names() {
    for_rows(tables_.models,
             [&](const ModelRow& row, const Place& place) { check_reserved(row, place, is_reserved_word); });
    for_rows(tables_.quants,
             [&](const QuantRow& row, const Place& place) { check_reserved(row, place, is_reserved_word); });
    for_rows(tables_.devices, [&](const DeviceRow& row, const Place& place) {
      // --cpu takes no count.
      const bool counted = row.device_class != DeviceClass::cpu;
      check_reserved(row, place, [&](std::string_view name) {
        return is_reserved_word(name) || (counted && is_count_of_devices(name));
      });
    });
    for_rows(tables_.storages, [&](const StorageRow& row, const Place& place) {
      check_reserved(row, place, is_reserved_word);
    });
    for_rows(tables_.drafts,
             [&](const DraftRow& row, const Place& place) { check_reserved(row, place, is_reserved_word); });
  }
  void check_model(const ModelRow& row, const Place& place) {
    for (std::size_t i = 0; i < row.guide.size(); ++i) {
      check_reference(place, "/guide/" + std::to_string(i) + "/quant", row.guide[i].quant, quants_, "quant");
    }
    const Architecture& a = row.architecture;
    if (a.layers > 0 && (a.heads == 0 || a.kv_heads == 0 || a.heads % a.kv_heads != 0))
      fault(place, "/architecture/heads", "expected a multiple of kv_heads, both at least 1");
    if (row.status == ModelStatus::guide_only) {
      check_reference(place, "/nearest_released", row.nearest_released, models_, "model");
      return;
    }
    if (a.layers == 0 || row.max_context == 0) {
      fault(place, "/architecture", "expected an architecture and a context length for a released model");
    } else if (a.full_attention_interval == 0 || a.layers % a.full_attention_interval != 0) {
      fault(place, "/architecture/full_attention_interval", "expected a divisor of the number of layers");
    }
    if (a.experts_used > a.experts)
      fault(place, "/architecture/experts_used", "expected at most the number of experts");
    if ((row.kind == ModelKind::moe) != a.is_moe())
      fault(place, "/kind", "expected moe for a model with experts only");
  }

  /// Who owns a name of a look-up table.
  struct Owner {
    const Place* place = nullptr;
    std::string label;
    bool operator==(const Owner& other) const { return place == other.place; }
  };
  template <typename Row>
  static Owner owner(const Table<Row>& table, std::uint32_t i) {
    return {&table.places[i], in_quotes(key_of(table.rows[i]))};
  }
  Owner device_owner(const NameEntry& entry) const {
    if (entry.kind == NameKind::ambiguous) {
      return {&tables_.ambiguous.places[entry.target], "an ambiguous name " + in_quotes(entry.key)};
    }
    if (entry.kind == NameKind::never_existed) {
      return {&tables_.never_existed.places[entry.target],
              "the list of what never existed " + in_quotes(entry.key)};
    }
    return owner(tables_.devices, entry.target);
  }
  template <typename OwnerOf>
  void check_table(const std::vector<NameEntry>& entries, OwnerOf owner_of) {
    for (std::size_t i = 1; i < entries.size(); ++i) {
      if (entries[i].key != entries[i - 1].key) continue;
      Owner first = owner_of(entries[i - 1]);
      Owner second = owner_of(entries[i]);
      // An overlay may define what a trap names: its id then wins over the trap.
      const bool id_over_trap =
          entries[i - 1].kind == NameKind::id &&
          (entries[i].kind == NameKind::never_existed || entries[i].kind == NameKind::ambiguous);
      if (first == second || (id_over_trap && scope_ == Scope::overlay_rows)) continue;
      if (second.place->file.empty()) std::swap(first, second);
      if (second.place->file.empty() && scope_ == Scope::overlay_rows) continue;
      fault(*second.place, "",
            "the name " + in_quotes(entries[i].key) + " of " + second.label + " already belongs to " +
                first.label);
    }
  }
  /// Names of a table that is too small for a look-up table.
  template <typename Row>
  void check_few_names(const Table<Row>& table) {
    std::map<std::string_view, std::size_t> owners;
    const auto check = [&](std::string_view name, std::size_t i) {
      const auto [at, is_new] = owners.emplace(name, i);
      const std::size_t other = at->second;
      if (is_new || other == i ||
          (!in_scope(scope_, table.places[i]) && !in_scope(scope_, table.places[other])))
        return;
      const bool blame_other = !in_scope(scope_, table.places[i]);
      const std::size_t faulty = blame_other ? other : i;
      fault(table.places[faulty], "",
            "the name " + in_quotes(name) + " of " + in_quotes(table.rows[faulty].id) +
                " already belongs to " + in_quotes(table.rows[blame_other ? i : other].id));
    };
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      check(table.rows[i].id, i);
      for (const auto alias : table.rows[i].aliases) check(alias, i);
    }
  }
  void check_names() {
    check_few_names(tables_.storages);
    check_few_names(tables_.drafts);
    const BuiltIndex index = build_index(rows_of(tables_));
    check_table(index.models, [&](const NameEntry& e) { return owner(tables_.models, e.target); });
    check_table(index.quants, [&](const NameEntry& e) { return owner(tables_.quants, e.target); });
    check_table(index.devices, [&](const NameEntry& e) { return device_owner(e); });
  }

  const Tables& tables_;
  Scope scope_;
  Findings& findings_;
  Ids models_, quants_, devices_, families_, links_, protocols_, runtimes_, power_;
};

}  // namespace

void validate_keys(const Tables& tables, Findings& findings) {
  Checker(tables, Scope::all_rows, findings).check_all_keys();
}

void validate_meaning(const Tables& tables, Scope scope, Findings& findings) {
  Checker(tables, scope, findings).check_meaning();
  check_figures(tables, scope, findings);
}

}  // namespace qwenfit
