#include "advise/power.h"

#include <algorithm>
#include <array>
#include <map>

#include "catalog/prices.h"

namespace qwenfit {
namespace {

constexpr std::array<std::string_view, 3> kBases = {"measured", "stated", "rated_share"};

/// How well a measurement answers the question; smaller is better.
using Rank = std::array<int, 3>;

enum KindMatch { same_kind, unknown_kind, other_kind };

KindMatch kind_match(const PowerRow& row, ModelKind kind) {
  if (!row.kind) return unknown_kind;
  return *row.kind == kind ? same_kind : other_kind;
}

Rank rank_of(const PowerRow& row, ModelKind kind) {
  const int reading = row.reading == PowerReading::average ? 0 : row.reading == PowerReading::stated ? 1 : 2;
  return {kind_match(row, kind), reading, row.scope == PowerScope::machine};
}

bool is_about(const PowerRow& row, std::string_view device) {
  return row.state == PowerState::decode && row.typical &&
         std::find(row.devices.begin(), row.devices.end(), device) != row.devices.end();
}

/// The best measurement, and of equally good ones the highest: costs should not come out too low.
const PowerRow* best_row(std::string_view device, bool whole_machines, ModelKind kind,
                         const CatalogRows& rows) {
  const PowerRow* best = nullptr;
  for (const PowerRow& row : rows.power) {
    if (!is_about(row, device) || (whole_machines && row.scope != PowerScope::machine)) continue;
    if (best == nullptr || rank_of(row, kind) < rank_of(*best, kind) ||
        (rank_of(row, kind) == rank_of(*best, kind) && row.watts > best->watts))
      best = &row;
  }
  return best;
}

void count_row(const PowerRow& row, ModelKind kind, double watts, PowerUse& use) {
  use.watts += watts;
  use.peak = use.peak || row.reading == PowerReading::peak;
  if (row.reading == PowerReading::stated) use.basis = std::max(use.basis, PowerBasis::stated);
  use.other_kind = use.other_kind || kind_match(row, kind) == other_kind;
  use.sources.push_back(row.source);
}

template <typename Row, typename F>
const Row* find_row(std::span<const Row> rows, F&& is_it) {
  const auto found = std::find_if(rows.begin(), rows.end(), is_it);
  return found == rows.end() ? nullptr : &*found;
}

/// Adds `count` cards. False where nothing is known of them.
bool add_cards(std::string_view id, std::uint32_t count, ModelKind kind, const CatalogRows& rows,
               PowerUse& use) {
  const PowerRow* row = best_row(id, false, kind, rows);
  const auto* device = find_row(rows.devices, [&](const DeviceRow& d) { return d.id == id; });
  const auto* share = find_row(rows.power_shares, [&](const PowerShareRow& s) { return s.kind == kind; });
  const bool rated = device != nullptr && device->tdp_w && share != nullptr;
  if (rated && (row == nullptr || kind_match(*row, kind) == other_kind)) {
    use.watts += boards_of(*device, count) * *device->tdp_w * share->share;
    use.basis = PowerBasis::rated_share;
    use.sources.push_back(share->source);
    return true;
  }
  if (row == nullptr) return false;
  const double host = row->scope == PowerScope::machine ? use.host_watts : 0;
  count_row(*row, kind, count * std::max(0.0, row->watts - host) / row->count, use);
  return true;
}

}  // namespace

std::string_view power_basis_id(PowerBasis basis) {
  return kBases[static_cast<std::size_t>(basis)];
}

std::optional<PowerUse> decode_power(const Machine& machine, ModelKind kind, const CatalogRows& rows) {
  if (machine.devices.empty()) return std::nullopt;
  PowerUse use;
  if (machine.devices.front().kind == DeviceKind::unified) {
    const PowerRow* row = best_row(machine.devices.front().id, true, kind, rows);
    if (row == nullptr) return std::nullopt;
    count_row(*row, kind, row->watts, use);
    return use;
  }
  const auto* host =
      find_row(rows.host_power, [](const HostPowerRow& h) { return h.state == PowerState::decode; });
  if (host == nullptr) return std::nullopt;
  use.host_watts = use.watts = host->watts;
  use.sources.push_back(host->source);
  std::map<std::string_view, std::uint32_t> cards;
  for (const Device& device : machine.devices) ++cards[device.id];
  for (const auto& [id, count] : cards) {
    if (!add_cards(id, count, kind, rows, use)) return std::nullopt;
  }
  return use;
}

double measured_excursion(const CatalogRows& rows) {
  double most = 0;
  for (const PowerRow& row : rows.power) {
    if (row.state != PowerState::transient || row.scope != PowerScope::card || !row.typical) continue;
    for (const std::string_view id : row.devices) {
      const auto* device = find_row(rows.devices, [&](const DeviceRow& d) { return d.id == id; });
      if (device != nullptr && device->tdp_w)
        most = std::max(most, row.watts / boards_of(*device, row.count) / *device->tdp_w);
    }
  }
  return most;
}

double kwh_per_million_tokens(double watts, double tok_s) {
  constexpr double kTokens = 1e6, kJoulesPerKwh = 3.6e6;
  return watts / tok_s * kTokens / kJoulesPerKwh;
}

}  // namespace qwenfit
