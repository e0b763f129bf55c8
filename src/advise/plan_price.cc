#include <algorithm>

#include "advise/plan_parts.h"
#include "advise/plan_words.h"

namespace qwenfit {
namespace {

std::string usd_words(const PriceRangeUsd& usd) {
  const std::string low = whole(usd.low);
  return (usd.high > usd.low ? low + "-" + whole(usd.high) : low) + " USD";
}

std::optional<PriceRangeUsd> given(std::optional<double> usd) {
  if (!usd) return std::nullopt;
  return PriceRangeUsd{*usd, *usd};
}

/// The parts of a computer beside its cards. Whether the file names them or not, they have to be bought or
/// owned.
void add_computer(const Blueprint& build, std::vector<PricedPart>& parts) {
  const auto add = [&](const char* pointer, const char* name, std::optional<double> usd) {
    parts.push_back({pointer, name, given(usd), {}});
  };
  add("/cpu", "processor", build.cpu ? build.cpu->price_usd : std::nullopt);
  add("/memory", "memory", build.memory ? build.memory->price_usd : std::nullopt);
  add("/motherboard", "motherboard", build.board ? build.board->price_usd : std::nullopt);
  add("/power_supply", "power supply", build.supply ? build.supply->price_usd : std::nullopt);
  add("/case", "case", build.housing ? build.housing->price_usd : std::nullopt);
  add("/storage", "storage", build.storage ? build.storage->price_usd : std::nullopt);
}

std::string unknown_names(const PriceCheck& price) {
  std::string out;
  for (const PricedPart& part : price.parts) {
    if (!part.usd) out += (out.empty() ? "" : ", ") + part.name;
  }
  return out;
}

void report_budget(const Blueprint& build, const PriceCheck& price, std::vector<PlanFinding>& findings) {
  const double budget = *build.budget_usd;
  const std::string sum = "the parts with a known price cost " + usd_words(price.known);
  if (price.known.low > budget) {
    findings.push_back({"budget_exceeded", Severity::error, "/budget_usd",
                        sum + ", " + whole(price.known.low - budget) + " USD or more above the budget",
                        "a budget of " + whole(price.known.high) + " USD, or cheaper parts"});
  } else if (price.known.high > budget) {
    findings.push_back({"budget_unsure", Severity::warning, "/budget_usd",
                        sum + "; at the upper end that is above the budget of " + whole(budget) + " USD",
                        "buy below the upper end, or give the prices you were offered as price_usd"});
  } else if (!price.complete) {
    findings.push_back({"budget_left", Severity::info, "/budget_usd",
                        sum + "; the budget leaves " + whole(budget - price.known.high) +
                            " USD for: " + unknown_names(price),
                        "give their prices as price_usd (0: owned already)"});
  }
}

}  // namespace

/// Prices come with the catalog's newest range of a device for now; `price_of` of advise/prices.h replaces
/// it.
std::optional<CatalogPrice> catalog_price(const DeviceRow& device) {
  if (!device.price_low_usd || !device.price_high_usd) return std::nullopt;
  return CatalogPrice{{*device.price_low_usd, *device.price_high_usd}, device.price_date};
}

std::optional<PriceRangeUsd> price_of_gpus(const PlannedGpu& gpu) {
  std::optional<PriceRangeUsd> each = given(gpu.price_usd);
  if (!each && gpu.row != nullptr) {
    if (const auto listed = catalog_price(*gpu.row)) each = listed->usd;
  }
  if (!each) return std::nullopt;
  return PriceRangeUsd{each->low * gpu.count, each->high * gpu.count};
}

PriceCheck check_price(const Blueprint& build, std::vector<PlanFinding>& findings) {
  PriceCheck price;
  for (std::size_t i = 0; i < build.gpus.size(); ++i) {
    const PlannedGpu& gpu = build.gpus[i];
    const auto listed = gpu.row != nullptr && !gpu.price_usd ? catalog_price(*gpu.row) : std::nullopt;
    const std::string count = gpu.count > 1 ? std::to_string(gpu.count) + "x " : "";
    price.parts.push_back({"/gpus/" + std::to_string(i), count + gpu_name(gpu), price_of_gpus(gpu),
                           listed ? listed->date : std::string_view()});
  }
  if (!build.is_one_piece()) add_computer(build, price.parts);
  price.complete = true;
  for (const PricedPart& part : price.parts) {
    price.complete = price.complete && part.usd;
    if (!part.usd) continue;
    price.known.low += part.usd->low;
    price.known.high += part.usd->high;
  }
  if (build.budget_usd) report_budget(build, price, findings);
  return price;
}

}  // namespace qwenfit
