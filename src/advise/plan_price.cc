#include <algorithm>

#include "advise/plan_parts.h"
#include "advise/plan_words.h"
#include "catalog/prices.h"

namespace qwenfit {
namespace {

std::optional<Price> given(std::optional<double> usd) {
  return usd ? std::optional(own_price(*usd)) : std::nullopt;
}

/// As the file says, else by the catalog.
std::optional<Price> card_price(const PlannedGpu& gpu, std::string_view today) {
  if (gpu.price_usd) return own_price(*gpu.price_usd);
  return gpu.row != nullptr ? price_of(*gpu.row, PriceWish::any, {}, today) : std::nullopt;
}

/// How many are bought: of a card with several GPUs fewer than it counts.
std::uint32_t bought(const PlannedGpu& gpu) {
  return gpu.row != nullptr ? boards_of(*gpu.row, gpu.count) : gpu.count;
}

/// The parts of a computer beside its cards. Whether the file names them or not, they have to be bought or
/// owned.
void add_computer(const Blueprint& build, std::vector<PricedPart>& parts) {
  const auto add = [&](const char* pointer, const char* name, std::optional<double> usd) {
    parts.push_back({pointer, name, 1, given(usd)});
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
    if (!part.each) out += (out.empty() ? "" : ", ") + part.name;
  }
  return out;
}

void report_budget(const Blueprint& build, const PriceCheck& price, std::vector<PlanFinding>& findings) {
  const double budget = *build.budget_usd;
  const std::string sum = "the parts with a known price cost " + usd_words(price.known.low, price.known.high);
  const Within within = within_budget(price.known, budget);
  if (within == Within::no) {
    findings.push_back({"budget_exceeded", Severity::error, "/budget_usd",
                        sum + ", " + whole(price.known.low - budget) + " USD or more above the budget",
                        "a budget of " + whole(price.known.high) + " USD, or cheaper parts", true});
  } else if (within == Within::perhaps) {
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

/// Why a price of the catalog may not be what one pays; empty where nothing says so.
std::string doubts(const Price& price) {
  std::string out;
  const auto add = [&](bool holds, const std::string& words) {
    if (holds) out += (out.empty() ? "" : ", ") + words;
  };
  add(price.stale, "of " + std::string(price.date));
  add(!price.sure, "of a doubtful source");
  add(price.guide, "a buying guide's, which nobody else confirms");
  add(!price.own && price.condition == PriceCondition::list, "the maker's list price");
  return out;
}

void report_doubts(const PriceCheck& price, std::vector<PlanFinding>& findings) {
  for (const PricedPart& part : price.parts) {
    const std::string why = part.each ? doubts(*part.each) : "";
    if (why.empty()) continue;
    findings.push_back({"price_unsure", Severity::info, part.pointer,
                        "the price counted for " + part.name + ", " +
                            usd_words(part.usd()->low, part.usd()->high) + ", is " + why,
                        "give the price you were offered as price_usd"});
  }
}

}  // namespace

std::optional<UsdRange> PricedPart::usd() const {
  if (!each) return std::nullopt;
  return each->range().times(count);
}

std::optional<UsdRange> price_of_gpus(const PlannedGpu& gpu, std::string_view today) {
  return PricedPart{{}, {}, bought(gpu), card_price(gpu, today)}.usd();
}

PriceCheck check_price(const Blueprint& build, std::string_view today, std::vector<PlanFinding>& findings) {
  PriceCheck price;
  for (std::size_t i = 0; i < build.gpus.size(); ++i) {
    const PlannedGpu& gpu = build.gpus[i];
    const std::string count = gpu.count > 1 ? std::to_string(gpu.count) + "x " : "";
    price.parts.push_back(
        {"/gpus/" + std::to_string(i), count + gpu_name(gpu), bought(gpu), card_price(gpu, today)});
  }
  if (!build.is_computer()) add_computer(build, price.parts);
  price.complete = true;
  for (const PricedPart& part : price.parts) {
    const auto usd = part.usd();
    price.complete = price.complete && usd;
    price.known.low += usd ? usd->low : 0;
    price.known.high += usd ? usd->high : 0;
  }
  report_doubts(price, findings);
  if (build.budget_usd) report_budget(build, price, findings);
  return price;
}

}  // namespace qwenfit
