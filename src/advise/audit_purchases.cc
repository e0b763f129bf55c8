// Prices, what to buy with a budget, and the power supply for it.

#include <algorithm>
#include <charconv>
#include <iterator>

#include "advise/audit_figures.h"
#include "advise/buy.h"
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

/// How the sources of prices that guides gave begin. What a guide says is not checked by itself.
constexpr std::string_view kGuideSource = "buying guide";

/// The price that counts of those that no guide gave.
std::optional<PriceRange> other_price(const DeviceRow& device) {
  std::vector<PriceRange> others;
  std::copy_if(device.prices.begin(), device.prices.end(), std::back_inserter(others),
               [](const PriceRange& p) { return !p.source.starts_with(kGuideSource); });
  const PriceRange* counted = counted_price(others, PriceWish::any);
  return counted != nullptr ? std::optional(*counted) : std::nullopt;
}

/// What the guide says one device costs, beside what others say.
void audit_price(const ClaimRow& row, const Catalog& catalog, std::vector<AuditedFigure>& figures) {
  const ClaimedRange claimed{row.price_low_usd, row.price_high_usd};
  const std::string name(!row.machines.empty() ? split_count(row.machines.front()).name
                         : !row.names.empty()  ? row.names.front()
                                               : row.subject);
  const DeviceRow* device = catalog.device_by_id(name);
  const auto price = device != nullptr ? other_price(*device) : std::nullopt;
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

/// Whether the guide's own machine can be had for the budget.
void audit_affordable(const ClaimRow& row, const Catalog& catalog, std::vector<AuditedFigure>& figures) {
  const std::string_view machine = row.machines.front();
  const SeveralDevices devices = devices_of(machine, catalog);
  const auto price = devices.row != nullptr ? other_price(*devices.row) : std::nullopt;
  AuditedFigure figure{"price of " + std::string(machine), "USD", row.low, row.high};
  if (!price) {
    figure.reason = AuditReason::unknown_price;
    figures.push_back(std::move(figure));
    return;
  }
  const double usd = (price->low_usd + price->high_usd) / 2 * devices.count;
  figure.ours_low = figure.ours_high = usd;
  figure.names = {std::string(price->date)};
  const bool within = usd <= *row.high;
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
  if (!picks || !picks->pick) {
    figure.what += "none";
    figure.reason = AuditReason::no_answer;
    figure.names = {picks ? "nothing for that money runs a model fast enough" : picks.error().message};
    return figure;
  }
  const ModelPick& pick = picks->models[*picks->pick];
  const std::string ours = pick.purchase.machine.offer.name();
  const ModelRow& named = largest_named(row, resolver.catalog());
  figure.what += ours + " with " + std::string(pick.model->name);
  figure.ours_low = figure.ours_high = pick.purchase.point.usd;
  if (contains(row.machines, ours)) {
    figure.verdict = AuditVerdict::agrees;
    figure.reason = AuditReason::none;
  } else if (pick.model->total_params > named.total_params) {
    figure.reason = AuditReason::larger_model;
  } else if (pick.model == &named) {
    figure.reason = AuditReason::faster_machine;
  }
  return figure;
}

/// Where the guide picks a whole computer, among such too.
void audit_budget(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const Catalog& catalog = resolver.catalog();
  figures.push_back(our_pick(row, std::nullopt, resolver));
  Offer guides;
  guides.device = devices_of(row.machines.front(), catalog).row;
  if (guides.is_computer()) figures.push_back(our_pick(row, guides.machine_class(), resolver));
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
