#include "advise/lookup.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace qwenfit {
namespace {

constexpr std::array<std::string_view, kLookupGroups> kGroups = {"well", "slowly", "speed_unknown",
                                                                 "with_ram"};

/// The cards that did not run the model by themselves, of those that could be asked.
std::vector<Offer> others(const std::vector<Offer>& all, const std::vector<Candidate>& running,
                          std::set<std::string> names) {
  for (const Candidate& c : running) names.insert(c.offer.name());
  std::vector<Offer> left;
  for (const Offer& offer : all) {
    if (!offer.is_computer() && !names.contains(offer.name())) left.push_back(offer);
  }
  return left;
}

LookupGroup group_of(const Candidate& machine, double min_tok_s) {
  const auto speed = machine.tok_s();
  if (!speed) return LookupGroup::speed_unknown;
  return *speed >= min_tok_s ? LookupGroup::well : LookupGroup::slowly;
}

}  // namespace

std::string_view lookup_group_id(LookupGroup group) {
  return kGroups[static_cast<std::size_t>(group)];
}

bool Lookup::any() const {
  return std::any_of(groups.begin(), groups.end(), [](const Group& g) { return !g.machines.empty(); });
}

Result<Lookup> look_up(const Query& query, const LookupWish& wish, Resolver& resolver) {
  Lookup result;
  result.min_tok_s = wish.min_tok_s;
  result.ram_assumed = query.ram.empty();
  result.ram = result.ram_assumed ? wish.usual_ram : query.ram;
  result.catalog_date = resolver.catalog().rows().date;
  result.groups.resize(kLookupGroups);
  Query with_ram = query;
  with_ram.ram = result.ram;
  Market market(with_ram, resolver);
  result.quant = market.quant();
  const std::vector<Offer> all = offers(resolver.catalog(), wish.offers);
  result.offers = all.size();

  auto running = market.run(all, Market::Reach::devices);
  if (!running) return running.error();
  auto offloading = market.run(others(all, *running, market.refused()), Market::Reach::ram,
                               Market::Need::every_model, wish.all ? Market::kAll : wish.shown);
  if (!offloading) return offloading.error();
  for (Candidate& c : *running) {
    const auto group = static_cast<std::size_t>(group_of(c, wish.min_tok_s));
    result.groups[group].machines.push_back(std::move(c));
  }
  result.groups.back().complete = wish.all || offloading->size() < wish.shown;
  result.groups.back().machines = std::move(*offloading);
  for (Lookup::Group& group : result.groups) {
    const bool ram = &group == &result.groups.back();
    const auto reach = ram ? Market::Reach::ram : Market::Reach::devices;
    for (std::size_t i = 0; i < std::min(wish.shown, group.machines.size()); ++i)
      group.best.push_back(
          market.best_builds(group.machines[i].offer, reach, wish.min_asked ? wish.min_tok_s : 0));
  }
  return result;
}

}  // namespace qwenfit
