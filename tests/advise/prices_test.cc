// Which price counts, when it is stale, and what machines draw.

#include "advise/prices.h"

#include <algorithm>
#include <map>

#include "advise/figures.h"
#include "advise/power.h"
#include "catch.h"
#include "qwenfit/query.h"

using namespace qwenfit;

namespace {

const DeviceRow& device(std::string_view id) {
  const DeviceRow* row = Catalog::builtin().device_by_id(id);
  REQUIRE(row != nullptr);
  return *row;
}

PriceRange range(double usd, PriceCondition condition, std::string_view date, bool sure = true) {
  PriceRange r;
  r.low_usd = r.high_usd = usd;
  r.condition = condition;
  r.sure = sure;
  r.date = date;
  return r;
}

std::optional<double> counted(const std::vector<PriceRange>& prices, PriceWish wish = PriceWish::any) {
  const PriceRange* price = counted_price(prices, wish);
  return price != nullptr ? std::optional(price->low_usd) : std::nullopt;
}

Machine machine(const std::vector<std::string>& gpu) {
  Query query;
  query.gpu = gpu;
  query.model = {"9b"};
  query.quant = {"q4_k_m"};
  auto question = resolve(query, Catalog::builtin());
  REQUIRE(question);
  return question->machine;
}

const PowerRow& power_row(std::string_view id) {
  const auto rows = Catalog::builtin().rows().power;
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const PowerRow& r) { return r.id == id; });
  REQUIRE(found != rows.end());
  return *found;
}

}  // namespace

TEST_CASE("the newest price of what is sold counts; doubtful and list prices only where there is no other") {
  using enum PriceCondition;
  CHECK(counted({range(100, used, "2026"), range(120, used, "2026-05"), range(90, used, "2026-04")}) == 120);
  CHECK(counted({range(5700, list, "2026-09-29"), range(150, used, "2026")}) == 150);
  CHECK(counted({range(78, used, "2026-09", false), range(300, fresh, "2026-01")}) == 300);
  CHECK(counted({range(10000, list, "2026-09"), range(78, used, "2026", false)}) == 78);
  CHECK(counted({range(10000, list, "2026-09")}) == 10000);
  CHECK(counted({range(1, used, "2026-05"), range(2, used, "2026-05")}) == 1);
  CHECK(counted({range(1999, range_of_models, "2026-09")}) == std::nullopt);
  CHECK(counted({}) == std::nullopt);
}

TEST_CASE("a wish for used or new leaves the other out") {
  using enum PriceCondition;
  const std::vector<PriceRange> prices = {range(700, used, "2026-05"), range(900, fresh, "2026-04"),
                                          range(800, either, "2026-03")};
  CHECK(counted(prices, PriceWish::used) == 700);
  CHECK(counted(prices, PriceWish::fresh) == 900);
  CHECK(counted({range(700, used, "2026-05")}, PriceWish::fresh) == std::nullopt);
  CHECK(counted({range(700, list, "2026-05")}, PriceWish::used) == std::nullopt);
}

TEST_CASE("listings show the price that counts: a Tesla P40 is no card of 5,700 USD") {
  CHECK(device("tesla-p40").price_low_usd == 150);
  for (const DeviceRow& row : Catalog::builtin().rows().devices) {
    const auto price = price_of(row, PriceWish::any, {}, "2026-11");
    CHECK(row.price_low_usd == (price ? std::optional(price->low_usd) : std::nullopt));
    if (!price) continue;
    CHECK(row.price_date == price->date);
    CHECK_FALSE(price->source.empty());
  }
}

TEST_CASE("the person's own price goes before every other") {
  const auto price = price_of(device("rtx3090"), PriceWish::fresh, {{"rtx3090", 750}}, "2026-11");
  REQUIRE(price);
  CHECK(price->range().middle() == 750);
  CHECK((price->own && price->firm() && !price->stale));
}

TEST_CASE("a price is stale when it is older than the months of the advice rows") {
  CHECK(months_between("2026-05", "2026-11-22") == 6);
  CHECK(months_between("2025-12-31", "2026-01-01") == 1);
  CHECK(months_between("2026", "2026-11") == 10);
  const DeviceRow& row = device("arc-pro-b70");
  REQUIRE(row.price_date == "2026-04");
  CHECK_FALSE(price_of(row, PriceWish::any, {}, "2026-10")->stale);
  CHECK(price_of(row, PriceWish::any, {}, "2026-11")->stale);
}

TEST_CASE("a list price or a doubtful source makes no firm price") {
  Price price;
  CHECK(price.firm());
  price.condition = PriceCondition::list;
  CHECK_FALSE(price.firm());
  price.condition = PriceCondition::used;
  price.sure = false;
  CHECK_FALSE(price.firm());
  price.own = true;
  CHECK(price.firm());
}

TEST_CASE("the share of the rated power is the median over cards of what their rows say") {
  for (const PowerShareRow& share : Catalog::builtin().rows().power_shares) {
    std::map<std::string_view, std::vector<double>> by_card;
    for (const auto id : share.rows) {
      const PowerRow& row = power_row(id);
      CHECK((row.typical && row.state == PowerState::decode && row.scope == PowerScope::card));
      CHECK(row.kind == share.kind);
      by_card[row.devices.front()].push_back(row.watts / *device(row.devices.front()).tdp_w);
    }
    std::vector<double> means;
    for (const auto& [card, shares] : by_card) {
      double sum = 0;
      for (const double s : shares) sum += s;
      means.push_back(sum / static_cast<double>(shares.size()));
    }
    std::sort(means.begin(), means.end());
    const double median = (means[(means.size() - 1) / 2] + means[means.size() / 2]) / 2;
    CHECK(share.share == Approx(median).margin(0.001));
    CHECK(share.low == Approx(means.front()).margin(0.001));
    CHECK(share.high == Approx(means.back()).margin(0.001));
  }
}

TEST_CASE("watts are measured where somebody did, else the usual share of the rated power") {
  const CatalogRows& rows = Catalog::builtin().rows();
  const auto pair = decode_power(machine({"2xrtx3090"}), ModelKind::dense, rows);
  REQUIRE(pair);
  CHECK(pair->watts == 760);  // as measured at the wall
  CHECK(pair->basis == PowerBasis::measured);
  const auto one = decode_power(machine({"rtx3090"}), ModelKind::dense, rows);
  CHECK(one->watts - one->host_watts == (pair->watts - pair->host_watts) / 2);

  const auto estimated = decode_power(machine({"rtx5090"}), ModelKind::dense, rows);
  REQUIRE(estimated);
  CHECK(estimated->basis == PowerBasis::rated_share);
  CHECK(estimated->watts > estimated->host_watts + *device("rtx5090").tdp_w / 2);
  CHECK(estimated->watts < estimated->host_watts + *device("rtx5090").tdp_w);
  const auto moe = decode_power(machine({"rtx5090"}), ModelKind::moe, rows);
  CHECK(moe->watts < estimated->watts);

  const auto mac = decode_power(machine({"m4-10c-32gb"}), ModelKind::dense, rows);
  REQUIRE(mac);
  CHECK((mac->watts == 30.1 && mac->host_watts == 0));
  CHECK_FALSE(decode_power(machine({"m5-ultra-80c-256gb"}), ModelKind::dense, rows));
  CHECK_FALSE(decode_power(machine({"custom:memory=24GiB,bandwidth=900"}), ModelKind::dense, rows));
}

TEST_CASE("cards of different kinds draw together with one computer around them") {
  const CatalogRows& rows = Catalog::builtin().rows();
  const auto a = decode_power(machine({"rtx3090"}), ModelKind::dense, rows);
  const auto b = decode_power(machine({"rtx5090"}), ModelKind::dense, rows);
  const auto both = decode_power(machine({"rtx3090", "rtx5090"}), ModelKind::dense, rows);
  REQUIRE(both);
  CHECK(both->watts == Approx(a->watts + b->watts - a->host_watts));
}

TEST_CASE("energy of a million tokens") {
  // 360 W at 10 tok/s: 100,000 s of 360 W.
  CHECK(kwh_per_million_tokens(360, 10) == Approx(10));
}

TEST_CASE("what a guide says counts only where nobody else has a price, and is no firm price") {
  using enum PriceCondition;
  PriceRange guides = range(999, fresh, "2026-10");
  guides.guide = true;
  CHECK(counted({guides, range(1268, fresh, "2026", false)}) == 1268);
  CHECK(counted({guides, range(1500, list, "2024")}) == 1500);
  CHECK(counted({guides}) == 999);
  const auto now = [](const char* id) {
    return *price_of(device(id), PriceWish::any, {}, Catalog::builtin().rows().date);
  };
  CHECK(now("rtx5080").low_usd == 1400);  // as `claims` has it
  CHECK_FALSE(now("rtx5080").guide);
  CHECK(now("rtx4060ti-16gb").guide);
  CHECK_FALSE(now("rtx4060ti-16gb").firm());
  std::size_t guide_rows = 0;
  for (const DeviceRow& row : Catalog::builtin().rows().devices) {
    for (const PriceRange& p : row.prices) {
      INFO(row.id);
      guide_rows += p.guide ? 1 : 0;
      CHECK(p.guide == (p.source.find("guide") != std::string_view::npos &&
                        p.source.find("github") == std::string_view::npos &&
                        p.source.find("http") == std::string_view::npos));
    }
  }
  CHECK(guide_rows == 17);
}

TEST_CASE("money is enough at the upper end of a price, perhaps at its lower end") {
  CHECK(within_budget({400, 500}, 500) == Within::surely);
  CHECK(within_budget({400, 500}, 499) == Within::perhaps);
  CHECK(within_budget({400, 500}, 400) == Within::perhaps);
  CHECK(within_budget({400, 500}, 399) == Within::no);
}

TEST_CASE("watts that somebody only stated are not measured, and boards are powered whole") {
  const auto use = decode_power(machine({"m5-max-40c-128gb"}), ModelKind::dense, Catalog::builtin().rows());
  REQUIRE(use);
  CHECK(use->basis == PowerBasis::stated);
  const auto power = [](const char* gpu) {
    return decode_power(machine({gpu}), ModelKind::dense, Catalog::builtin().rows())->watts;
  };
  CHECK(power("tesla-k80-per-gpu") == Approx(power("2xtesla-k80-per-gpu")));
  CHECK(power("4xtesla-k80-per-gpu") > power("2xtesla-k80-per-gpu") + 200);
}
