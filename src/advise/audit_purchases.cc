// Prices, what to buy with a budget, and the power supply for it.

#include <algorithm>
#include <charconv>

#include "advise/audit_figures.h"
#include "advise/buy.h"
#include "advise/compare.h"
#include "advise/plan_parts.h"
#include "catalog/names.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// So many of a device, as a row says.
struct SeveralDevices {
  const DeviceRow* row = nullptr;
  std::uint32_t count = 1;
};

SeveralDevices devices_of(std::string_view machine, const Catalog& catalog) {
  const Counted parts = split_count(machine);
  SeveralDevices devices{catalog.device_by_id(parts.name)};
  std::from_chars(parts.count.data(), parts.count.data() + parts.count.size(), devices.count);
  return devices;
}

/// The price that counts, unless guides alone have one: what a guide says is not checked by itself.
std::optional<Price> other_price(const DeviceRow* device, const Catalog& catalog) {
  auto price = device != nullptr ? price_of(*device, PriceWish::any, {}, catalog.rows().date) : std::nullopt;
  return price && !price->guide ? price : std::nullopt;
}

/// What the guide says one device costs, beside what others say.
void audit_price(const ClaimRow& row, const Catalog& catalog, std::vector<AuditedFigure>& figures) {
  const ClaimedRange claimed{row.price_low_usd, row.price_high_usd};
  const std::string name(!row.machines.empty() ? split_count(row.machines.front()).name
                         : !row.names.empty()  ? row.names.front()
                                               : row.subject);
  const DeviceRow* device = catalog.device_by_id(name);
  const auto price = other_price(device, catalog);
  AuditedFigure figure{"price of " + name, "USD", claimed.low, claimed.high};
  if (!price) {
    figure.reason = AuditReason::unknown_price;
  } else {
    figure = compared_figure(figure.what, figure.unit, claimed, price->low_usd, price->high_usd);
    if (figure.verdict == AuditVerdict::differs) figure.reason = AuditReason::price_moved;
    figure.names = {std::string(price->date)};
  }
  figures.push_back(std::move(figure));
}

/// The offer of a guide, at what others say its devices cost.
Offer guides_offer(std::string_view machine, const Catalog& catalog) {
  const SeveralDevices devices = devices_of(machine, catalog);
  return {devices.row, devices.count, {}, other_price(devices.row, catalog)};
}

/// Whether the guide's own machine can be had for the budget.
void audit_affordable(const ClaimRow& row, const Catalog& catalog, std::vector<AuditedFigure>& figures) {
  const std::string_view machine = row.machines.front();
  const Offer offer = guides_offer(machine, catalog);
  AuditedFigure figure{"price of " + std::string(machine), "USD", row.low, row.high};
  const auto cost = offer.cost();
  if (!cost) {
    figure.reason = AuditReason::unknown_price;
    figures.push_back(std::move(figure));
    return;
  }
  figure.ours_low = cost->low;
  figure.ours_high = cost->high;
  figure.names = {std::string(offer.price->date)};
  const bool within = within_budget(*cost, *row.high) != Within::no;
  figure.verdict = within ? AuditVerdict::agrees : AuditVerdict::differs;
  figure.reason = within ? AuditReason::none : AuditReason::price_moved;
  figures.push_back(std::move(figure));
}

/// The largest of the models that a guide names for a machine.
const ModelRow& largest_named(const ClaimRow& row, const Catalog& catalog) {
  const ModelRow* largest = catalog.model_by_id(row.models.front());
  for (const auto id : row.models) {
    const ModelRow* model = catalog.model_by_id(id);
    if (model->total_params > largest->total_params) largest = model;
  }
  return *largest;
}

void audit_named_models(const ClaimRow& row, const Catalog& catalog, std::vector<AuditedFigure>& figures) {
  for (const auto id : row.models) {
    const ModelRow* model = catalog.model_by_id(id);
    if (model->status != ModelStatus::guide_only) continue;
    AuditedFigure figure{std::string(model->name), ""};
    figure.reason = AuditReason::never_released;
    figures.push_back(std::move(figure));
  }
}

/// The fastest of a guide's machines with a model, at the quant that machines are compared at.
std::optional<Candidate> guides_machine(const ClaimRow& row, const ModelRow& model, Resolver& resolver) {
  Query query;
  query.model = {std::string(model.id)};
  std::vector<Offer> named;
  for (const auto machine : row.machines) named.push_back(guides_offer(machine, resolver.catalog()));
  auto running = Market(query, resolver).run(named, Market::Reach::devices);
  if (!running || running->empty()) return std::nullopt;
  return *std::max_element(running->begin(), running->end(), [](const Candidate& a, const Candidate& b) {
    return a.tok_s().value_or(0) < b.tok_s().value_or(0);
  });
}

/// What our pick has that the guide's machine has not.
void compare_picks(const ClaimRow& row, const ModelPick& pick, Resolver& resolver, AuditedFigure& figure) {
  const ModelRow& named = largest_named(row, resolver.catalog());
  if (pick.model->total_params > named.total_params) {
    figure.reason = AuditReason::larger_model;
    return;
  }
  const auto theirs = guides_machine(row, *pick.model, resolver);
  const Offer guides = theirs ? theirs->offer : guides_offer(row.machines.front(), resolver.catalog());
  figure.detail = pick.purchase.point.tok_s;
  figure.claimed_detail = theirs ? theirs->tok_s().value_or(0) : 0;
  const bool same_model = pick.model == &named;
  if (same_model && figure.detail > figure.claimed_detail * kVisiblyFaster) {
    figure.reason = AuditReason::faster_machine;
  } else if (same_model && figure.detail * kVisiblyFaster >= figure.claimed_detail) {
    const auto cost = guides.usd();
    const bool cheaper = cost && pick.purchase.point.usd < *cost;
    figure.verdict = cheaper ? AuditVerdict::differs : AuditVerdict::agrees;
    figure.reason = cheaper ? AuditReason::cheaper_machine : AuditReason::none;
  } else {
    // Theirs is faster or runs a larger model: what it costs is said apart, if that is known.
    figure.reason = guides.price ? AuditReason::other_machine : AuditReason::unknown_price;
    if (!guides.price) figure.verdict = AuditVerdict::not_checkable;
  }
}

/// Our pick for the same money: the largest model that runs at a comfortable speed, then the fastest machine.
AuditedFigure our_pick(const ClaimRow& row, std::optional<MachineClass> only, Resolver& resolver) {
  BuyWish wish;
  wish.budget_usd = row.high;
  wish.offers.only = only;
  const std::string what =
      "our pick" + (only ? " of class " + std::string(machine_class_id(*only)) : "") + ", ";
  AuditedFigure figure = unchecked_figure(what, row, AuditReason::other_machine);
  figure.verdict = AuditVerdict::differs;
  const auto picks = pick_for_budget({}, wish, resolver);
  // Without a budget the guide's own model is what a machine is looked for, as `buy --model` does.
  const ModelRow& named = largest_named(row, resolver.catalog());
  const bool other = picks && !row.high && picks->pick && picks->models[*picks->pick].model != &named;
  if (!picks || !picks->pick || other) {
    figure.what += "none";
    figure.reason = AuditReason::no_answer;
    figure.names = {!picks  ? picks.error().message
                    : other ? "nothing with a price to count on runs " + std::string(named.name)
                            : "nothing that surely costs no more runs a model fast enough"};
    return figure;
  }
  const ModelPick& pick = picks->models[*picks->pick];
  const std::string ours = pick.purchase.machine.offer.name();
  figure.what += ours + " with " + std::string(pick.model->name);
  const auto cost = pick.purchase.machine.offer.cost();
  figure.ours_low = cost->low;
  figure.ours_high = cost->high;
  if (contains(row.machines, ours)) {
    figure.verdict = AuditVerdict::agrees;
    figure.reason = AuditReason::none;
  } else {
    compare_picks(row, pick, resolver, figure);
  }
  return figure;
}

/// Among the machines of the class that the guide asks about; where it asks about any and picks a whole
/// computer, among such too.
void audit_budget(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const Catalog& catalog = resolver.catalog();
  const auto asked = row.names.empty() ? std::nullopt : machine_class_from_id(row.names.front());
  figures.push_back(our_pick(row, asked, resolver));
  const Offer guides = guides_offer(row.machines.front(), catalog);
  if (!asked && guides.is_computer()) figures.push_back(our_pick(row, guides.machine_class(), resolver));
  if (row.high) audit_affordable(row, catalog, figures);
  audit_named_models(row, catalog, figures);
}

PowerCheck power_with(const SeveralDevices& devices, double watts, std::string_view atx,
                      const CatalogRows& rows) {
  PlannedGpu card;
  card.id = devices.row->id;
  card.count = devices.count;
  card.row = devices.row;
  Blueprint build;
  build.gpus = {card};
  build.supply = PlannedSupply{watts, std::string(atx), {}};
  std::vector<PlanFinding> ignored;
  return check_power(build, rows, ignored);
}

/// By the rule of `plan`. Guides do not say by what standard a supply is made: a new one is the kinder.
void audit_supply(const ClaimRow& row, const Catalog& catalog, std::vector<AuditedFigure>& figures) {
  constexpr std::string_view kNewSupply = "3.1", kOldSupply = "2.x";
  for (const auto machine : row.machines) {
    const SeveralDevices devices = devices_of(machine, catalog);
    AuditedFigure figure{"supply for " + std::string(machine) + " in a desktop computer", "W", row.low,
                         row.high};
    const PowerCheck power = power_with(devices, *row.low, kNewSupply, catalog.rows());
    const PowerCheck old = power_with(devices, *row.low, kOldSupply, catalog.rows());
    figure.ours_low = power.headroom_w;
    figure.ours_high = old.headroom_w;
    figure.detail = power.needed_w;
    if (power.verdict == SupplyVerdict::enough) {
      figure.verdict = AuditVerdict::agrees;
    } else if (power.verdict == SupplyVerdict::tight || power.verdict == SupplyVerdict::too_small) {
      const bool tight = power.verdict == SupplyVerdict::tight;
      figure.verdict = AuditVerdict::differs;
      figure.reason = tight ? AuditReason::supply_tight : AuditReason::supply_too_small;
    } else {
      figure.reason = AuditReason::no_answer;
      figure.names = {"the power of its parts is not known"};
    }
    figures.push_back(std::move(figure));
  }
}

}  // namespace

void audit_purchases(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  if (row.kind == ClaimKind::budget_pick) audit_budget(row, resolver, figures);
  if (row.kind == ClaimKind::power_supply) audit_supply(row, resolver.catalog(), figures);
  if (row.price_low_usd) audit_price(row, resolver.catalog(), figures);
}

}  // namespace qwenfit
