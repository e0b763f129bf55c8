// What is left on a device, and what a device or a drive can do.

#include <algorithm>

#include "advise/audit_figures.h"
#include "catalog/names.h"

namespace qwenfit {
namespace {

/// Free memory of the fullest device, in GB; negative where it is short.
double free_gb(const Answer& answer) {
  SignedBytes least = 0;
  bool first = true;
  for (const DeviceMemory& d : answer.estimate.devices) {
    if (!d.free() || d.kind == DeviceKind::host) continue;
    least = first ? *d.free() : std::min(least, *d.free());
    first = false;
  }
  return static_cast<double>(least) / kGB;
}

double used_gb(const Answer& answer) {
  Bytes sum = 0;
  for (const DeviceMemory& d : answer.estimate.devices) {
    if (d.kind != DeviceKind::host) sum = add(sum, d.total());
  }
  return static_cast<double>(sum) / kGB;
}

std::string set_up(const ClaimRow& row, const Answer& answer, std::string_view machine) {
  return answer.subject->model.name + " " + std::string(row.quants.front()) + " on " + std::string(machine);
}

void audit_context(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  for (const auto machine : row.machines) {
    const auto asked = ask_for(resolver, claim_query(row, machine, row.models.front(), resolver.catalog()));
    if (!asked) continue;
    const Answer& answer = asked->answer();
    const std::string what = set_up(row, answer, machine);
    if (answer.estimate.guide_only) {
      figures.push_back(unchecked_figure(what, row, AuditReason::never_released));
      continue;
    }
    const auto tokens = static_cast<double>(answer.max_context.tokens);
    // "32K+": as much, or more.
    AuditedFigure figure =
        compared_figure("largest context of " + what, "tokens", row.low, row.high, tokens, tokens);
    if (tokens >= *row.low) figure.verdict = AuditVerdict::agrees, figure.reason = AuditReason::none;
    figures.push_back(std::move(figure));
    if (row.spare_gb) {
      const double left = free_gb(answer);
      figures.push_back(
          compared_figure("memory left by " + what, "GB", row.spare_gb, row.spare_gb, left, left));
    }
  }
}

void audit_spare(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  for (const auto machine : row.machines) {
    const auto asked = ask_for(resolver, claim_query(row, machine, row.models.front(), resolver.catalog()));
    if (!asked) continue;
    const double left = free_gb(asked->answer());
    figures.push_back(compared_figure("memory left by " + set_up(row, asked->answer(), machine), "GB",
                                      row.low, row.high, left, left));
  }
}

/// Percent more than Qwen 3's, pair by pair, at the default context.
void audit_memory_against(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  constexpr std::string_view kAnyMachine = "custom:memory=4000GB";
  constexpr double kPercent = 100;
  for (std::size_t i = 0; i < std::min(row.models.size(), row.names.size()); ++i) {
    const auto now = ask_for(resolver, claim_query(row, kAnyMachine, row.models[i], resolver.catalog()));
    const auto before = ask_for(resolver, claim_query(row, kAnyMachine, row.names[i], resolver.catalog()));
    if (!now || !before) continue;
    const double more = kPercent * (used_gb(now->answer()) / used_gb(before->answer()) - 1);
    figures.push_back(compared_figure(
        "memory of " + now->answer().subject->model.name + " against " + before->answer().subject->model.name,
        "%", row.low, row.high, more, more));
  }
}

void audit_bandwidth(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  for (const auto machine : row.machines) {
    const DeviceRow* device = resolver.catalog().device_by_id(split_count(machine).name);
    if (device == nullptr || !device->bandwidth_bytes_per_s) continue;
    const double rate = static_cast<double>(*device->bandwidth_bytes_per_s) / kGB;
    figures.push_back(
        compared_figure("bandwidth of " + std::string(device->name), "GB/s", row.low, row.high, rate, rate));
  }
}

void audit_loading(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  for (const StorageRow& storage : resolver.catalog().rows().storages) {
    if (std::find(row.names.begin(), row.names.end(), storage.id) == row.names.end()) continue;
    const double seconds = *row.size_gb * kGB / static_cast<double>(storage.bytes_per_s);
    figures.push_back(compared_figure("loading from " + std::string(storage.name), "s", row.low, row.high,
                                      seconds, seconds));
  }
}

}  // namespace

void audit_memory(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  switch (row.kind) {
    case ClaimKind::context_on_device:
      return audit_context(row, resolver, figures);
    case ClaimKind::spare:
      return audit_spare(row, resolver, figures);
    case ClaimKind::memory_against_qwen3:
      return audit_memory_against(row, resolver, figures);
    case ClaimKind::bandwidth:
      return audit_bandwidth(row, resolver, figures);
    case ClaimKind::load_time:
      return audit_loading(row, resolver, figures);
    default:
      return;
  }
}

}  // namespace qwenfit
