#include "advise/purchase.h"

#include <algorithm>
#include <set>

#include "advise/compare.h"
#include "advise/drivers.h"
#include "catalog/segments.h"

namespace qwenfit {
namespace {

Error about_from(Error error) {
  constexpr std::string_view kAsked = "--gpu", kTyped = "--from";
  if (error.where != kAsked) return error;
  error.where = kTyped;
  for (auto at = error.message.find(kAsked); at != std::string::npos; at = error.message.find(kAsked, at))
    error.message.replace(at, kAsked.size(), kTyped);
  return error;
}

bool takes_cards(const Candidate& owned, const Catalog& catalog) {
  const auto& devices = owned.question->machine.devices;
  return !devices.empty() && std::all_of(devices.begin(), devices.end(), [&](const Device& device) {
    const DeviceRow* row = catalog.device_by_id(device.id);
    return device.kind == DeviceKind::gpu && (row == nullptr || row->segment != kLaptopSegment);
  });
}

/// The back end that a machine computes on.
Backend backend_of(const Candidate& candidate) {
  const auto& devices = candidate.question->machine.devices;
  return devices.empty() ? Backend::cpu : devices.front().backend;
}

/// Some of its cards have another back end of their own than the others.
bool is_of_makers(const Candidate& candidate, const Catalog& catalog) {
  std::set<Backend> usual;
  for (const Device& device : candidate.question->machine.devices) {
    if (const DeviceRow* row = catalog.device_by_id(device.id)) usual.insert(row->default_backend);
  }
  return usual.size() > 1;
}

}  // namespace

std::vector<Candidate> run_shared(Market& market, const Candidate& owned,
                                  const std::vector<Candidate>& machines, Market::Need need) {
  std::set<Backend> asked = {backend_of(owned)};
  std::vector<Candidate> shared;
  for (const Candidate& machine : machines) {
    if (machine.offer.added_to.empty() || !asked.insert(backend_of(machine)).second) continue;
    auto run = market.run_owned(owned.offer.added_to, need, backend_id(backend_of(machine)));
    if (run && !run->answers.empty()) shared.push_back(std::move(*run));
  }
  return shared;
}

std::vector<Point> rivals_of(const Candidate& bought, const std::optional<Candidate>& owned,
                             const std::vector<Candidate>& shared) {
  std::vector<Point> rivals;
  if (owned && owned->tok_s()) rivals.push_back(point_of(*owned));
  for (const Candidate& other : shared) {
    if (other.tok_s() && backend_of(other) == backend_of(bought)) rivals.push_back(point_of(other));
  }
  return rivals;
}

bool is_gain(const Point& bought, const Point& owned) {
  if (bought.tok_s >= owned.tok_s * kVisiblyFaster) return true;
  const bool slower = owned.tok_s >= bought.tok_s * kVisiblyFaster;
  return !slower &&
         static_cast<double>(bought.context) >= static_cast<double>(owned.context) * kVisiblyFaster;
}

bool is_gain(const Point& bought, const std::vector<Point>& owned) {
  return std::all_of(owned.begin(), owned.end(), [&](const Point& one) { return is_gain(bought, one); });
}

bool is_all_used(const Candidate& candidate) {
  const Machine& machine = candidate.question->machine;
  const std::size_t named = machine.devices.size() + machine.left_out;
  std::vector<bool> used(named, false);
  for (const Answer& a : candidate.answers) {
    const std::vector<std::size_t> idle = idle_devices(a.estimate);
    for (std::size_t i = 0; i < machine.devices.size(); ++i) {
      if (std::find(idle.begin(), idle.end(), i) == idle.end()) used[machine.devices[i].named] = true;
    }
  }
  // What is bought is named after what one has.
  const std::size_t bought = std::min<std::size_t>(candidate.offer.count, named);
  return std::all_of(used.end() - static_cast<std::ptrdiff_t>(bought), used.end(),
                     [](bool holds) { return holds; });
}

Result<Candidate> run_from(Market& market, OfferWish& offers, const Catalog& catalog, Market::Need need) {
  auto owned = market.run_owned(offers.added_to, need);
  if (!owned) return about_from(owned.error());
  if (!takes_cards(*owned, catalog)) offers.added_to.clear();
  return owned;
}

void keep_compatible(std::vector<Offer>& offers, const Candidate& owned, const Catalog& catalog) {
  std::erase_if(offers, [&](const Offer& offer) {
    const auto& devices = owned.question->machine.devices;
    return !offer.added_to.empty() && std::any_of(devices.begin(), devices.end(), [&](const Device& device) {
      const DeviceRow* row = catalog.device_by_id(device.id);
      return row != nullptr && !share_a_driver(*row, *offer.device);
    });
  });
}

Point point_of(const Candidate& candidate) {
  return {*candidate.offer.usd(), *candidate.tok_s(), candidate.context()};
}

BreakEven break_even(double usd, double tok_s, double api_usd_per_mtok, double power_usd_per_mtok) {
  constexpr double kMillion = 1e6, kSecondsPerHour = 3600;
  const double saved_per_mtok = api_usd_per_mtok - power_usd_per_mtok;
  if (saved_per_mtok <= 0) return {};
  const double tokens = usd / saved_per_mtok * kMillion;
  return {tokens, tokens / tok_s / kSecondsPerHour};
}

Purchase purchase_of(const Candidate& candidate, const BuyWish& wish, const std::vector<Point>& owned,
                     const Catalog& catalog) {
  Purchase p;
  p.machine = candidate;
  p.point = point_of(candidate);
  p.backend = backend_of(candidate);
  p.of_makers = is_of_makers(candidate, catalog);
  for (const Answer& a : candidate.answers) {
    auto power = decode_power(candidate.question->machine, a.subject->model.kind, catalog.rows());
    if (power && (!p.power || power->watts > p.power->watts)) p.power = std::move(power);
  }
  if (p.power) p.power->without_cpu = candidate.ram() > 0;
  if (p.power) p.kwh_per_mtok = kwh_per_million_tokens(p.power->watts, p.point.tok_s);
  if (p.kwh_per_mtok && wish.power_usd_per_kwh)
    p.power_usd_per_mtok = *p.kwh_per_mtok * *wish.power_usd_per_kwh;
  if (wish.api_usd_per_mtok && (p.power_usd_per_mtok || !wish.power_usd_per_kwh))
    p.break_even =
        break_even(p.point.usd, p.point.tok_s, *wish.api_usd_per_mtok, p.power_usd_per_mtok.value_or(0));
  double owned_tok_s = 0;
  for (const Point& one : owned) owned_tok_s = std::max(owned_tok_s, one.tok_s);
  if (owned_tok_s > 0) p.times_owned = p.point.tok_s / owned_tok_s;
  return p;
}

}  // namespace qwenfit
