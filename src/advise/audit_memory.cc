// What is left on a device, and what a device or a drive can do.

#include <algorithm>

#include "advise/audit_figures.h"
#include "catalog/names.h"

namespace qwenfit {
namespace {

/// Memory in use on the devices, in GB.
double used_gb(const Answer& answer) {
  Bytes sum = 0;
  for (const DeviceMemory& d : answer.estimate.devices) {
    if (d.kind != DeviceKind::host) sum = add(sum, d.total());
  }
  return static_cast<double>(sum) / kGB;
}

/// A length of context, and what is left at the usual one.
void audit_context(const ClaimRow& row, std::string_view model, std::string_view machine, Resolver& resolver,
                   std::vector<AuditedFigure>& figures) {
  const Catalog& catalog = resolver.catalog();
  const std::string what = claim_set_up(row, model, machine, catalog);
  const auto asked = ask_for(resolver, claim_query(row, machine, model, catalog), row, what, figures);
  if (!asked) return;
  const Answer& answer = asked->answer();
  if (answer.estimate.guide_only) {
    figures.push_back(unchecked_figure(what, row, AuditReason::never_released));
    return;
  }
  const auto tokens = static_cast<double>(answer.max_context.tokens);
  figures.push_back(compared_figure("longest context of " + what, "tokens", claimed_by(row), tokens, tokens));
  if (row.spare_gb) figures.push_back(spare_figure(what, {row.spare_gb, row.spare_gb}, answer));
}

void audit_spare(const ClaimRow& row, std::string_view model, std::string_view machine, Resolver& resolver,
                 std::vector<AuditedFigure>& figures) {
  const Catalog& catalog = resolver.catalog();
  const std::string what = claim_set_up(row, model, machine, catalog);
  const auto asked = ask_for(resolver, claim_query(row, machine, model, catalog), row, what, figures);
  if (asked) figures.push_back(spare_figure(what, claimed_by(row), asked->answer()));
}

/// Percent more than Qwen 3's, pair by pair, at the default context.
void audit_memory_against(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const Catalog& catalog = resolver.catalog();
  for (std::size_t i = 0; i < std::min(row.models.size(), row.names.size()); ++i) {
    const std::string what =
        claim_build(row, row.models[i], catalog) + " against " + claim_build(row, row.names[i], catalog);
    const auto used = [&](std::string_view model) -> std::optional<double> {
      const auto asked = ask_for(resolver, claim_query(row, kAnyMachine, model, catalog), row, what, figures);
      return asked ? std::optional(used_gb(asked->answer())) : std::nullopt;
    };
    const auto now = used(row.models[i]);
    const auto before = now ? used(row.names[i]) : std::nullopt;
    if (!now || !before) continue;
    const double more = kPercent * (*now / *before - 1);
    figures.push_back(
        compared_figure("memory of " + what, "%", claimed_by(row), more, more, kRoundedPercent));
  }
}

void audit_bandwidth(const ClaimRow& row, const Catalog& catalog, std::vector<AuditedFigure>& figures) {
  for (const auto machine : row.machines) {
    const DeviceRow* device = catalog.device_by_id(split_count(machine).name);
    if (device == nullptr || !device->bandwidth_bytes_per_s) {
      figures.push_back(unchecked_figure(std::string(machine), row, AuditReason::no_answer,
                                         {"its bandwidth is not known"}));
      continue;
    }
    const double rate = static_cast<double>(*device->bandwidth_bytes_per_s) / kGB;
    figures.push_back(
        compared_figure("bandwidth of " + std::string(device->name), "GB/s", claimed_by(row), rate, rate));
  }
}

void audit_loading(const ClaimRow& row, const Catalog& catalog, std::vector<AuditedFigure>& figures) {
  constexpr double kRoundedSeconds = 0.5;
  for (const StorageRow& storage : catalog.rows().storages) {
    if (std::find(row.names.begin(), row.names.end(), storage.id) == row.names.end()) continue;
    const double seconds = *row.size_gb * kGB / static_cast<double>(storage.bytes_per_s);
    figures.push_back(compared_figure("loading from a " + std::string(storage.name), "s", claimed_by(row),
                                      seconds, seconds, kRoundedSeconds));
  }
}

}  // namespace

void audit_memory(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const auto each_set_up = [&](auto check) {
    for (const auto model : row.models) {
      for (const auto machine : row.machines) check(row, model, machine, resolver, figures);
    }
  };
  switch (row.kind) {
    case ClaimKind::context_on_device:
      return each_set_up(audit_context);
    case ClaimKind::spare:
      return each_set_up(audit_spare);
    case ClaimKind::memory_against_qwen3:
      return audit_memory_against(row, resolver, figures);
    case ClaimKind::bandwidth:
      return audit_bandwidth(row, resolver.catalog(), figures);
    case ClaimKind::load_time:
      return audit_loading(row, resolver.catalog(), figures);
    default:
      return;
  }
}

}  // namespace qwenfit
